"""What the user can do on the Runs screen: open, classify, stop, resume, delete, undo."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual import work

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.runs.control import send
from core.runs.folder import RunFolder
from core.runs.queue import begin, take_out
from core.runs.resume import queue_interrupted, require_resumable
from core.runs.status import OVER
from core.runs.summary import RunSummary
from core.runs.trash import restore_run, trash_run
from tui.navigation.place import Place
from tui.screens.runs.listing import RunRow
from tui.widgets.turn import ask_turn


class ActsOnRuns(Place):
    """A screen with a list of runs, of which one is chosen. A subclass shows the list."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[RunRow] | None = None
        """The runs in the order of the list; None before they are first read."""
        self.restored: str | None = None
        """Id of a run that the cursor goes to when it is listed again."""
        self._trashed: list[Path] = []
        """Deleted runs that can be restored, the latest last."""
        self._busy: set[str] = set()
        """Ids of runs that are being deleted or restored."""

    def chosen(self) -> RunSummary | None:
        """Return the run under the cursor."""
        raise NotImplementedError

    def show_rows(self, rows: list[RunRow]) -> None:
        """Show these runs."""
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
        chosen = self.chosen() if self.is_mounted else None
        state = chosen.state if chosen is not None else None
        allowed: dict[str, Callable[[], bool]] = {
            "open": lambda: state is not None,
            "settings": lambda: state is not None,
            "classify": lambda: chosen is not None and chosen.has_model,
            "stop": lambda: state is not None and state not in OVER,
            "resume": lambda: state in ("stopped", "failed", "interrupted"),
            "resume_all": lambda: bool(self.interrupted()),
            "delete": lambda: state in OVER,
            "undo": lambda: bool(self._trashed),
        }
        return allowed[action]() if action in allowed else True

    def why_not(self, action: str) -> str:
        chosen = self.chosen()
        if action == "undo":
            return "No run was deleted since the workbench opened."
        if action == "resume_all":
            return "No run was interrupted."
        if chosen is None:
            return "There is no run yet: n starts one, s starts one on the sample reviews."
        return {
            "classify": f"{chosen.name} has no model yet: a run writes it when it finishes, or when it is stopped.",
            "stop": f"{chosen.name} is over: nothing is left to stop.",
            "resume": f"{chosen.name} is {chosen.state}: only a stopped, failed or interrupted run can be resumed.",
            "delete": f"{chosen.name} is {chosen.state}: stop it first, then delete it.",
        }.get(action, "")

    def action_new(self) -> None:
        """Start a new run: choose data first."""
        self.app.open_data("")

    def action_samples(self) -> None:
        """Start a new run on the sample reviews."""
        from tui.workbench import sample_folder

        self.app.open_data(str(sample_folder()))

    def action_open(self) -> None:
        """Open the chosen run on the Train screen."""
        if (chosen := self.chosen()) is not None:
            self.app.open_run(_folder(chosen))

    def action_classify(self) -> None:
        """Classify reviews with the chosen run's model."""
        if (chosen := self.chosen()) is not None:
            self.app.open_classify(_folder(chosen))

    @work(exit_on_error=False, group="settings", exclusive=True)
    async def action_settings(self) -> None:
        """Show all settings of the chosen run."""
        if (chosen := self.chosen()) is None:
            return
        from tui.widgets.run_settings import RunSettings

        try:
            request = await asyncio.to_thread(_folder(chosen).request)
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.push_screen(RunSettings(request))

    def action_stop(self) -> None:
        """Ask the chosen run to stop and save; a waiting one leaves the queue."""
        if (chosen := self.chosen()) is not None and chosen.state == "queued":
            self._do(f"Took {chosen.name} out of the queue.", take_out, _folder(chosen))
        elif chosen is not None:
            said = f"Stopping {chosen.name} after this step and saving its model."
            self._do(said, send, _folder(chosen).control, "stop_and_save")

    @work(exit_on_error=False)
    async def action_resume(self) -> None:
        """Resume the chosen run from its last checkpoint, now or when its turn comes."""
        if (chosen := self.chosen()) is None:
            return
        run = _folder(chosen)
        try:
            await asyncio.to_thread(require_resumable, run)
            if (wait := await ask_turn(self.app)) is None:
                return
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
            return
        done = f"{chosen.name} waits in the queue." if wait else f"Resumed {chosen.name}."
        self._do(done, lambda: begin(run, wait=wait, resume=True))

    def action_resume_all(self) -> None:
        """Continue every interrupted run, one after the other, the oldest first."""
        if found := self.interrupted():
            names = ", ".join(clean_line(summary.name, 30) for summary in found)
            self._do(f"In the queue: {names}." if found[1:] else f"Resumed {names}.", queue_interrupted)

    @work(exit_on_error=False)
    async def action_delete(self) -> None:
        """Delete the chosen run; `u` restores it until the workbench is closed."""
        chosen = self.chosen()
        if chosen is None or chosen.id in self._busy:
            return
        self._busy.add(chosen.id)
        try:
            trashed = await asyncio.to_thread(trash_run, _folder(chosen))
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self._trashed.append(trashed)
            self.show_rows([row for row in self.rows or () if row.summary.id != chosen.id])
            self.app.say(f"Deleted {chosen.name}. u restores it.")
        finally:
            self._busy.discard(chosen.id)
        self.look()

    @work(exit_on_error=False)
    async def action_undo(self) -> None:
        """Restore the run that was deleted last. If that fails, it can be tried again."""
        trashed = next((one for one in reversed(self._trashed) if one.name not in self._busy), None)
        if trashed is None:
            return
        self._busy.add(trashed.name)
        try:
            await asyncio.to_thread(restore_run, trashed)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self._trashed.remove(trashed)
            self.restored = trashed.name
            self.app.say("Run restored.")
        finally:
            self._busy.discard(trashed.name)
        self.look()

    @work(exit_on_error=False)
    async def _do(self, done: str, act: Callable[..., Any], *arguments: Any) -> None:
        """Do something to a run's folder in a thread, report the result, and read the runs again."""
        try:
            await asyncio.to_thread(act, *arguments)
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
        else:
            self.app.say(done)
        self.look()


def _folder(summary: RunSummary) -> RunFolder:
    return RunFolder(Path(summary.folder))
