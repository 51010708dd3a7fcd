"""What every format is read as: a table of named columns, in chunks of strings.

A chunk is column-oriented and holds a few thousand rows, so that no more than that is in memory at a time. Missing
values are empty strings. Bytes that cannot be decoded appear as `UNDECODABLE` in a cell.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.report import Doubt

CHUNK_ROWS = 4_000
INSIDE = " › "
"""Stands between an archive and its member in the name of a file."""
EXCERPT = 80
UNDECODABLE = "\udcff"
"""Stands for bytes that are not text in the encoding of the file. It is a lone surrogate, which no real text
contains."""


@dataclass(slots=True)
class BadRow:
    """A row that cannot be used."""

    line: int
    """The line at which it starts."""
    reason: str
    """What it is counted under."""
    excerpt: str
    detail: str = ""
    """The reason in full, if there is more to say."""
    units: int = 1
    """How many units of the file's `Tally` it takes, such as lines."""
    part: str = ""
    """If it is of another part of the data than the one to read: that part, as a reason."""


@dataclass(slots=True)
class Chunk:
    """Some rows of a file: `columns[c][i]` is the cell of column c in the row that starts at line `lines[i]`."""

    lines: Sequence[int]
    columns: list[list[str]]
    bad: list[BadRow] = field(default_factory=list)
    units: Sequence[int] | None = None
    """How many units of the file's `Tally` each row takes; None for one each."""
    others: dict[int, str] = field(default_factory=dict)
    """Index of a row of another part of the data than the one to read → that part, as a reason to leave it out."""


class Tally:
    """Where everything in a file goes, counted while it is read.

    A table that has one counts `total` where the content enters, independently of its parser: line ends in the decoded
    text, values of an array, rows in the metadata of a file. Units that are no rows are counted in `skipped`, under
    what they are. At the end, `total` must be the units of all rows plus those that were skipped; reading fails if
    it is not. A table sets its tally back whenever its chunks begin.
    """

    def __init__(self, unit: str) -> None:
        """Args: unit: What is counted, in the plural: lines, values or rows."""
        self.unit = unit
        self.total = 0
        self.skipped: Counter[str] = Counter()

    def reset(self) -> None:
        """Count from zero."""
        self.total = 0
        self.skipped.clear()

    def check(self, name: str, units: int) -> None:
        """Compare the total with what is accounted for.

        Args:
            units: The units of all rows, good and bad.

        Raises:
            InputError: They differ.
        """
        accounted = units + self.skipped.total()
        if accounted != self.total:
            raise InputError(
                f"{clean_line(name)} has {self.total:,} {self.unit}, but {accounted:,} are accounted for: it cannot be "
                "read without losing some. Report this file, or save it in another format."
            )


class ReadAgainError(Exception):
    """Raised at the end of a table's chunks, which must be read again: the table knows better now how to parse it."""


@runtime_checkable
class Counted(Protocol):
    """A table that accounts for everything in its file."""

    tally: Tally


@runtime_checkable
class Doubting(Protocol):
    """A table that may have been read wrong, and says so."""

    doubts: list[Doubt]


class Table(Protocol):
    """The reader of one file."""

    name: str
    format: str
    columns: list[str]
    notices: list[str]
    encoding: str | None = None
    delimiter: str | None = None
    header: bool | None = None

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Yield all rows from the start, at most `rows` per chunk. It can be called again.

        Raises:
            InputError: The file cannot be read.
        """

    def fraction(self) -> float:
        """Return how much of the file the current `chunks` has read, 0 to 1."""


def excerpt(text: str) -> str:
    """Return at most 80 characters of `text`, on one line, safe to show."""
    return clean_line(text[: 4 * EXCERPT], EXCERPT)


def is_lone(cell: str) -> bool:
    """Return whether `cell` contains a lone surrogate, which cannot be stored."""
    return any("\ud800" <= character <= "\udfff" for character in cell)


def cell(value: object) -> str:
    """Return a value of a typed format as a cell: numbers as Python writes them, null and NaN as an empty string."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if value is True or value is False:
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return str(value)


def unique_names(names: Sequence[str]) -> list[str]:
    """Return names that are not empty, encodable and unique: `column_3` for an empty name, `name_2` for a duplicate."""
    result: dict[str, None] = {}
    copies: dict[str, int] = {}
    """Name → the number that its next copy gets."""
    for number, raw in enumerate(names, start=1):
        name = raw.strip().encode("utf-8", "replace").decode() or f"column_{number}"
        candidate, copy = name, copies.get(name, 2)
        while candidate in result:
            candidate, copy = f"{name}_{copy}", copy + 1
        copies[name] = copy
        result[candidate] = None
    return list(result)
