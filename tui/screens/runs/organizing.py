"""What the user can say about runs on the Runs screen, their order in the queue, and freeing the disk."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Sequence
from functools import partial

from textual import work
from textual.content import Content

from core.base.errors import InputError, ReviewtuiError
from core.base.files import home
from core.base.text import clean_line
from core.runs.disk_usage import shared_bytes
from core.runs.folder import RunFolder
from core.runs.names import rename_run
from core.runs.notes import add_note, change_tags, parse_tags, withdraw_note
from core.runs.pruning import KINDS, Part, find_parts, prune
from core.runs.queue import reorder, start_next
from core.runs.summary import RunSummary
from core.runs.trash import restore_part
from tui.formatting import counted, in_bytes
from tui.screens.runs.actions import ActsOnRuns, folder_of, named
from tui.screens.runs.undo import UndoStep, each
from tui.widgets.checklist import CheckList
from tui.widgets.dialogs import Ask

_OF_A_LIST = ("prune", "filter", "sort", "turn", "columns", "mark", "mark_all")
"""Actions that need a list of runs."""


class OrganizesRuns(ActsOnRuns):
    """A screen on which runs are renamed, tagged, noted, moved in the queue and pruned."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "rename":
            return self.is_mounted and self.chosen() is not None
        if action == "tag":
            return self.is_mounted and bool(self.targets())
        if action == "note":
            return self.is_mounted and self.chosen_row() is not None
        if action == "earlier":
            return self.is_mounted and any(run.state == "queued" for run in self.targets())
        if action == "continue_queue":
            return self.queue_has_stopped
        if action == "mark" and self.is_mounted and (group := self.chosen_group()) is not None:
            return bool(group.runs)
        if action in _OF_A_LIST:
            return bool(self.rows)
        return super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        if action == "earlier":
            return "Only runs that wait in the queue can be moved in it."
        if action == "continue_queue":
            return "The queue has not stopped: no run waits, or one trains."
        if action in ("mark", "tag") and (group := self.chosen_group()) is not None:
            return f"No run of {clean_line(group.name, 40)} is there."
        if action in _OF_A_LIST:
            return "There is no run yet."
        return super().why_not(action)

    @property
    def queue_has_stopped(self) -> bool:
        """Whether runs wait although none trains."""
        raise NotImplementedError

    # What is said about runs

    def action_rename(self) -> None:
        """Give the chosen run another name."""
        if (chosen := self.chosen()) is None:
            return
        folder = folder_of(chosen)

        def named_anew(name: str | None) -> None:
            if name is None or clean_line(name) == chosen.name:
                return
            undo = UndoStep(f"Called {chosen.name} again.", partial(rename_run, folder, chosen.name), chosen.id)
            self.do(f"{chosen.name} is now called {clean_line(name, 60)}.", partial(rename_run, folder, name), undo)

        self.app.push_screen(Ask("Name of the run", chosen.name, "No two runs share a name."), named_anew)

    def action_note(self) -> None:
        """Note something about runs, with the date."""
        runs, group = self.targets(), None if self.has_marks() else self.chosen_group()
        if group is not None:
            of, files, notes, first = (
                clean_line(group.name, 40),
                [group.written.folder.notes],
                group.written.notes,
                group.id,
            )
        elif runs:
            of, files, first = named(runs), [folder_of(run).notes for run in runs], runs[0].id
            notes = runs[0].notes if not runs[1:] else ()
        else:
            return

        def noted(text: str | None) -> None:
            if text is None or not text.strip():
                return
            back: list[Callable[[], object]] = []

            def act() -> None:
                for file in files:
                    back.append(partial(withdraw_note, file, add_note(file, text)))

            self.do(f"Noted on {of}.", act, UndoStep("Took the note back.", each(back), first))

        kept = "It is kept with its date." if group is not None else "It is kept with its date, and / finds it."
        help = f"The latest: {clean_line(notes[-1].text, 200)}" if notes else kept
        self.app.push_screen(Ask(f"Note on {of}", help=help), noted)

    def action_tag(self) -> None:
        """Add and remove tags."""
        if not (runs := self.targets()):
            return

        def tagged(text: str | None) -> None:
            try:
                add, remove = parse_tags((text or "").replace(",", " ").split())
            except InputError as error:
                self.app.say(error, "warning")
                return
            if add or remove:
                self._tag(runs, add, remove)

        known = sorted({tag for row in self.rows or () for tag in row.summary.tags})
        has = sorted({tag for run in runs for tag in run.tags})
        about = f"It has {' '.join(has)}. " if has else f"There are {' '.join(known)}. " if known else ""
        help = f"{clean_line(about, 200)}good adds a tag, -good removes it; nothing of runs tagged keep is pruned."
        self.app.push_screen(Ask(f"Tags of {named(runs)}", help=help), tagged)

    def _tag(self, runs: Sequence[RunSummary], add: Sequence[str], remove: Sequence[str]) -> None:
        back: list[Callable[[], object]] = []

        def act() -> None:
            for run in runs:
                file = folder_of(run).notes
                added, removed = change_tags(file, add, remove)
                back.append(partial(change_tags, file, removed, added))

        words = " ".join([*(f"+{tag}" for tag in add), *(f"-{tag}" for tag in remove)])
        self.do(f"{named(runs)}: {words}.", act, UndoStep("Tags as before.", each(back), runs[0].id))

    # The queue

    def action_earlier(self, by: int) -> None:
        """Move waiting runs earlier in the queue by places, or later if that is negative."""
        places = {row.summary.id: row.place for row in self.rows or () if row.place is not None}
        runs = sorted(
            (run for run in self.targets() if run.id in places), key=lambda run: places[run.id], reverse=by < 0
        )
        if not runs:
            return
        before = [(folder_of(run), places[run.id] - 1) for run in runs]
        after = [(folder, max(place - by, 0)) for folder, place in before]
        back: list[Callable[[], object]] = [partial(reorder, folder, place) for folder, place in before]
        undo = UndoStep("The order as before.", each(back), runs[0].id)
        way = "earlier" if by > 0 else "later"
        self.do(f"{named(runs)} starts {way}.", partial(_reorder, after), undo)

    def action_continue_queue(self) -> None:
        """Start the first of the runs that wait, if none trains."""
        self.do("The queue continues.", start_next)

    # The disk

    @work(exit_on_error=False, group="prune", exclusive=True)
    async def action_prune(self) -> None:
        """Show what could be freed, and free what is ticked; `u` restores it until the workbench is closed."""
        targets = {run.id for run in self.targets()}
        marked = targets if targets & self.marked else None
        runs = [row.summary for row in self.rows or ()]
        try:
            found, shared, free = await asyncio.to_thread(
                lambda: (find_parts(runs), shared_bytes(), shutil.disk_usage(home()).free)
            )
        except (OSError, ReviewtuiError) as error:
            self.app.say(error, "error")
            return
        parts = {
            kind: [one for one in found if one.kind == kind and (marked is None or one.run in marked)] for kind in KINDS
        }
        kinds = [kind for kind, of_kind in parts.items() if of_kind]
        total = sum(row.bytes_on_disk or 0 for row in self.rows or ())
        help = (
            f"All runs take {in_bytes(total)}, what they share {in_bytes(shared)}; {in_bytes(free)} are free. What is "
            "freed is gone when you quit; until then u restores it."
        )
        if not kinds:
            self.app.say(f"There is nothing to free. {help.partition(' What')[0]}")
            return
        of = f" of {counted(len(marked), 'marked run')}" if marked is not None else ""
        choices = [_choice(KINDS[kind], parts[kind]) for kind in kinds]
        ticked = await self.app.push_screen_wait(CheckList(f"What could be freed{of}", choices, help=help))
        if ticked:
            self._prune([part for at in ticked for part in parts[kinds[at]]])

    def _prune(self, parts: Sequence[Part]) -> None:
        back: list[Callable[[], object]] = []
        size = in_bytes(sum(part.bytes for part in parts))

        def act() -> None:
            for part in parts:
                back.extend(partial(restore_part, place) for place in prune([part]))

        chosen = self.chosen()
        undo = UndoStep(f"{size} restored.", each(back), chosen.id if chosen is not None else "")
        self.do(f"{size} are freed when you quit.", act, undo)


def _reorder(places: Sequence[tuple[RunFolder, int]]) -> None:
    for run, place in places:
        reorder(run, place)


def _choice(words: str, parts: Sequence[Part]) -> Content:
    what, _, price = words.partition(": ")
    size = in_bytes(sum(part.bytes for part in parts))
    price = f"\n    {price}" if price else ""
    return Content.assemble(
        (f"{size:>9}  ", "bold"), f"{what}, {counted(len(parts), 'folder')}", (price, "$foreground-muted")
    )
