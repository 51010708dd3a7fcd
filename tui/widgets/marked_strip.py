"""Draws the marks of `marked_text.py` into a line that is drawn already, for text that must not change, as in an
editor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from tui.widgets.marked_text import Kind


@dataclass(frozen=True)
class LineMark:
    """A marked part of a line."""

    start: int
    """Where it begins in the line as it is drawn, in characters."""
    end: int
    kind: Kind
    before: str
    """What to draw before it; empty if it begins in an earlier line, or if there is no room."""
    after: str


def with_marks(strip: Strip, marks: Sequence[LineMark], styles: Mapping[Kind, Style], around: Style) -> Strip:
    """Return a line with its marks, as wide as before: what they push out at its end is blank.

    Args:
        strip: The line.
        marks: The marks, ascending and apart.
        styles: What is added to the style of a part.
        around: The style of the line, for what is drawn before and after a part.
    """
    edges = {edge for mark in marks for edge in (mark.start, mark.end)}
    segments: list[Segment] = []
    at = 0
    for text, style, _ in strip:
        begin, at = at, at + len(text)
        for start, end in pairwise(sorted({begin, at, *(edge for edge in edges if begin < edge < at)})):
            closing = [(mark.after, mark.kind) for mark in marks if mark.end == start]
            opening = [(mark.before, mark.kind) for mark in marks if mark.start == start]
            segments += [Segment(sign, around + styles[kind]) for sign, kind in closing + opening if sign]
            own = next((styles[mark.kind] for mark in marks if mark.start <= start < mark.end), None)
            segments.append(
                Segment(text[start - begin : end - begin], style if own is None else (style or around) + own)
            )
    return Strip(segments).crop(0, strip.cell_length)
