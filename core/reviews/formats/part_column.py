"""Tables whose rows say themselves which part of the data they are: a column `split` with train, test and the like."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import compress
from typing import Any, cast

from core.base.text import clean_line
from core.reviews.detect.names import TRUTH_VALUES, plain
from core.reviews.folders.part_names import PART_KEYS, Part, part_of
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, ReadAgainError, Table, excerpt

_FLAGS: dict[str, Part] = {"istrain": "train", "istest": "test", "isvalidation": "validation", "isvalid": "validation"}
_SAMPLE = 1_000
_MAX_VALUES = 12
_MAX_PASSED = 50_000
UNNAMED = "no part named"


def only_part(table: Table, part: Part, parts: dict[str, list[str]]) -> Table | None:
    """Return `table` with the rows of other parts told apart from those of `part`; None if no column says what rows are
    for, or none is for it.

    Args:
        parts: Is given the parts that other rows belong to, while they are read.
    """
    chunk = next(iter(table.chunks(_SAMPLE)), None)
    if chunk is None:
        return None
    for name, cells in zip(table.columns, chunk.columns, strict=False):
        found = _parts(name, set(cells))
        if found and (part in found or _occurs(table, name, part)):
            return cast(Table, OnePart(table, name, part, parts))
    return None


def _parts(name: str, values: set[str]) -> set[Part | None]:
    """Return the parts that the values of a column name; none if it is not a column of parts."""
    if plain(name) not in PART_KEYS and plain(name) not in _FLAGS:
        return set()
    filled = {value for value in values if value.strip()}
    found = {_part(name, value) for value in filled} if len(filled) <= _MAX_VALUES else set()
    return set() if None in found else found


def _part(name: str, value: str) -> Part | None:
    flag = _FLAGS.get(plain(name))
    if flag is None:
        return part_of(value)
    truth = TRUTH_VALUES.get(value.strip().casefold())
    return None if truth is None else flag if truth else "test" if flag == "train" else "train"


def _occurs(table: Table, name: str, part: Part) -> bool:
    """Return whether any row is of `part`, by reading the whole table."""
    with suppress(ReadAgainError):
        for chunk in table.chunks():
            if any(_part(name, value) == part for value in set(chunk.columns[table.columns.index(name)])):
                return True
    return False


class OnePart:
    """A table of which only the rows of one part are to be read.

    Attributes:
        said: What was concluded from the column.
    """

    def __init__(self, table: Table, column: str, part: Part, parts: dict[str, list[str]]) -> None:
        self._table, self._column, self._part, self._parts = table, column, part, parts
        self.said = (
            f"{clean_line(table.name)}: the column “{clean_line(column, 40)}” says which rows are {part} data; "
            "the others are left out."
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Yield all rows. Those of other parts are among the `others` of their chunk if the part to read is `train`,
        so that they can be stored for readings of all parts; otherwise they are left out."""
        known: dict[str, Part | None] = {}
        for chunk in self._table.chunks(rows):
            cells = chunk.columns[self._table.columns.index(self._column)]
            for value in set(cells).difference(known):
                known[value] = _part(self._column, value)
                self._note(known[value])
            if set(known.values()) != {self._part}:
                parts = ((index, known[value]) for index, value in enumerate(cells))
                chunk.others = {index: _reason(part) for index, part in parts if part != self._part}
            yield chunk if self._part == "train" else own_rows(chunk)

    def _note(self, part: Part | None) -> None:
        if part is not None and part != self._part and self._table.name not in self._parts.setdefault(part, []):
            self._parts[part].append(self._table.name)


def first_own(table: Table, rows: int) -> Chunk | None:
    """Return the first chunk of `table` with rows of the part to read, and only those; None if it has no chunk.

    Where very many rows of other parts come first, it may have none.
    """
    own, passed = None, 0
    for chunk in table.chunks(rows):
        passed += len(chunk.lines) + len(chunk.bad)
        own = own_rows(chunk)
        if own.lines or passed > _MAX_PASSED:
            break
    return own


def own_rows(chunk: Chunk) -> Chunk:
    """Return `chunk` with the rows of other parts among those that are left out."""
    if not chunk.others:
        return chunk
    keep = [index not in chunk.others for index in range(len(chunk.lines))]
    units = [1] * len(keep) if chunk.units is None else list(chunk.units)
    bad = [
        BadRow(chunk.lines[index], reason, excerpt(max((column[index] for column in chunk.columns), key=len)))
        for index, reason in chunk.others.items()
    ]
    for row, index in zip(bad, chunk.others, strict=True):
        row.units = units[index]
    columns = [list(compress(column, keep)) for column in chunk.columns]
    return Chunk(list(compress(chunk.lines, keep)), columns, [*chunk.bad, *bad], list(compress(units, keep)))


def _reason(part: Part | None) -> str:
    return UNNAMED if part is None else f"{part} data"
