"""Files that this program wrote as CSV: answers of `classify --output`, decisions, and corrected labels.

In such files `core.base.text.clean_cell` has put an apostrophe before cells that a spreadsheet would run. Reading takes
exactly these off again, so that a text is the same text in its source and in the answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from core.base.text import clean_cell, original_cell
from core.reviews.detect.names import is_number

_ANSWERS = frozenset(("file", "line", "text", "label", "probability", "tokens", "truncated"))
_DECISIONS = frozenset(("reviewText", "label", "predicted", "probability", "agreed", "file", "line", "time"))
_CORRECTED = frozenset(("correction", "corrected_from", "corrected_on"))

_FEW = 2


def is_own_export(columns: Iterable[str]) -> bool:
    """Return whether these are the columns of answers, of decisions or of corrected labels, perhaps among others."""
    names = set(columns)
    return (
        names >= _DECISIONS
        or names >= _CORRECTED
        or (names >= _ANSWERS and any(name.startswith("p_") for name in names))
    )


def is_made_inert(rows: Iterable[list[str]]) -> bool:
    """Return whether all cells of these rows that a spreadsheet would run have an apostrophe before them, and some do.

    Other programs write such cells too, and people keep two columns of an export.
    """
    inert = 0
    for row in rows:
        for cell in row:
            if cell != original_cell(cell):
                inert += not cell.endswith("'")
            elif cell != clean_cell(cell) and clean_cell(cell) == f"'{cell}" and not is_number(cell):
                return False
    return inert >= _FEW


def original_cells(cells: list[str]) -> list[str]:
    """Return the cells of a column without the apostrophes that were added."""
    return [original_cell(cell) if cell[:1] == "'" else cell for cell in cells]
