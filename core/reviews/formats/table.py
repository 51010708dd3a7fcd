"""What every format becomes: a table of named columns, read in chunks of strings.

A chunk is column-oriented and holds a few thousand rows, so that nothing larger than that is ever in memory.
Missing values are the empty string. Bytes that could not be decoded show up as `UNDECODABLE` inside a cell; whoever
uses the cell decides what that means.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from core.base.text import clean_line

CHUNK_ROWS = 4_000
EXCERPT = 80
UNDECODABLE = "\udcff"
"""Stands in a cell for bytes that are not text in the file's encoding (a lone surrogate: no real text holds it)."""


@dataclass(slots=True)
class BadRow:
    """A row that is no use: where it starts, the reason it is counted under, and the words shown."""

    line: int
    reason: str
    excerpt: str
    detail: str = ""


@dataclass(slots=True)
class Chunk:
    """Rows of one file: `columns[c][i]` is the cell of column c in the row that starts at `lines[i]`."""

    lines: Sequence[int]
    columns: list[list[str]]
    bad: list[BadRow] = field(default_factory=list)


class Table(Protocol):
    """One opened source of rows."""

    name: str
    format: str
    columns: list[str]
    encoding: str | None
    delimiter: str | None
    header: bool | None
    notices: list[str]

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """The rows from the start, at most `rows` a chunk; may be called again.

        Raises:
            InputError: the file cannot be read after all.
        """

    def fraction(self) -> float:
        """How much of the source the running `chunks` has read, 0 to 1."""


def excerpt(text: str) -> str:
    """At most 80 characters of `text`, on one line, safe to show."""
    return clean_line(text[: 4 * EXCERPT], EXCERPT)


def cell(value: object) -> str:
    """A value of a typed format as a cell: numbers as Python writes them, nothing and not-a-number as empty."""
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
    """Column names that are there, storable and different: `column_3` for an empty one, `name_2` for a second."""
    result: list[str] = []
    for number, raw in enumerate(names, start=1):
        name = raw.strip().encode("utf-8", "replace").decode() or f"column_{number}"
        candidate, copy = name, 2
        while candidate in result:
            candidate, copy = f"{name}_{copy}", copy + 1
        result.append(candidate)
    return result
