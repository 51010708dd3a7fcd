"""Journal: all that was tried, the newest first, and the chosen entry in full.

`saying.py` holds what the user can say in it and do with it, `views.py` draws it.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any, ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.worker import Worker

from core.base.errors import ReviewtuiError
from core.base.text import clean
from core.comparison.judged import Judged, Pair
from core.lab_journal.entry import Entry
from core.lab_journal.journal import LabJournal, judged
from core.runs.notes import LONGEST_NOTE
from tui.keys.bindings import bindings
from tui.lab_journal import words
from tui.lab_journal.asking import missing, paired
from tui.lab_journal.figures import Figure, figures_of
from tui.screens.journal import views
from tui.screens.journal.entry_list import EntryList, FilterLine
from tui.screens.journal.keys import JOURNAL
from tui.screens.journal.saying import SaysInJournal
from tui.widgets.responsive import Drawn
from tui.widgets.still import Still

_POLL_SECONDS = 2.0
_ASKED_AT_ONCE = 100
"""Pairs of models that the engine judges before the first verdicts are shown."""


class JournalScreen(SaysInJournal):
    """The lab journal."""

    PLACE = "journal"
    CSS_PATH = "screen.tcss"
    HELP = f"""\
Journal: the lab journal, the newest first. Every run, branch, extension, baseline and comparison is an entry; the \
runs of a sweep, of seeds or of models against each other stand inside one. Nothing has to be written down: it is read \
from the folders of the runs.

An entry is held against its parent if it is a branch, against the run before if it is an extension, else against the \
latest earlier one on the same data. *better* and *worse* are more than chance; *equal* is within a point; *undecided* \
means that the reviews were too few to tell.

h says what you expect, with the date; what you said before stays, and the journal says if you knew the result by \
then. Notes have up to {LONGEST_NOTE:,} characters. w writes what is shown as a Markdown file; `reviewtui journal \
--svg` writes pictures, too."""

    BINDINGS: ClassVar[list[BindingType]] = bindings(JOURNAL)

    AUTO_FOCUS = ""

    def __init__(self) -> None:
        super().__init__()
        self._journal = LabJournal()
        self._verdicts: dict[Pair, Judged] = {}
        self._read: list[Entry] | None = None
        """All entries, the oldest first, without what the engine says; None before they are read."""
        self._judging = self._said_missing = False
        """Whether the engine is judging, and whether it was said that it cannot."""
        self._filter: list[str] = []
        self._lines: list[Content] = []
        self._figures: tuple[Entry | None, list[Figure] | None] = None, None
        """The entry whose figures were read last, and these."""

    def body(self) -> ComposeResult:
        yield Still("Reading the journal…", id="journal-notice", markup=False)
        with Horizontal(id="journal-filtering"):
            yield Static("/", markup=False)
            yield FilterLine(placeholder="words of names, notes, settings, verdicts; -word", id="journal-filter")
            yield Still("", id="journal-found", markup=False)
        with Horizontal(id="journal-split"):
            yield EntryList(id="journal-list")
            with VerticalScroll(id="journal-entry", can_focus=False):
                yield Drawn(id="journal-text")

    def on_screen_resume(self) -> None:
        self.look()

    def on_resize(self, event: events.Resize) -> None:
        super().on_resize(event)
        self.call_after_refresh(self.draw)

    # What is shown

    @work(exclusive=True, exit_on_error=False, group="poll")
    async def look(self) -> None:
        """Read the folders every few seconds while this screen is shown."""
        while self.is_current:
            try:
                found = await asyncio.to_thread(self._journal.read)
            except (OSError, ReviewtuiError) as error:
                self._read = None
                self._notice(f"The journal cannot be read: {error}")
            else:
                if found != self._read:
                    self._read = found
                    self.draw()
                    self._judge()
            await asyncio.sleep(_POLL_SECONDS)

    def worker_failed(self, worker: Worker[Any], sentence: str) -> bool:
        """Show that the journal is not up to date."""
        if worker.group != "poll":
            return False
        self._read = None
        self._notice(f"The journal cannot be read: {sentence}")
        return True

    def _notice(self, text: str) -> None:
        self.query_one("#journal-notice", Static).update(Content(clean(text)))
        self.remove_class("-listed", "-filtering")
        self.shown = []
        self.refresh_bindings()

    @work(exit_on_error=False, group="judge")
    async def _judge(self) -> None:
        """Have the engine judge the pairs that no comparison judges, the newest first, unless it is doing that."""
        from core.engine.data_requests import JudgePairs

        if self._judging:
            return
        self._judging = True
        try:
            while pairs := missing(reversed(self._read or []), self._verdicts)[:_ASKED_AT_ONCE]:
                answer = await self.app.ask(JudgePairs(pairs=pairs))
                self._verdicts |= paired(pairs, answer.judged)
                self.draw()
        except ReviewtuiError as error:
            if not self._said_missing:
                self._said_missing = True
                self.app.say(f"Verdicts are missing: {error}", "warning")
        finally:
            self._judging = False

    async def with_verdicts(self, entries: list[Entry]) -> list[Entry]:
        from core.engine.data_requests import JudgePairs

        if pairs := missing(entries, self._verdicts):
            self._verdicts |= paired(pairs, (await self.app.ask(JudgePairs(pairs=pairs))).judged)
        return judged(entries, self._verdicts)

    def draw(self) -> None:
        """Show the entries that fit the filter, with the cursor on the entry that it was on."""
        if self._read is None or not self.is_mounted:
            return
        before = self.chosen()
        entries = judged(self._read, self._verdicts)
        if not entries:
            self._notice(views.EMPTY.format(runs=self.key("go.runs")))
            return
        if not self.has_class("-listed"):
            self.add_class("-listed")
            self.set_focus(self.query_one(EntryList))
        self.shown = [entry for entry in reversed(entries) if words.fits(entry, self._filter)]
        self._show_list(before)
        some = f"{len(self.shown):,} of {len(entries):,}" if self._filter else f"{len(entries):,}"
        self.query_one("#journal-found", Static).update(Content(some))
        self._show_entry()
        self.refresh_bindings()

    def on_entry_list_resized(self) -> None:
        self.draw()

    def _show_list(self, before: Entry | None) -> None:
        chooser = self.query_one(EntryList)
        width = max(chooser.scrollable_content_region.width - 2, 20)  # beside the cursor
        found = [views.entry_line(entry, width) for entry in self.shown]
        ids = [entry.id for entry in self.shown]
        at = ids.index(before.id) if before is not None and before.id in ids else 0 if ids else None
        if len(found) != len(self._lines) or not all(map(Content.is_same, found, self._lines)):
            self._lines = found
            chooser.replace(found, at)

    def chosen(self) -> Entry | None:
        if self.has_class("-too-small") or not self.has_class("-listed"):
            return None
        at = self.query_one(EntryList).highlighted
        return self.shown[at] if at is not None and at < len(self.shown) else None

    def _show_entry(self) -> None:
        entry, text = self.chosen(), self.query_one("#journal-text", Drawn)
        if entry is None:
            text.show_text(Content.styled(views.NONE_FITS, "$foreground-muted"))
            return
        known, figures = self._figures
        if known is None or known.id != entry.id:
            figures = None
            self.query_one("#journal-entry", VerticalScroll).scroll_home(animate=False)
        if known is None or (known.id, known.figures, known.state) != (entry.id, entry.figures, entry.state):
            self._read_figures(entry)
        text.show(partial(views.entry_in_full, entry, figures, self.key))

    @work(exclusive=True, exit_on_error=False, group="figures")
    async def _read_figures(self, entry: Entry) -> None:
        found = await asyncio.to_thread(figures_of, entry)
        self._figures = entry, found
        self._show_entry()

    def on_option_list_option_highlighted(self, message: OptionList.OptionHighlighted) -> None:
        message.stop()
        self._show_entry()
        self.refresh_bindings()

    def on_option_list_option_selected(self, message: OptionList.OptionSelected) -> None:
        message.stop()
        self.action_open()

    def action_scroll_entry(self, rows: int) -> None:
        """Scroll the entry."""
        self.query_one("#journal-entry", VerticalScroll).scroll_relative(y=rows, animate=False)

    def action_page_entry(self, pages: int) -> None:
        """Scroll the entry by pages."""
        pane = self.query_one("#journal-entry", VerticalScroll)
        pane.scroll_relative(y=pages * max(pane.size.height - 2, 1), animate=False)

    # The filter

    def action_filter(self) -> None:
        """Type words that the entries must have."""
        self.add_class("-filtering")
        self.set_focus(self.query_one(FilterLine))

    def on_input_changed(self, message: Input.Changed) -> None:
        message.stop()
        self._filter = message.value.casefold().split()
        self.draw()

    def on_input_submitted(self, message: Input.Submitted) -> None:
        message.stop()
        self._end_typing()

    def on_filter_line_left(self) -> None:
        self._end_typing()

    def _end_typing(self) -> None:
        self.set_class(bool(self.query_one(FilterLine).value), "-filtering")
        self.set_focus(self.query_one(EntryList))

    def action_back(self) -> None:
        """Show all entries again, or go back to the runs."""
        line = self.query_one(FilterLine)
        if not line.value and not self.has_class("-filtering"):
            super().action_back()
            return
        with self.prevent(Input.Changed):
            line.value = ""
        self._filter = []
        self._end_typing()
        self.draw()
