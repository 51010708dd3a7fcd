"""Rows with more fields than the header has names: delimiters inside a text that nobody quoted.

Where the text is the first or the last column, and all other columns hold what they hold in rows that fit, it is clear
which fields belong to the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.reviews.detect.names import is_number

_MANY_VALUES = 200
_SHORT = 12
"""Characters up to which a column on average is no text."""


@dataclass(frozen=True)
class Surplus:
    """Which fields of a row with too many are one text."""

    width: int
    delimiter: str
    last: bool
    """Whether the text is the last column; otherwise it is the first."""
    values: tuple[frozenset[str] | None, ...]
    """What the other columns hold in rows that fit; None for numbers."""

    def joined(self, row: Sequence[str]) -> list[str] | None:
        """Return a row with its text joined, or None if its other fields are not as usual."""
        others = self.width - 1
        at = others if self.last else len(row) - others
        head, tail = list(row[:at]), list(row[at:])
        fields, text = (head, tail) if self.last else (tail, head)
        if len(row) <= self.width or any('"' in cell for cell in row):
            return None
        for cell, known in zip(fields, self.values, strict=True):
            if not (is_number(cell) if known is None else cell in known):
                return None
        whole = self.delimiter.join(text)
        return [*fields, whole] if self.last else [whole, *fields]


def find_surplus(rows: Sequence[Sequence[str]], width: int, delimiter: str) -> Surplus | None:
    """Return how to read the rows that have too many fields, or None if that is not clear."""
    fitting = [row for row in rows if len(row) == width]
    wide = [row for row in rows if len(row) > width]
    if width < 2 or not fitting or not wide:
        return None
    found = []
    for last in (True, False):
        columns = list(zip(*fitting, strict=True))
        text, others = (columns[-1], columns[:-1]) if last else (columns[0], columns[1:])
        surplus = Surplus(width, delimiter, last, tuple(map(_values, others)))
        if sum(map(len, text)) > _SHORT * len(text) and all(surplus.joined(row) is not None for row in wide):
            found.append(surplus)
    return found[0] if len(found) == 1 else None


def _values(column: Sequence[str]) -> frozenset[str] | None:
    if all(map(is_number, column)):
        return None
    distinct = frozenset(column)
    return distinct if len(distinct) <= _MANY_VALUES else frozenset()
