"""A review as a model sees it: the part that a limit cuts off is struck through, and so that it shows on every terminal
it stands between `⟦` and `⟧`; what the tokenizer does not know stands between `⟪` and `⟫`.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from textual.content import Content

from core.base.text import clean
from core.data.truncation import Span

Kind = Literal["cut", "unknown"]
MARKS: dict[Kind, str] = {"cut": "⟦⟧", "unknown": "⟪⟫"}
STYLES: dict[Kind, str] = {"cut": "strike $foreground-muted", "unknown": "$text-warning"}
_TAB = 4


@dataclass(frozen=True)
class MarkedText:
    """A cleaned text without tabs, with its marks."""

    text: str
    marks: tuple[tuple[int, int, Kind], ...] = ()
    """(start, end, kind) of the parts that are marked, ascending."""

    def content(self) -> Content:
        """Return the text to draw."""
        found = Content(self.text)
        for start, end, kind in self.marks:
            found = found.stylize(STYLES[kind], start, end)
        return found

    def parts(self, start: int, end: int) -> Iterator[tuple[str, Kind | None]]:
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


def marked(text: str, lost: Span | None = None, unknown: Sequence[Span] = ()) -> MarkedText:
    """Return `text` with marks.

    Args:
        text: The review.
        lost: The part that is cut off; None if nothing is.
        unknown: Ascending parts that the tokenizer does not know. Within `lost` they are not marked.
    """
    made = _Made()
    at = 0
    for start, end, kind in parts_to_mark(text, lost, unknown):
        made.add(text[at:start])
        made.add(text[start:end], kind)
        at = end
    made.add(text[at:])
    return MarkedText("".join(made.parts), tuple(made.marks))


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
        self.marks: list[tuple[int, int, Kind]] = []
        self._size = self._column = 0

    def add(self, text: str, kind: Kind | None = None) -> None:
        """Append `text`; of a kind, it stands between its marks."""
        shown = clean(text)
        if kind is not None:
            shown = f"{MARKS[kind][0]}{shown}{MARKS[kind][1]}"
        if "\t" in shown:
            shown = (" " * self._column + shown).expandtabs(_TAB)[self._column :]
        if kind is not None:
            self.marks.append((self._size, self._size + len(shown), kind))
        self.parts.append(shown)
        self._size += len(shown)
        last = shown.rfind("\n")
        self._column = ((self._column if last < 0 else 0) + len(shown) - last - 1) % _TAB
