"""What the user can do with an entry of the journal: open it, say something about it, compare it, write it down."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from textual import work

from core.base.errors import ReviewtuiError
from core.base.text import clean_line
from core.comparison.arms import has_answers
from core.comparison.kept import read_comparison
from core.lab_journal.entry import Entry
from core.lab_journal.journal import epochs_meant, notes_file
from core.runs.folder import RunFolder, runs_home
from core.runs.notes import Note, add_hypothesis, add_note, withdraw_note
from tui.lab_journal import words
from tui.lab_journal.writing import write_journal
from tui.navigation.place import Place
from tui.widgets.dialogs import Ask

FILE_NAME = "lab-journal.md"


class SaysInJournal(Place):
    """A screen with entries, of which one is chosen. A subclass shows them."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[Entry] = []
        """The entries that fit the filter, the newest first."""
        self._said: list[tuple[Path, Note]] = []
        """Notes that were written here, the latest last."""

    def chosen(self) -> Entry | None:
        """Return the entry under the cursor; None while the list is hidden."""
        raise NotImplementedError

    def look(self) -> object:
        """Read the folders immediately."""
        raise NotImplementedError

    async def with_verdicts(self, entries: list[Entry]) -> list[Entry]:
        """Return the entries with all verdicts that there can be.

        Raises:
            ReviewtuiError: The engine failed.
        """
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether the action would do something now."""
        chosen = self.chosen() if self.is_mounted else None
        if action == "undo":
            return bool(self._said)
        if action in ("note", "hypothesis"):
            return chosen is not None
        if action == "open":
            return chosen is not None and bool(_runs_of(chosen))
        if action == "compare":
            return chosen is not None and len(_compared(chosen)) == 2
        if action in ("write", "filter"):
            return self.has_class("-listed")
        return True

    def why_not(self, action: str) -> str:
        chosen = self.chosen()
        if action == "undo":
            return "No note was written here since the workbench opened."
        if chosen is None:
            return "There is no entry here."
        if action == "open":
            return "Its runs were not made yet, or were deleted."
        if action == "compare":
            if chosen.run is None:
                return "Only runs are compared here; `reviewtui compare` also compares groups of seeds."
            if chosen.before is None:
                return "It is the first on its data: there is nothing to compare it with."
            if chosen.kind == "extension":
                return "Its verdict says what the extension gained; the model from before it cannot be loaded here."
            return "One of the two has no model yet, or was deleted."
        return ""

    def action_open(self) -> None:
        """Open the run, the most accurate run of a group, or the runs that were compared."""
        if (chosen := self.chosen()) is None:
            return
        runs = _runs_of(chosen)
        if chosen.kind == "comparison" and runs[1:]:
            self.app.open_compare(runs)
        elif runs:
            self.app.open_run(runs[0])

    def action_compare(self) -> None:
        """Compare the run with the one that it is held against."""
        if (chosen := self.chosen()) is not None and len(runs := _compared(chosen)) == 2:
            self.app.open_compare(runs)

    @work(exit_on_error=False, group="dialog")
    async def action_note(self) -> None:
        """Note something, with the date."""
        if (chosen := self.chosen()) is None:
            return
        title = f"Note on {clean_line(words.title(chosen), 44)}"
        text = await self.app.push_screen_wait(Ask(title, help="It is kept with its date; u takes it back."))
        if text is None or not text.strip():
            return
        file = notes_file(chosen)
        try:
            note = await asyncio.to_thread(add_note, file, text)
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self._said.append((file, note))
            self.look()

    @work(exit_on_error=False, group="undo")
    async def action_undo(self) -> None:
        """Take back the latest note that was written here."""
        if not self._said:
            return
        file, note = self._said.pop()
        try:
            await asyncio.to_thread(withdraw_note, file, note)
        except ReviewtuiError as error:
            self._said.append((file, note))
            self.app.say(error, "error")
        else:
            self.app.say("Took the note back.")
            self.look()

    @work(exit_on_error=False, group="dialog")
    async def action_hypothesis(self) -> None:
        """Say what is expected from now on; what was said before stays."""
        if (chosen := self.chosen()) is None:
            return
        before = chosen.hypothesis
        known = chosen.state in ("finished", "stopped", "failed", "")
        help = "What you said before stays in the journal, with its date." if before else "It is kept with its date."
        help += " The result is known, and the journal will say so." if known else ""
        title = f"What you expect of {clean_line(words.title(chosen), 40)}"
        text = await self.app.push_screen_wait(Ask(title, before, help))
        if text is None or clean_line(text) == clean_line(before):
            return
        try:
            await asyncio.to_thread(
                lambda: add_hypothesis(notes_file(chosen), text, epochs=epochs_meant(chosen), time=time.time())
            )
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.look()

    @work(exit_on_error=False, group="dialog")
    async def action_write(self) -> None:
        """Write the entries that are shown into a Markdown file."""
        entries = list(reversed(self.shown))
        count = "1 entry" if len(entries) == 1 else f"{len(entries):,} entries"
        help = "A Markdown file; a lab journal that is there is replaced, any other file stays."
        name = await self.app.push_screen_wait(Ask(f"Write {count} to", str(Path.cwd() / FILE_NAME), help))
        if name is None or not name.strip():
            return
        try:
            told = await self.with_verdicts(entries)
            file = await asyncio.to_thread(write_journal, told, Path(name.strip()))
        except ReviewtuiError as error:
            self.app.say(error, "error")
        else:
            self.app.say(f"Wrote {count} to {file}.")


def _runs_of(entry: Entry) -> list[RunFolder]:
    """Return the runs that an entry is about and that are still there; of a group the most accurate first."""
    if entry.comparison is not None:
        report = read_comparison(entry.comparison)
        ids = [one.run for one in report.runs] if report is not None else []
    elif entry.run is not None:
        ids = [entry.run]
    else:
        best = sorted(entry.members, key=lambda one: -(one.figures.accuracy or 0.0))
        ids = [one.run for one in best if one.run is not None]
    return [run for run in (RunFolder(runs_home() / id) for id in ids) if run.path.is_dir()]


def _compared(entry: Entry) -> list[RunFolder]:
    """Return the run of an entry and that which it is held against, if both have a model or answers."""
    if entry.run is None or entry.before is None or entry.kind == "extension":
        return []
    pair = [RunFolder(runs_home() / id) for id in (entry.run, entry.before.id.partition("@")[0])]
    return [run for run in pair if has_answers(run)]
