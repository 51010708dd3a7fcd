"""Which of several tables in one file holds the reviews: sheets of a spreadsheet, tables of a database or a page."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.names import LABEL_NAMES, RATING_NAMES, TEXT_NAMES, plain
from core.reviews.report import Doubt

_LISTED = 10
_REVIEWS = re.compile(r"reviews?|comments?|feedbacks?|opinions?", re.IGNORECASE)
_PROSE = 20
"""Characters that the texts of a column have on average, at least, to be prose."""
Candidates = Mapping[str, Sequence[Sequence[str]]]
"""Name → the first rows, among them the names of the columns."""


@dataclass(frozen=True)
class Choice:
    """The table to read."""

    name: str
    notices: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)


def choose(
    candidates: Candidates, wanted: str | None, what: str, file: str, rows_of: Callable[[str], int] = lambda name: 0
) -> Choice:
    """Return the table to read.

    It is the one that was asked for, the only one, or the one whose columns look most like those of reviews. Of several
    that look so equally, it is the longest, and that is a doubt.

    Args:
        what: What these tables are called, such as "sheet".
        file: What messages call the file.
        rows_of: Returns the number of rows of a table; asked only where several are alike.

    Raises:
        InputError: There is none of that name, or none of several looks like reviews.
    """
    shown = ", ".join(clean_line(name, 40) for name in list(candidates)[:_LISTED])
    shown += f", {len(candidates) - _LISTED} more" if len(candidates) > _LISTED else ""
    if wanted is not None:
        folded = {name.strip().casefold(): name for name in candidates}
        name = wanted if wanted in candidates else folded.get(wanted.strip().casefold())
        if name is None:
            raise InputError(f"{clean_line(file)} has no {what} “{clean_line(wanted, 40)}”; it has {shown}.")
        return Choice(name)
    if not candidates:
        raise InputError(f"{clean_line(file)} has no {what} with rows; give a file with reviews.")
    if len(candidates) == 1:
        return Choice(next(iter(candidates)))
    scores = {name: _score(name, rows) for name, rows in candidates.items()}
    best = max(scores.values())
    likely = [name for name, score in scores.items() if score == best]
    if not any(best):
        example = clean_line(likely[0], 40)
        raise InputError(
            f"{clean_line(file)} has several {what}s, none of which looks like reviews: {shown}; choose one with "
            f"--table, as in --table {f'“{example}”' if ' ' in example else example}."
        )
    if len(likely) > 1:
        return _closest({name: rows_of(name) for name in likely}, what, file)
    others = ", ".join(clean_line(name, 40) for name in list(candidates)[:_LISTED] if name != likely[0])
    return Choice(
        likely[0], [f"The {what} “{clean_line(likely[0], 40)}” was read; --table chooses another ({others})."]
    )


def _closest(lengths: Mapping[str, int], what: str, file: str) -> Choice:
    """Return the longest of tables that are alike, with the others as alternatives."""
    first, *others = sorted(lengths, key=lambda name: -lengths[name])
    listed = ", ".join(f"“{clean_line(name, 40)}” ({lengths[name]:,})" for name in others[:_LISTED])
    more = f" and {len(others) - _LISTED:,} more" if len(others) > _LISTED else ""
    sentence = (
        f"{clean_line(file)} has several {what}s that may hold the reviews: “{clean_line(first, 40)}” "
        f"({lengths[first]:,} rows) is read; not read: {listed}{more}."
    )
    ways = {f"the reviews are in “{clean_line(name, 40)}”": {"table": name} for name in others[:_LISTED]}
    return Choice(first, doubts=[Doubt(about="table", sentence=sentence, ways=ways)])


def _score(name: str, rows: Sequence[Sequence[str]]) -> tuple[int, int]:
    """Return how much a table looks like reviews: by the names of its columns and its own, and by its shape."""
    keys = {plain(cell) for row in rows for cell in row if cell}
    text, label = bool(keys & set(TEXT_NAMES)), bool(keys & {*LABEL_NAMES, *RATING_NAMES})
    named = 4 * text + 2 * label * text + bool(_REVIEWS.search(name)) * (text or 2)
    return named, int(_has_prose(rows))


def _has_prose(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the rows have several cells, and one of their columns is prose."""
    wide = [row for row in rows if sum(bool(cell) for cell in row) > 1]
    width = max(map(len, wide), default=0)
    columns = [[row[index] for row in wide[1:] if index < len(row) and row[index]] for index in range(width)]
    return any(cells and sum(map(len, cells)) >= _PROSE * len(cells) for cells in columns)
