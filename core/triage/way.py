"""A way through a pile: which review is at which position, and which position is the next undecided one.

Everything is in arrays of bytes, so that the next position among 100,000 is found in microseconds, in a process that
loads no numerical library. Rows and places are computed by an engine (`core/triage/arranging.py`).
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

_UNDECIDED = b"\0"


class Way:
    """Positions 0, 1, … of the reviews that are shown, in an order. Rows are those of the file.

    Attributes:
        name: Of the order, as decisions record it.
    """

    def __init__(
        self, name: str, rows: Sequence[int], places: Sequence[int], audits: bytes = b"", decided: Iterable[int] = ()
    ) -> None:
        """Args:
        rows: Position → row.
        places: Row → position, −1 for a row that is not shown.
        audits: For each row, whether it comes up as a random audit review; empty if none does.
        decided: The rows that are decided now.
        """
        self.name = name
        self._rows, self._places, self._audits = rows, places, audits
        self._settled = bytearray(len(rows))
        for row in decided:
            self.settle(row, True)

    def __len__(self) -> int:
        return len(self._rows)

    def row(self, position: int) -> int:
        """Return the row at a position."""
        return self._rows[position]

    def rows(self, start: int, stop: int) -> Sequence[int]:
        """Return the rows at some positions."""
        return self._rows[start:stop]

    def position(self, row: int) -> int | None:
        """Return the position of a row; None if it is not shown."""
        place = self._places[row] if 0 <= row < len(self._places) else -1
        return place if place >= 0 else None

    def is_audit(self, row: int) -> bool:
        """Return whether the review in a row comes up as a random audit review."""
        return 0 <= row < len(self._audits) and self._audits[row] != 0

    def settle(self, row: int, decided: bool) -> None:
        """Note that the review in a row is decided, or is no longer."""
        place = self.position(row)
        if place is not None:
            self._settled[place] = decided

    def first_undecided(self, start: int = 0) -> int | None:
        """Return the first undecided position at or after `start`, then before it; None if there is none."""
        found = self._settled.find(_UNDECIDED, start)
        if found < 0:
            found = self._settled.find(_UNDECIDED, 0, start)
        return found if found >= 0 else None

    @property
    def undecided(self) -> int:
        """How many of the reviews that are shown are undecided."""
        return self._settled.count(_UNDECIDED)


def file_way(total: int, decided: Iterable[int] = ()) -> Way:
    """Return the way through a file as it is."""
    return Way("file", range(total), range(total), b"", decided)


def arranged_way(name: str, rows: bytes, places: bytes, audits: bytes, decided: Iterable[int] = ()) -> Way:
    """Return the way that an engine has arranged; rows and places are the bytes of int32."""
    return Way(name, _numbers(rows), _numbers(places), audits, decided)


def _numbers(content: bytes) -> Sequence[int]:
    numbers = array("i")
    numbers.frombytes(content)
    return numbers
