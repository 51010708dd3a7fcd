"""A review on the screen: cleaned, marked, wrapped at words, scrollable. A line of 100 kB is drawn as fast as a short
one.

Only visible lines are rendered. The width of emoji differs between terminals, so lines end a few columns before the
edge; on wide screens they stay short enough to read comfortably.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import ClassVar

from rich.cells import cell_len, chop_cells
from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from core.data.truncation import Span
from tui.screens.classify.reasons_marks import KINDS, SENTENCE
from tui.widgets.marked_text import Mark, MarkedText, marked

MARGIN = 4
MAX_WIDTH = 96
MAX_CHARACTERS = 400_000
"""The most characters of a review that are shown."""

_WORDS = re.compile(r"\S+\s*|\s+")


class ReviewText(ScrollView, can_focus=False):
    """Shows one text; `show` replaces it."""

    DEFAULT_CSS = """
    ReviewText { height: 1fr; padding: 0 1; overflow-x: hidden; }
    ReviewText > .review-text--cut { color: $text-muted; text-style: strike; }
    ReviewText > .review-text--unknown { color: $text-warning; }
    ReviewText > .review-text--for-1 { color: $text-primary; text-style: underline; }
    ReviewText > .review-text--for-2 { color: $text-primary; text-style: bold underline; }
    ReviewText > .review-text--for-3 { color: $text-primary; text-style: bold uu; }
    ReviewText > .review-text--against-1 { color: $text-warning; text-style: underline; }
    ReviewText > .review-text--against-2 { color: $text-warning; text-style: bold underline; }
    ReviewText > .review-text--against-3 { color: $text-warning; text-style: bold uu; }
    ReviewText > .review-text--sentence { color: $text-muted; text-style: bold; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {f"review-text--{kind}" for kind in ("cut", "unknown", SENTENCE, *KINDS)}

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._shown: tuple[str, Span | None, tuple[Span, ...], tuple[Mark, ...]] = "", None, (), ()
        self._marked = MarkedText("")
        self._lines: list[Span] = []
        self._wrapped_at = 0

    def show(
        self,
        text: str,
        lost: Span | None = None,
        unknown: tuple[Span, ...] = (),
        reasons: tuple[Mark, ...] = (),
    ) -> None:
        """Show `text` from its beginning; if only its marks have changed, from where it is.

        Args:
            lost: The part that the model does not read, in characters; None if it reads all, or if that is not known.
            unknown: The parts that its tokenizer does not know.
            reasons: The words that carry its answer; the strongest of them is brought into view.
        """
        if (text, lost, unknown, reasons) == self._shown:
            return
        (before, *_, had), self._shown = self._shown, (text, lost, unknown, reasons)
        short = text[:MAX_CHARACTERS]
        parts = [(start, min(end, len(short))) for start, end in unknown if start < len(short)]
        within = None if lost is None or lost[0] >= len(short) else (lost[0], min(lost[1], len(short)))
        more = len(text) - len(short)
        self._marked = marked(
            short + (f"\n\n… {more:,} more characters are not shown; the model is given all of them." if more else ""),
            within,
            parts,
            [mark for mark in reasons if mark.end <= len(short)],
        )
        self._wrapped_at = 0
        self._wrap()
        if text != before:
            self.scroll_home(animate=False)
        if reasons and reasons != had:
            self._bring_into_view()

    def on_resize(self, event: events.Resize) -> None:
        self._wrap()

    def _bring_into_view(self) -> None:
        """Scroll to the strongest reason, unless it is in view."""
        found = [(kind.rpartition("-")[2], -start) for start, _, kind in self._marked.marks if kind in KINDS]
        if not found:
            return
        at = -max(found)[1]
        line = bisect_right(self._lines, at, key=lambda span: span[0]) - 1
        top, height = self.scroll_offset.y, self.scrollable_content_region.height
        if not top <= line < top + height:
            self.scroll_to(y=max(line - height // 2, 0), animate=False)

    def _wrap(self) -> None:
        if not self.size.width:
            return  # not laid out yet: a column of single words would flash up
        width = min(max(self.scrollable_content_region.width - MARGIN, 8), MAX_WIDTH)
        lines = len(self._lines)
        if width != self._wrapped_at:
            self._wrapped_at = width
            self._lines = list(_ranges(self._marked.text, width))
            self.virtual_size = Size(width, len(self._lines))
        self.refresh_lines(0, max(lines, len(self._lines)))  # the rows below stay blank

    def render_line(self, y: int) -> Strip:
        number = y + self.scroll_offset.y
        style = self.rich_style
        segments: list[Segment] = []
        if number < len(self._lines):
            for text, kind in self._marked.parts(*self._lines[number]):
                own = style if kind is None else self.get_component_rich_style(f"review-text--{kind}")
                segments.append(Segment(text, own))
        return Strip(segments).adjust_cell_length(self.size.width, style)


def wrap(text: str, width: int) -> list[str]:
    """`text` in lines of at most `width` columns, broken at spaces where there are any."""
    text = text.expandtabs(4)
    return [text[start:end] for start, end in _ranges(text, width)]


def _ranges(text: str, width: int) -> Iterator[Span]:
    """Yield where each line of at most `width` columns begins and ends in a text without tabs."""
    start = 0
    for paragraph in text.split("\n"):
        if _columns(paragraph) <= width:
            yield start, start + len(paragraph)
        else:
            for begin, end in _wrap_long(paragraph, width):
                yield start + begin, start + end
        start += len(paragraph) + 1


def _wrap_long(paragraph: str, width: int) -> Iterator[Span]:
    """Yield where the lines of a long paragraph begin and end; white space between two lines belongs to neither."""
    begin, used = 0, 0
    for match in _WORDS.finditer(paragraph):
        bare = match[0].rstrip()
        at = match.start()
        if used + _columns(bare) > width and at > begin:
            yield begin, begin + len(paragraph[begin:at].rstrip())
            begin, used = at, 0
        if _columns(bare) > width:
            for part in _chop(bare, width)[:-1]:
                yield begin, begin + len(part)
                begin += len(part)
            used = 0
        used += _columns(paragraph[max(at, begin) : match.end()])
    yield begin, begin + len(paragraph[begin:].rstrip())


def _chop(word: str, width: int) -> list[str]:
    if word.isascii():
        return [word[start : start + width] for start in range(0, len(word), width)]
    return chop_cells(word, width)


def _columns(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)
