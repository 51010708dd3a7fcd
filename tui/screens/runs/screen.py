"""Runs: the list of all runs, and what can be done with each.

`arranging.py` says which runs are shown and how, `organizing.py` and `actions.py` what can be done with them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static
from textual.worker import Worker

from core.base.errors import ReviewtuiError
from core.base.text import clean, clean_line
from core.experiments.listed_group import ListedGroup, Row
from core.runs.group_list import WrittenGroup
from core.runs.listed import ListedRun
from core.runs.run_list import RunList
from core.runs.trash import recover_trash
from tui.formatting import counted
from tui.keys.bindings import bindings
from tui.screens.runs.arranging import ArrangesRuns
from tui.screens.runs.details import group_details, run_details
from tui.screens.runs.filter_line import FilterLine
from tui.screens.runs.keys import RUNS
from tui.screens.runs.table import RunTable
from tui.terminal import collection
from tui.widgets.responsive import Drawn
from tui.widgets.still import Still

_POLL_SECONDS = 1.0

_EMPTY = """\
No run yet.

  n   start one on a file of your own
  s   try the sample reviews first: a model in about a minute
  ?   what this is, and every key"""
_NONE_FITS = "No run fits the filter; esc shows all of them."


class RunsScreen(ArrangesRuns):
    """The list of runs."""

    PLACE = "runs"
    CSS_PATH = "screen.tcss"
    HELP = """\
Runs: every run on this machine, newest first, with branches below the run that they come from. A run works in its own \
process: it continues when you close the workbench or the connection. A group, such as several seeds, is one line that \
→ unfolds.

The filter / takes words, tag:good, state:finished, and any column or setting as in accuracy>0.9 or epochs=4; a minus \
turns a term around. Keys act on all marked runs."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(RUNS)

    AUTO_FOCUS = ""  # the list takes the focus once there is one

    def __init__(self) -> None:
        super().__init__()
        self._words = ""
        """The title of the details."""
        self._listing = RunList()
        """What reads the runs, in a thread."""
        self._complete = False
        """Whether all runs have been shown."""

    def body(self) -> ComposeResult:
        yield Still("Looking for runs…", id="runs-empty", markup=False)
        yield Still("", id="runs-interrupted", markup=False)
        yield Still("", id="runs-queue", markup=False)
        with Horizontal(id="runs-filtering"):
            yield Static("/", markup=False)
            yield FilterLine(placeholder="words  tag:good  accuracy>0.9  epochs=4", id="runs-filter")
            yield Still("", id="runs-found", markup=False)
        yield RunTable(id="runs-table")
        yield Drawn(id="runs-details")

    def on_screen_resume(self) -> None:
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        if self.rows:
            self._fit()
        if self.focused is None:
            self._focus_table()  # a screen that was too small had hidden it

    @work(exclusive=True, exit_on_error=False, group="draw")
    async def _fit(self) -> None:
        """Choose the columns for another width."""
        self.draw_list()

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
                written = self._listing.groups
            except (OSError, ReviewtuiError) as error:
                self.rows = None
                self._show_notice(f"The runs cannot be read: {error}")
            else:
                self.show_rows(rows, written)
                if not first and not self._complete:
                    self._complete = True
                    collection.settled()
            await asyncio.sleep(0 if first and self.rows else _POLL_SECONDS)

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show that the list is no longer updated, as long as that is so."""
        if worker.group not in ("poll", "draw"):
            return False
        self.add_class("-interrupted")
        self.query_one("#runs-interrupted", Static).update(Content(f"Not up to date: {sentence}"))
        return True

    def _show_notice(self, text: str) -> None:
        self.query_one("#runs-empty", Static).update(Content(clean(text)))
        self.remove_class("-listed", "-interrupted", "-queue-stopped", "-filtering")

    def show_rows(self, rows: list[ListedRun], groups: Sequence[WrittenGroup]) -> None:
        rows = [row for row in rows if row.id not in self._busy]
        groups = [group for group in groups if group.id not in self._busy]
        changed = rows != self.rows or groups != self.written
        self.rows, self.written = rows, groups
        if changed:
            self.regroup()
        self.marked &= {row.id for row in rows}
        if not rows and not groups:
            if changed:  # an idle screen draws nothing
                self.shown, self.lines = [], []
                self._show_notice(_EMPTY)
                self.refresh_bindings()
            return
        if not self.has_class("-listed"):
            self.add_class("-listed")
            self._focus_table()
        restored = self.restored if self.restored in {row.id for row in rows} | {group.id for group in groups} else None
        self.restored = None if restored else self.restored
        typing = isinstance(self.focused, FilterLine)
        self.draw_list(restored, columns=changed and not typing)
        if changed:
            self._show_notices()
            self.refresh_bindings()

    @property
    def queue_has_stopped(self) -> bool:
        return self._listing.queue_has_stopped

    @property
    def unread(self) -> int:
        return self._listing.unread

    def _show_notices(self) -> None:
        """Show above the list how many runs were interrupted, and whether the queue has stopped."""
        found = self.interrupted()
        self.set_class(bool(found), "-interrupted")
        names = ", ".join(clean_line(summary.name, 30) for summary in reversed(found))
        what = "1 run was" if len(found) == 1 else f"{len(found)} runs were"
        how = "R resumes it" if len(found) == 1 else "R resumes all"
        self.query_one("#runs-interrupted", Static).update(Content(f"{what} interrupted; {how}: {names}"))
        self.set_class(self.queue_has_stopped, "-queue-stopped")
        waiting = sum(row.place is not None for row in self.rows or ())
        wait = f"{counted(waiting, 'run')} {'waits' if waiting == 1 else 'wait'}"
        self.query_one("#runs-queue", Static).update(
            Content(f"The queue has stopped: {wait} and none trains; Q continues it")
        )

    def arranged(self) -> None:
        self.say_found()
        self._show_details()

    def _show_details(self) -> None:
        """Show the chosen run in some lines below the list, and above them how many runs there are."""
        details = self.query_one("#runs-details", Drawn)
        if (words := " · ".join(self.in_words())) != self._words:  # a title that is set is drawn, also the same one
            self._words = details.border_title = words
        chosen = self.chosen_row()
        if isinstance(chosen, ListedGroup):
            details.show_text(group_details(chosen))
        elif chosen is not None:
            details.show_text(run_details(chosen, time.time()))
        elif not self.lines:
            details.show_text(_NONE_FITS)

    def chosen_row(self) -> Row | None:
        """Return what is under the cursor; None while the list is hidden: no key acts on what is out of sight."""
        if self.has_class("-too-small") or not self.has_class("-listed"):
            return None
        key = self.query_one(RunTable).chosen_id
        return next((row for row in self.lines if row.id == key), None)

    def on_run_table_moved(self) -> None:
        self._show_details()
        self.refresh_bindings()

    def on_run_table_opened(self) -> None:
        self.action_open()

    def on_run_table_headed(self, message: RunTable.Headed) -> None:
        self.sort_by(message.name)

    def on_filter_line_left(self) -> None:
        self.end_typing()
