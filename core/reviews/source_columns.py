"""The columns of a source that pass through to answers and decisions, so that a result can be joined back.

By default those are the short ones: ids, dates, numbers, short categories. In what is written, each has the prefix
`source_`, so that none has the name of a column that is written anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.part_column import first_own
from core.reviews.formats.table import Table

PREFIX = "source_"
ALL, NONE, SHORT = "all", "none", "short"
_SAMPLE_ROWS = 1_000
_MEAN_LENGTH, _MAX_LENGTH = 40, 200
"""Characters of a cell, on average and at most, in the first rows of a column that counts as short."""


def stored_columns(tables: Sequence[Table], text: str, title: str | None, keep: str) -> list[str]:
    """Return the columns to store with the reviews: the short ones, and those that `keep` names.

    Text and title are stored anyway, as the review; nested columns never are.

    Raises:
        InputError: `keep` names a column that does not exist, or is nested.
    """
    for table in tables:
        chunk = first_own(table, _SAMPLE_ROWS)
        if chunk is not None and len(chunk.lines):
            break
    else:
        return []
    cells = dict(zip(table.columns, chunk.columns, strict=True))
    plain = [name for name in table.columns if not _is_nested(cells[name])]
    named = named_columns(keep, plain)
    return [name for name in plain if name in named or (name not in (text, title) and _is_short(cells[name]))]


def named_columns(keep: str, columns: Sequence[str]) -> list[str]:
    """Return the columns that `keep` names: all of `columns`, none, or some, separated by commas.

    Raises:
        InputError: A column does not exist.
    """
    if keep in (NONE, SHORT):
        return []
    if keep == ALL:
        return list(columns)
    wanted = [keep] if keep in columns else [name.strip() for name in keep.split(",") if name.strip()]
    for name in wanted:
        if name not in columns:
            there = ", ".join(clean_line(one, 40) for one in islice(columns, 20)) or "none that can be kept"
            raise InputError(f"--keep names “{clean_line(name, 60)}”, but the columns are {there}; or say all or none.")
    return wanted


def _is_short(cells: Sequence[str]) -> bool:
    lengths = [len(cell) for cell in cells if cell]
    return bool(lengths) and max(lengths) <= _MAX_LENGTH and sum(lengths) <= _MEAN_LENGTH * len(lengths)


def _is_nested(cells: Sequence[str]) -> bool:
    """Return whether most cells hold a list or a record, as JSON or as a sign that there was one."""
    filled = [cell for cell in cells if cell]
    nested = sum((cell[0], cell[-1]) in (("[", "]"), ("{", "}")) for cell in filled)
    return nested > len(filled) / 2
