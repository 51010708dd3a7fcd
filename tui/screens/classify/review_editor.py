"""The editor for a typed or pasted review. Its text cannot control the terminal, and it is marked where it stands: what
a limit cuts off is struck through, and what the tokenizer does not know is coloured.

So that this shows without colour, both stand between the marks of `tui/widgets/marked_text.py`. These are no part of
the text: they are drawn into the room that lines leave at their end. Where it does not suffice, the marks of the
unknown are left out first.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import ClassVar

from rich.cells import cell_len
from rich.style import Style
from textual.document._document import Location
from textual.events import MouseEvent
from textual.geometry import Offset
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Edit, EditResult

from core.base.text import clean
from core.data.truncation import Span
from tui.widgets.marked_strip import LineMark, with_marks
from tui.widgets.marked_text import MARKS, Kind, parts_to_mark

_ROOM = 4
"""Cells at the end of every line that its words leave to marks."""


class ReviewEditor(TextArea):
    """A text area that cleans pasted text, so that the text shown is the text classified; `mark` marks it."""

    HELP = "Type or paste a review here. Esc leaves the text, so that single keys act again."
    DEFAULT_CSS = """
    ReviewEditor > .review-editor--cut { color: $text-muted; text-style: strike; }
    ReviewEditor > .review-editor--unknown { color: $text-warning; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"review-editor--cut", "review-editor--unknown"}

    _lost: Span | None = None
    _unknown: tuple[Span, ...] = ()
    _laid_out: tuple[list[tuple[int, int, Kind]], list[int]] | None = None
    """The parts to mark, and where each line begins, in characters; None if that has to be found out again."""

    def mark(self, lost: Span | None = None, unknown: Sequence[Span] = ()) -> None:
        """Mark the part that the model does not read, and those that its tokenizer does not know, in characters."""
        if (lost, tuple(unknown)) != (self._lost, self._unknown):
            self._lost, self._unknown, self._laid_out = lost, tuple(unknown), None
            self.notify_style_update()  # the lines that were drawn are forgotten
            self.refresh()

    # The text

    def edit(self, edit: Edit) -> EditResult:
        """Carry out an edit. Marks move along with what they mark, until the model has read the new text."""
        edit = replace(edit, text=clean(edit.text))
        if self._lost is not None or self._unknown:
            top, bottom = self._index(edit.top), self._index(edit.bottom)
            size = len(edit.text)
            self._lost = self._lost and stretched(self._lost, top, bottom, size)
            self._unknown = tuple(moved(self._unknown, top, bottom, size))
            self._laid_out = None
        return super().edit(edit)

    def _index(self, place: Location) -> int:
        """Return a place in the text in characters from its beginning."""
        row, column = place
        return sum(len(line) + 1 for line in self.document.lines[:row]) + column

    def load_text(self, text: str) -> None:
        self.mark()
        super().load_text(clean(text))

    def undo(self) -> None:
        self.mark()
        super().undo()

    def redo(self) -> None:
        self.mark()
        super().redo()

    # What is drawn

    @property
    def wrap_width(self) -> int:
        return max(super().wrap_width - _ROOM, 0)

    def render_line(self, y: int) -> Strip:
        """Draw a line of the widget, with its marks."""
        strip = super().render_line(y)
        _, marks = self._line_at(y + self.scroll_offset.y)
        return with_marks(strip, marks, self._styles(), self.rich_style) if marks else strip

    def get_target_document_location(self, event: MouseEvent) -> Location:
        """Return the place in the text that the mouse is at: marks to the left of it are no text."""
        x, y = event.x - self.gutter.left, event.y - self.gutter.top + self.scroll_offset.y
        text, marks = self._line_at(y)
        places = [place for mark in marks for place in [mark.start] * bool(mark.before) + [mark.end] * bool(mark.after)]
        before = sum(cell_len(text[:place]) + number < x for number, place in enumerate(places))
        return self.wrapped_document.offset_to_location(Offset(x - before, y))

    def _styles(self) -> dict[Kind, Style]:
        """Return the styles of the parts: all but the background, which is that of the line."""
        kinds: tuple[Kind, ...] = ("cut", "unknown")
        whole = {kind: self.get_component_rich_style(f"review-editor--{kind}") for kind in kinds}
        return {kind: Style(color=style.color, strike=style.strike) for kind, style in whole.items()}

    def _line_at(self, y: int) -> tuple[str, list[LineMark]]:
        """Return line `y` of the wrapped text as it is drawn, and its marks; nothing where none is marked."""
        wrapped = self.wrapped_document
        if (self._lost is None and not self._unknown) or y >= wrapped.height:
            return "", []
        index, start = wrapped.offset_to_location(Offset(0, y))
        line = self.document.get_line(index)
        end = next((offset for offset in wrapped.get_offsets(index) if offset > start), len(line))
        widths = iter(wrapped.get_tab_widths(index)[line[:start].count("\t") :])
        drawn = [" " * next(widths) if character == "\t" else character for character in line[start:end]]
        places = [0, *accumulate(map(len, drawn))]
        text = "".join(drawn)
        room = self.scrollable_content_region.width - cell_len(text) - 1
        marks: list[LineMark] = []
        found = self._parts_between(index, start, end)
        for first, last, kind in sorted(found, key=lambda part: part[2]):  # the cut has its marks before the unknown
            before, after = MARKS[kind][0] * (first >= start), MARKS[kind][1] * (last <= end)
            if len(before + after) > room:
                before = after = ""
            room -= len(before + after)
            whole = places[max(first - start, 0)], places[min(last, end) - start]
            marks.append(LineMark(*whole, kind, before, after))
        return text, sorted(marks, key=lambda mark: mark.start)

    def _parts_between(self, line_index: int, start: int, end: int) -> Iterator[tuple[int, int, Kind]]:
        """Yield the parts to mark that reach into the columns from `start` to `end` of a line, in columns."""
        if self._laid_out is None:
            sizes = (len(line) + 1 for line in self.document.lines)
            self._laid_out = parts_to_mark(self.text, self._lost, self._unknown), [0, *accumulate(sizes)]
        parts, starts = self._laid_out
        begin = starts[line_index]
        for first, last, kind in parts[max(bisect_right(parts, begin + start, key=lambda part: part[0]) - 1, 0) :]:
            if first - begin >= end:
                break
            if last - begin > start:
                yield first - begin, last - begin, kind


def stretched(span: Span, top: int, bottom: int, size: int) -> Span | None:
    """Return a part after `size` characters have replaced those from `top` to `bottom`, which it takes in if they touch
    it; None if nothing of it is left."""
    start, end = span
    by = size - (bottom - top)
    start = start + by if start >= bottom and start > top else min(start, top)
    end = end + by if end >= bottom else min(end, top + size)
    return (start, end) if start < end else None


def moved(spans: Sequence[Span], top: int, bottom: int, size: int) -> Iterator[Span]:
    """Yield the parts that such a replacement leaves as they are, where they are then."""
    by = size - (bottom - top)
    for start, end in spans:
        if end <= top:
            yield start, end
        elif start >= bottom:
            yield start + by, end + by
