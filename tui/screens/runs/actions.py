"""What the user can do with runs on the Runs screen: open, classify, stop, resume, delete, repeat, undo.

Stop, resume and delete act on all marked runs that are shown; without marks, on what is under the cursor. Where they
act on all runs of a group, they act on the group.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from textual import work

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.experiments.listed_group import ListedGroup, Row
from core.runs.control import send
from core.runs.folder import RunFolder
from core.runs.group_list import WrittenGroup
from core.runs.listed import ListedRun
from core.runs.queue import begin, enqueue, put_back, start_next, take_out
from core.runs.resume import queue_interrupted, require_resumable
from core.runs.status import OVER
from core.runs.summary import RunSummary
from core.runs.trash import restore_run, trash_run
from tui.formatting import counted
from tui.navigation.distil import Distils
from tui.screens.runs.group_actions import group_names, resume_groups, stop_groups, why_not_group, with_runs
from tui.screens.runs.undo import UndoStep, each
from tui.widgets.turn import ask_turn

RESUMABLE = ("stopped", "failed", "interrupted")
_ON_RUNS = ("open", "settings", "repeat", "classify", "distil", "compare", "stop", "resume", "delete")
"""Actions that depend on which runs they would act on."""


class ActsOnRuns(Distils):
    """A screen with a list of runs, of which one is chosen and some may be marked. A subclass shows the list."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[ListedRun] | None = None
        """All runs; None before they are first read."""
        self.written: Sequence[WrittenGroup] = ()
        """What is written about all groups, the newest first."""
        self.groups: list[ListedGroup] = []
        """The groups with all of their runs."""
        self.restored: str | None = None
        """Id of a run or group that the cursor goes to when it is listed again."""
        self.marked: frozenset[str] = frozenset()
        """Ids of the marked runs."""
        self.undo_steps: list[UndoStep] = []
        """Changes that can be taken back, the latest last."""
        self._busy: set[str] = set()
        """Ids of runs and groups that are being deleted."""

    def chosen_row(self) -> Row | None:
        """Return the run or group under the cursor."""
        raise NotImplementedError

    def chosen(self) -> RunSummary | None:
        """Return the run under the cursor; None if there is a group."""
        row = self.chosen_row()
        return row.summary if isinstance(row, ListedRun) else None

    def chosen_group(self) -> ListedGroup | None:
        """Return the group under the cursor; None if there is a run."""
        row = self.chosen_row()
        return row if isinstance(row, ListedGroup) else None

    def targets(self) -> list[RunSummary]:
        """Return the marked runs that are shown; without any, the run under the cursor, or all runs of the group."""
        raise NotImplementedError

    def has_marks(self) -> bool:
        """Return whether runs that are shown are marked."""
        raise NotImplementedError

    def target_groups(self) -> list[ListedGroup]:
        """Return the groups all of whose runs are targets; without marks, the group under the cursor."""
        if not self.has_marks():
            return [group] if (group := self.chosen_group()) is not None else []
        ids = {run.id for run in self.targets()}
        return [one for one in self.groups if one.runs and all(run.id in ids for run in one.runs)]

    def single_targets(self, groups: Sequence[ListedGroup]) -> list[RunSummary]:
        """Return the targets that are in none of the `target_groups`."""
        grouped = {run.id for group in groups for run in group.runs}
        return [run for run in self.targets() if run.id not in grouped]

    def show_rows(self, rows: list[ListedRun], groups: Sequence[WrittenGroup]) -> None:
        """Show these runs and groups."""
        raise NotImplementedError

    def look(self) -> object:
        """Read the runs' folders immediately."""
        raise NotImplementedError

    def interrupted(self) -> list[RunSummary]:
        """Return the runs that were interrupted, the oldest first."""
        found = [row.summary for row in self.rows or () if row.summary.state == "interrupted"]
        return sorted(found, key=lambda summary: summary.id)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        if not self.is_mounted:
            return action not in _ON_RUNS
        chosen = self.chosen()
        groups = self.target_groups() if action in _ON_RUNS else []
        states = {run.state for run in self.single_targets(groups)} if action in _ON_RUNS else set()
        allowed: dict[str, Callable[[], bool]] = {
            "open": lambda: self.chosen_row() is not None,
            "settings": lambda: chosen is not None,
            "repeat": lambda: chosen is not None,
            "classify": lambda: chosen is not None and chosen.has_model,
            "distil": lambda: chosen is not None and chosen.has_model and chosen.state in OVER,
            "compare": lambda: any(run.has_model for run in self.targets()),
            "stop": lambda: bool(states - set(OVER)) or any(one.can_stop for one in groups),
            "resume": lambda: bool(states & set(RESUMABLE)) or any(one.can_resume for one in groups),
            "resume_all": lambda: bool(self.interrupted()),
            "delete": lambda: bool(states & set(OVER)) or any(one.can_delete for one in groups),
            "undo": lambda: bool(self.undo_steps),
        }
        return allowed[action]() if action in allowed else True

    def why_not(self, action: str) -> str:
        chosen = self.chosen()
        if action == "undo":
            return "There is nothing to undo since the workbench opened."
        if action == "resume_all":
            return "No run was interrupted."
        if (group := self.chosen_group()) is not None:
            return why_not_group(group, action)
        if chosen is None:
            return "There is no run here: n starts one, s starts one on the sample reviews."
        return {
            "classify": f"{chosen.name} has no model: it was pruned, or the run has not finished yet.",
            "distil": f"{chosen.name} has no model: it was pruned, or the run has not finished yet.",
            "compare": f"{chosen.name} has no model: it was pruned, or the run has not finished yet.",
            "stop": f"{chosen.name} is over: nothing is left to stop.",
            "resume": f"{chosen.name} is {chosen.state}: only a stopped, failed or interrupted run can be resumed.",
            "delete": f"{chosen.name} is {chosen.state}: stop it first, then delete it.",
        }.get(action, "")

    def teacher(self) -> RunFolder | None:
        chosen = self.chosen()
        return folder_of(chosen) if chosen is not None else None

    def action_new(self) -> None:
        """Start a new run: choose data first."""
        self.app.open_data("")

    def action_samples(self) -> None:
        """Start a new run on the sample reviews."""
        from tui.workbench import sample_folder

        self.app.open_data(str(sample_folder()))

    def action_open(self) -> None:
        """Open the chosen run on the Train screen, or the chosen group on the Groups screen."""
        if (group := self.chosen_group()) is not None:
            self.app.open_group(group.written.folder)
        if (chosen := self.chosen()) is not None:
            self.app.open_run(folder_of(chosen))

    def action_classify(self) -> None:
        """Classify reviews with the chosen run's model."""
        if (chosen := self.chosen()) is not None:
            self.app.open_classify(folder_of(chosen))

    def action_compare(self) -> None:
        """Compare the marked runs; with a single one, Compare asks for another."""
        if runs := self.targets():
            self.app.open_compare([folder_of(run) for run in runs])

    def action_charts(self) -> None:
        """Show the marked runs on the same charts."""
        if runs := self.targets():
            self.app.open_on_charts([folder_of(run) for run in runs])

    @work(exit_on_error=False, group="settings", exclusive=True)
    async def action_settings(self) -> None:
        """Show all settings of the chosen run."""
        if (chosen := self.chosen()) is None:
            return
        from tui.widgets.run_settings import run_settings

        try:
            request = await asyncio.to_thread(folder_of(chosen).request)
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.push_screen(run_settings(request))

    @work(exit_on_error=False, group="repeat", exclusive=True)
    async def action_repeat(self) -> None:
        """Set up a new run with the data, reading, preset and settings of the chosen one."""
        if (chosen := self.chosen()) is not None:
            from tui.navigation.repeat import repeat

            await repeat(self, folder_of(chosen), {})

    def action_stop(self) -> None:
        """Ask runs to stop and save; those that wait leave the queue, and no further run of a group is planned."""
        targets = self.target_groups()
        if groups := [one for one in targets if one.can_stop]:
            self.do(f"Stopping {group_names(groups)}.", partial(stop_groups, groups))
        runs = self.single_targets(targets)
        waiting = [run for run in runs if run.state == "queued"]
        working = [run for run in runs if run.state not in (*OVER, "queued")]
        if working:
            acts = [partial(send, folder_of(run).control, "stop_and_save") for run in working]
            it = "its model" if len(working) == 1 else "their models"
            self.do(f"Stopping {named(working)} after this step and saving {it}.", lambda: [act() for act in acts])
        if waiting:
            self._take_out(waiting)

    def _take_out(self, runs: Sequence[RunSummary]) -> None:
        back: list[Callable[[], object]] = []

        def act() -> None:
            for run in runs:
                folder = folder_of(run)
                back.append(partial(put_back, folder, take_out(folder)))

        self.do(f"Took {named(runs)} out of the queue.", act, UndoStep("Back in the queue.", each(back), runs[0].id))

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Resume runs from their last checkpoints, now or when their turn comes; several go one after the other."""
        targets = self.target_groups()
        if groups := [one for one in targets if one.can_resume]:
            goes = "continue" if groups[1:] else "continues"
            self.do(f"{group_names(groups)} {goes}.", partial(resume_groups, groups))
        runs = sorted((run for run in self.single_targets(targets) if run.state in RESUMABLE), key=lambda run: run.id)
        folders = [folder_of(run) for run in runs]
        if not runs:
            return
        try:
            for folder in folders:
                await asyncio.to_thread(require_resumable, folder)
            if runs[1:]:
                self.do(f"In the queue: {named(runs)}.", partial(_queue, folders))
                return
            if (wait := await ask_turn(self.app)) is None:
                return
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
            return
        done = f"{runs[0].name} waits in the queue." if wait else f"Resumed {runs[0].name}."
        self.do(done, lambda: begin(folders[0], wait=wait, resume=True))

    def action_resume_all(self) -> None:
        """Continue every interrupted run, one after the other, the oldest first."""
        if found := self.interrupted():
            names = ", ".join(clean_line(summary.name, 30) for summary in found)
            self.do(f"In the queue: {names}." if found[1:] else f"Resumed {names}.", queue_interrupted)

    @work(exit_on_error=False)
    async def action_delete(self) -> None:
        """Delete runs; `u` restores them until the workbench is closed."""
        groups = [one for one in self.target_groups() if one.can_delete and one.id not in self._busy]
        grouped = {run.id for one in groups for run in one.runs}
        targets = [run for run in self.targets() if run.id not in self._busy | grouped]
        runs = [run for run in targets if run.state in OVER]
        if not runs and not groups:
            return
        ids = grouped | {one.id for one in groups} | {one.id for one in runs}
        self._busy |= ids
        back: list[Callable[[], object]] = []
        gone: set[str] = set()

        def act() -> None:
            for group in groups:
                from core.experiments.deleting import trash_group  # pydantic

                gone.update(trash_group(group.written.folder, back), [group.id])
            for run in runs:
                back.append(partial(restore_run, trash_run(folder_of(run))))
                gone.add(run.id)

        try:
            await asyncio.to_thread(act)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            stay = f" {counted(len(targets) - len(runs), 'run')} not over: kept." if targets[len(runs) :] else ""
            deleted = " and ".join([*([with_runs(groups)] if groups else []), *([named(runs)] if runs else [])])
            self.app.say(f"Deleted {deleted}. u restores {'them' if len(ids) > 1 else 'it'}.{stay}")
        finally:
            self._busy -= ids
        if gone:
            first = groups[0].id if groups else runs[0].id
            number = len(gone) - sum(one.id in gone for one in groups)
            whole = f"{group_names(groups)} with " if groups else ""
            words = "Run restored." if number == 1 and not whole else f"{whole}{counted(number, 'run')} restored."
            self.undo_steps.append(UndoStep(words, each(back), first))
            left = [row for row in self.rows or () if row.id not in gone]
            self.show_rows(left, [group for group in self.written if group.id not in gone])
        self.look()

    @work(exit_on_error=False, group="undo")
    async def action_undo(self) -> None:
        """Take the latest change back. If that fails, it can be tried again."""
        if not self.undo_steps:
            return
        step = self.undo_steps.pop()
        try:
            await asyncio.to_thread(step.back)
        except (OSError, ReviewtuiError) as error:
            self.undo_steps.append(step)
            self.app.say(error, "error")
        else:
            self.restored = step.run
            self.app.say(step.done)
        self.refresh_bindings()
        self.look()

    @work(exit_on_error=False)
    async def do(self, done: str, act: Callable[[], object], undo: UndoStep | None = None) -> None:
        """Do something to runs in a thread, report the result, and read the runs again."""
        try:
            await asyncio.to_thread(act)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            if undo is not None:
                self.undo_steps.append(undo)
            self.app.say(f"{done} u undoes it." if undo is not None else done)
        self.look()


def _queue(runs: Sequence[RunFolder]) -> None:
    enqueue(runs)
    start_next()


def folder_of(summary: RunSummary) -> RunFolder:
    """Return the folder of a run."""
    return RunFolder(Path(summary.folder))


def named(runs: Sequence[RunSummary]) -> str:
    """Return the name of a single run, or how many there are."""
    return clean_line(runs[0].name, 40) if len(runs) == 1 else counted(len(runs), "run")
