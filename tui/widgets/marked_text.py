"""A review as a model sees it: the part that a limit cuts off is struck through, and so that it shows on every terminal
it stands between `⟦` and `⟧`; what the tokenizer does not know stands between `⟪` and `⟫`. Screens add marks of their
own, such as those of the words that carry a prediction.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from textual.content import Content

from core.base.text import clean
from core.data.truncation import Span

Kind = Literal["cut", "unknown"]
MARKS: dict[str, str] = {"cut": "⟦⟧", "unknown": "⟪⟫"}
STYLES: dict[str, str] = {"cut": "strike $foreground-muted", "unknown": "$text-warning"}
_TAB = 4


class Mark(NamedTuple):
    """A part of a text that is marked."""

    start: int
    end: int
    kind: str
    """What it is drawn as: a `Kind`, or a name that the screen knows a style of."""
    before: str = ""
    after: str = ""
    """What stands around it. An empty part is its `before`."""


@dataclass(frozen=True)
class MarkedText:
    """A cleaned text without tabs, with its marks."""

    text: str
    marks: tuple[tuple[int, int, str], ...] = ()
    """(start, end, kind) of the parts that are marked, with what stands around them, ascending."""

    def content(self) -> Content:
        """Return the text to draw, in the styles of `STYLES`."""
        found = Content(self.text)
        for start, end, kind in self.marks:
            found = found.stylize(STYLES[kind], start, end)
        return found

    def parts(self, start: int, end: int) -> Iterator[tuple[str, str | None]]:
        """Yield the text from `start` to `end` in parts, each with how it is marked."""
        end = min(end, len(self.text))
        number = max(bisect_right(self.marks, start, key=lambda mark: mark[0]) - 1, 0)
        for begin, stop, kind in self.marks[number:]:
            if begin >= end:
                break
            if stop <= start:
                continue
            if begin > start:
                yield self.text[start:begin], None
            yield self.text[max(begin, start) : min(stop, end)], kind
            start = min(stop, end)
        if start < end:
            yield self.text[start:end], None


def marked(
    text: str, lost: Span | None = None, unknown: Sequence[Span] = (), others: Sequence[Mark] = ()
) -> MarkedText:
    """Return `text` with marks.

    Args:
        text: The review.
        lost: The part that is cut off; None if nothing is.
        unknown: Ascending parts that the tokenizer does not know. Within `lost` they are not marked.
        others: Further marks, ascending and apart. Where they are, nothing else is marked; nor are they within `lost`.
    """
    made = _Made()
    at = 0
    for start, end, kind, before, after in _combined(parts_to_mark(text, lost, unknown), others):
        made.add(text[at:start])
        made.add(text[start:end], kind, before, after)
        at = end
    made.add(text[at:])
    return MarkedText("".join(made.parts), tuple(made.marks))


def _combined(parts: Sequence[tuple[int, int, Kind]], others: Sequence[Mark]) -> list[Mark]:
    """Return all marks, ascending and apart."""
    lost = next((part for part in parts if part[2] == "cut"), None)
    kept = [
        mark._replace(end=min(mark.end, lost[0]) if lost is not None and mark.start < lost[0] else mark.end)
        for mark in others
        if lost is None or mark.start < lost[0] or mark.start >= lost[1]
    ]
    own = [
        Mark(start, end, kind, *MARKS[kind])
        for start, end, kind in parts
        if kind == "cut" or not any(mark.start < end and start < mark.end for mark in kept)
    ]
    return sorted([*own, *kept], key=lambda mark: (mark.start, mark.end))


def parts_to_mark(text: str, lost: Span | None, unknown: Sequence[Span]) -> list[tuple[int, int, Kind]]:
    """Return the parts of `text` to mark, ascending and apart; see `marked`."""
    found: list[tuple[int, int, Kind]] = []
    if lost is not None:
        start, end = lost
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end:
            found.append((start, end, "cut"))
            lost = start, end
    for start, end in unknown:
        pieces = [(start, end)] if lost is None else [(start, min(end, lost[0])), (max(start, lost[1]), end)]
        found += [(begin, stop, "unknown") for begin, stop in pieces if begin < stop]
    return sorted(found)


class _Made:
    """Text that is cleaned and freed of tabs while it grows, so that the places of its parts are known."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.marks: list[tuple[int, int, str]] = []
        self._size = self._column = 0

    def add(self, text: str, kind: str | None = None, before: str = "", after: str = "") -> None:
        """Append `text`; of a kind, it is marked together with what stands around it."""
        shown = f"{before}{clean(text)}{after}"
        if "\t" in shown:
            shown = (" " * self._column + shown).expandtabs(_TAB)[self._column :]
        if kind is not None:
            self.marks.append((self._size, self._size + len(shown), kind))
        self.parts.append(shown)
        self._size += len(shown)
        last = shown.rfind("\n")
        self._column = ((self._column if last < 0 else 0) + len(shown) - last - 1) % _TAB
