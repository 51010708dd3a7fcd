"""The body of the Data screen: what was found in a source, in five sections, one of which is open.

It draws what it is given, and turns its own pages. The screen asks the engine and passes on the answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import ContentSwitcher, Static

from core.base.text import clean_line
from core.reviews.options import ReadingOptions
from core.reviews.page import Row
from core.reviews.report import ReadingReport
from tui.screens.data import length_views, report_views
from tui.screens.data.doubt_views import questions
from tui.screens.data.keys import SECTIONS
from tui.screens.data.lens_views import Lens
from tui.widgets.responsive import Drawn, gauge, section
from tui.widgets.still import Still
from tui.widgets.tabs import Pane, Sections

_IDS = ("overview", "columns", "samples", "left", "lengths")
SAMPLES, LENGTHS = _IDS.index("samples"), _IDS.index("lengths")
PAGE = 20
"""Reviews on a page of samples."""
FETCHED = 200
"""Reviews fetched at once: ten pages, so that turning a page rarely waits for the engine."""
_ON_OVERVIEW = 4
"""Reviews shown in the overview, if there is room."""


class Findings(Vertical):
    """The sections. Call `show_report` first; reviews and lengths follow when the engine has them."""

    class RowsWanted(Message):
        """Posted when a page needs reviews that have not been fetched: those from `start` on."""

        def __init__(self, start: int) -> None:
            self.start = start
            super().__init__()

    def __init__(self, *, id: str) -> None:
        self._found: ReadingReport | None = None
        self._fetched: Sequence[Row] = ()
        self._fetched_from = 0
        self._page_from = 0
        super().__init__(id=id)

    def compose(self) -> ComposeResult:
        yield Still("", id="headline", markup=False)
        yield Sections(SECTIONS)
        with ContentSwitcher(id="panes", initial=_IDS[0]):
            with Pane(id="overview"):
                with Vertical(id="left-half"):
                    yield Drawn(id="read-as", classes="part")
                    yield Drawn(id="classes", classes="part")
                    yield Drawn(id="all-columns", classes="part wide")
                with Vertical(id="right-half"):
                    yield Drawn(id="rows", classes="part")
                    yield Drawn(id="tokens", classes="part")
                    yield Drawn(id="first", classes="part wide")
            for section in _IDS[1:]:
                with Pane(id=section):
                    yield Drawn(id=f"{section}-drawn")

    @property
    def section(self) -> int:
        """The index of the open section."""
        return self.query_one(Sections).current

    def open(self, index: int, *, focus: bool = True) -> None:
        """Open a section."""
        self.query_one(Sections).open(index)
        self.query_one("#panes", ContentSwitcher).current = _IDS[index]
        if focus:
            self.query_one(f"#{_IDS[index]}").focus()

    def show_report(self, report: ReadingReport, reading: ReadingOptions) -> None:
        """Show a new report, without the reviews and lengths of the previous one."""
        self._found, self._fetched, self._fetched_from, self._page_from = report, (), 0, 0
        self.query_one("#headline", Static).update(report_views.headline(report))
        self.query_one(Sections).note(3, f"{sum(report.left_out.values()):,}")
        self._drawn("read-as").show(partial(report_views.read_as, report, reading))
        self._drawn("classes").show(partial(report_views.classes, report))
        self._drawn("rows").show(partial(_rows_and_questions, report))
        self._drawn("left-drawn").show(partial(report_views.left_out, report))
        for drawn in ("columns-drawn", "all-columns"):
            self._drawn(drawn).show(partial(report_views.columns, report))
        for awaited in ("samples-drawn", "first", "tokens", "lengths-drawn"):
            self._drawn(awaited).show_text("")

    def show_classes(self, report: ReadingReport) -> None:
        """Show how many reviews each class has so far."""
        self._drawn("classes").show(partial(report_views.classes, report))

    def say_rows(self, words: str) -> None:
        """Show how many rows have been read so far."""
        self.query_one("#headline", Static).update(Content.styled(f" {words}", "bold"))

    def show_rows(self, rows: Sequence[Row], start: int) -> None:
        """Show fetched reviews, the first of which is row `start`."""
        self._fetched, self._fetched_from = rows, start
        if self._found is None:
            return
        if start == 0:
            self._drawn("first").show(partial(_first_samples, rows[:_ON_OVERVIEW], self._found.kept))
        self._draw_page()

    def rows_refused(self, sentence: str) -> None:
        """Show why the reviews could not be fetched."""
        self._drawn("samples-drawn").show_text(f" ✗ {clean_line(sentence)}")

    def turn(self, step: int) -> None:
        """Turn pages of samples."""
        start = self._page_from + step * PAGE
        if self._found is None or not 0 <= start < self._found.kept:
            return
        self._page_from = start
        self.query_one("#samples", Pane).scroll_home(animate=False)
        if self._fetched_from <= start < self._fetched_from + len(self._fetched):
            self._draw_page()
        else:
            self._drawn("samples-drawn").show_text("  Fetching reviews …")
            self.post_message(self.RowsWanted(start // FETCHED * FETCHED))

    def measuring(self, what: str, share: float | None) -> None:
        """Show the progress of counting tokens."""
        line = Content.assemble((f"  {what[:1].upper()}{what[1:]}  ", "$foreground-muted"), gauge(share, 20))
        self._drawn("tokens").show_text(section("Tokens") + Content("\n") + line)
        self._drawn("lengths-drawn").show_text(line)

    def show_lens(self, seen: Lens) -> None:
        """Show token lengths, and what the run's limit cuts off."""
        self._drawn("tokens").show(partial(length_views.lengths_short, seen))
        self._drawn("lengths-drawn").show(partial(length_views.lengths, seen))

    def lengths_refused(self, sentence: str) -> None:
        """Show why the tokens could not be counted."""
        for drawn in ("tokens", "lengths-drawn"):
            self._drawn(drawn).show(partial(report_views.refused, "Tokens", sentence))

    def _draw_page(self) -> None:
        if self._found is not None:
            start = self._page_from - self._fetched_from
            page = self._fetched[start : start + PAGE]
            drawn = partial(_page_of_samples, page, self._page_from, self._found.kept)
            self._drawn("samples-drawn").show(drawn)

    def _drawn(self, name: str) -> Drawn:
        return self.query_one(f"#{name}", Drawn)


def _rows_and_questions(report: ReadingReport, width: int) -> Content:
    return report_views.rows_and_notices(report, width, questions(report, width))


def _page_of_samples(page: Sequence[Row], start: int, total: int, width: int) -> Content:
    count = f" reviews {start + 1:,} to {start + len(page):,} of {total:,} kept   , and . turn pages\n\n"
    return Content.assemble((count if page else "", "$foreground-muted"), report_views.samples(page, width))


def _first_samples(page: Sequence[Row], total: int, width: int) -> Content:
    title = section("First reviews", f"of {total:,}")
    return Content.assemble(title, "\n", report_views.samples(page, width))
