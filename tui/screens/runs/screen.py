"""Runs: the list of all runs, and what can be done with each."""

from __future__ import annotations

import asyncio
import time
from typing import Any, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from core.runs.summary import RunSummary
from core.runs.trash import recover_trash
from tui.formatting import in_bytes
from tui.keys.bindings import bindings
from tui.screens.runs.actions import ActsOnRuns
from tui.screens.runs.details import run_details
from tui.screens.runs.keys import RUNS
from tui.screens.runs.listing import RunListing, RunRow
from tui.screens.runs.table import RunTable

_POLL_SECONDS = 1.0

_EMPTY = """\
No run yet.

  n   start one on a file of your own
  s   try the sample reviews first: a model in about a minute
  ?   what this is, and every key"""


class RunsScreen(ActsOnRuns):
    """The list of runs."""

    PLACE = "runs"
    CSS_PATH = "screen.tcss"
    HELP = """\
Runs: every fine-tuning run on this machine, newest first. Branches are listed below the run they come from, and a new \
branch brings that run to the top. A run works in its own process: it continues when you close the workbench, the \
terminal or the connection. Open a run to watch it, stop or resume it, classify reviews with its model, or start a \
new one. A deleted run can be restored until you quit. A run is interrupted if its worker died unexpectedly, as \
in a power failure: r resumes it from its last checkpoint, R resumes all of them."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(RUNS)

    def __init__(self) -> None:
        super().__init__()
        self._listing = RunListing()

    def body(self) -> ComposeResult:
        yield Static("Looking for runs…", id="runs-empty", markup=False)
        yield Static("", id="runs-interrupted", markup=False)
        yield RunTable(id="runs-table")
        yield Static("", id="runs-details", markup=False)

    def on_screen_resume(self) -> None:
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.query_one(RunTable).lay_out(event.size.width, time.time())
        if self.focused is None:
            self._focus_table()  # a screen that was too small had hidden it

    def _focus_table(self) -> None:
        self.call_after_refresh(self.query_one(RunTable).focus)

    # What is shown

    @work(exclusive=True, exit_on_error=False, group="poll")
    async def look(self) -> None:
        """Read the runs' folders about once per second while this screen is shown."""
        try:
            for run in await asyncio.to_thread(recover_trash):
                self.app.say(f"Restored {run.id}: its deletion was never completed.")
        except (OSError, ReviewtuiError):
            pass  # the list below meets the same trouble, and says so
        while self.is_current:
            first = self.rows is None
            try:
                rows = await asyncio.to_thread(self._listing.read, quick=first)
            except (OSError, ReviewtuiError) as error:
                self.rows = None
                self._show_notice(f"The runs cannot be read: {error}")
            else:
                self.show_rows(rows)
            await asyncio.sleep(0 if first and self.rows else _POLL_SECONDS)

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show that the list is no longer updated, as long as that is so."""
        if worker.group != "poll":
            return False
        self.add_class("-interrupted")
        self.query_one("#runs-interrupted", Static).update(Content(f"Not up to date: {sentence}"))
        return True

    def _show_notice(self, text: str) -> None:
        self.query_one("#runs-empty", Static).update(Content(clean(text)))
        self.remove_class("-listed", "-interrupted")

    def show_rows(self, rows: list[RunRow]) -> None:
        changed, self.rows = rows != self.rows, rows
        if not rows:
            if changed:  # an idle screen draws nothing
                self._show_notice(_EMPTY)
                self.refresh_bindings()
            return
        if not self.has_class("-listed"):
            self.add_class("-listed")
            self._focus_table()
        restored = self.restored if any(row.summary.id == self.restored for row in rows) else None
        self.restored = None if restored else self.restored
        self.query_one(RunTable).show(rows, time.time(), choose=restored)
        if changed:
            self._show_interrupted()
            self._show_details()
            self.refresh_bindings()

    def _show_interrupted(self) -> None:
        """Show above the list how many runs were interrupted, and which."""
        found = self.interrupted()
        self.set_class(bool(found), "-interrupted")
        names = ", ".join(clean_line(summary.name, 30) for summary in reversed(found))
        what = "1 run was" if len(found) == 1 else f"{len(found)} runs were"
        how = "R resumes it" if len(found) == 1 else "R resumes all"
        self.query_one("#runs-interrupted", Static).update(Content(f"{what} interrupted; {how}: {names}"))

    def _show_details(self) -> None:
        """Show the chosen run in some lines below the list, and above them how many runs there are."""
        rows = self.rows or []
        chosen = self._chosen_row()
        if chosen is None:
            return
        details = self.query_one("#runs-details", Static)
        sizes = [row.bytes_on_disk for row in rows if row.bytes_on_disk is not None]
        total = f" · {in_bytes(sum(sizes))} on disk" if len(sizes) == len(rows) else ""
        details.border_title = f"{len(rows)} run{'s' * (len(rows) != 1)}{total}"
        details.update(run_details(chosen, time.time()))

    def _chosen_row(self) -> RunRow | None:
        """Return the run under the cursor; None while the list is hidden, so that no key acts on a run out of sight."""
        if self.has_class("-too-small") or not self.has_class("-listed"):
            return None
        key = self.query_one(RunTable).chosen_id
        return next((row for row in self.rows or () if row.summary.id == key), None)

    def chosen(self) -> RunSummary | None:
        row = self._chosen_row()
        return row.summary if row is not None else None

    def on_data_table_row_highlighted(self) -> None:
        self._show_details()
        self.refresh_bindings()

    def on_data_table_row_selected(self) -> None:
        self.action_open()
