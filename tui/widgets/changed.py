"""Which cells of a line differ from those that are shown."""

from __future__ import annotations

from collections.abc import Sequence

Cell = tuple[str, object]
"""A character that is one cell wide, and its style."""
_BLANK: Cell = (" ", ())


def first_and_last(before: Sequence[Cell] | None, after: Sequence[Cell] | None, width: int) -> tuple[int, int]:
    """Return the columns between which two lines differ: the first, and the one after the last. Equal if they do not.

    Args:
        before: The line that is shown; None if its characters are not all one cell wide.
        after: The line to show, likewise. What is missing at the end is blank.
        width: In cells.
    """
    if before is None or after is None:
        return 0, width
    old, new = ([*cells, *[_BLANK] * (width - len(cells))] for cells in (before, after))
    differ = [column for column, (one, other) in enumerate(zip(old, new, strict=False)) if one != other]
    return (differ[0], differ[-1] + 1) if differ else (0, 0)
