"""Tables drawn in text with `|` between their cells and a rule below their header, as in Markdown and Org."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.delimited.layout import HEADER, REPEATED_HEADER
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable, Taken
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt, unique_names
from core.reviews.options import ReadingOptions

_RULE = re.compile(r"\|?\s*:?(-+):?\s*(?:[|+]\s*:?-+:?\s*)*\|?")
_DRAWN = frozenset(" \t\r|+:-")
_BAR = re.compile(r"(?<!\\)\|")
RULE, AROUND = "rule of a table", "text around the table"
_MIN_ROWS = 2


def open_pipe_table(file: InputFile, _: ReadingOptions) -> PipeTable:
    """Open the first table of a file."""
    return PipeTable(file)


def is_pipe_table(file: InputFile) -> bool:
    """Return whether a file holds a table, whose rows are most of its lines."""
    if "|" not in file.head[:65_536] or "--" not in file.head:
        return False
    lines = [line for line in file.head.split("\n") if line.strip()]
    at = _header_at(lines)
    if at is None:
        return False
    width = len(_cells(lines[at]))
    rows = sum("|" in line and len(_cells(line)) == width for line in lines[at + 2 :])
    return rows >= _MIN_ROWS and 2 * rows >= len(lines)


def _header_at(lines: list[str]) -> int | None:
    """Return the index of the first line of cells with a rule below it that has as many."""
    for at, (line, below) in enumerate(pairwise(lines)):
        ruled = "|" in line and "|" in below and _is_rule(below, least=1) and not _is_rule(line)
        if ruled and len(_cells(line)) == len(_cells(below.replace("+", "|"))):
            return at
    return None


def _is_rule(line: str, least: int = 2) -> bool:
    """Return whether a line is made of dashes, at least so many in a row; one alone stands for an empty cell."""
    found = _RULE.fullmatch(line.strip()) if _DRAWN.issuperset(line) else None
    return found is not None and len(found[1]) >= least


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(inner)]


class PipeTable(LineTable):
    """The `Table` of the first table of a text file. Its rows are lines; those before and after it are counted."""

    format = "pipes"

    def __init__(self, file: InputFile) -> None:
        lines = [line for line in file.head.split("\n") if line.strip()]
        at = _header_at(lines)
        if at is None:
            raise InputError(f"{clean_line(file.name)} holds no table; give a file with reviews.")
        self._names, self._rule = _cells(lines[at]), lines[at + 1].strip()
        self._begun, self._last = False, 0
        """Whether the header has been read, and the last line that belonged to the table."""
        self.header = True
        super().__init__(file, unique_names(self._names))

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self._begun, self._last = False, 0
        yield from self.rows_of_lines(self._taken, rows)
        if around := self.tally.skipped[AROUND]:
            lines = "1 line" if around == 1 else f"{around:,} lines"
            said = f"{clean_line(self.name)} has a table and {lines} of text around it; only the table is read."
            self.notices = [said]

    def _taken(self, number: int, line: str) -> Taken:
        """Return what a line is. The table ends before a line without cells, and goes on below its header."""
        if _is_rule(line) or line.strip() == self._rule:
            what: Taken = RULE
        elif "|" not in line:
            return AROUND
        elif (cells := _cells(line)) == self._names:
            what = REPEATED_HEADER if self._begun else HEADER
            self._begun = True
        elif not self._begun:
            return AROUND
        elif number > self._last + 1 or len(cells) > len(self.columns):
            reason = "row of another table" if number > self._last + 1 else "wrong number of fields"
            return BadRow(number, reason, excerpt(line))
        else:
            what = [*cells, *[""] * (len(self.columns) - len(cells))]
        self._last = number
        return what
