"""Tables drawn in text with `|` between their cells and a rule below their header, as in Markdown and Org."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from core.base.text import clean_line
from core.reviews.formats.delimited.layout import HEADER, REPEATED_HEADER, find_layout
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable, Taken
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt, unique_names
from core.reviews.options import ReadingOptions

_RULE = re.compile(r"\|?\s*:?(-+):?\s*(?:[|+]\s*:?-+:?\s*)*\|?")
_DRAWN = frozenset(" \t\r|+:-")
_BAR = re.compile(r"(?<!\\)\|")
RULE, AROUND = "rule of a table", "text around the table"
_MIN_ROWS, _MIN_LINES = 2, 3
_NEARLY = 0.9
_SAMPLED = 2_000


def open_pipe_table(file: InputFile, options: ReadingOptions) -> PipeTable:
    """Open the first table of a file."""
    return PipeTable(file, options)


def is_pipe_table(file: InputFile) -> bool:
    """Return whether most lines of a file are rows of a table with a rule, or nearly all are between bars."""
    lines = _lines(file)
    if len(lines) < _MIN_LINES or "|" not in lines[-1] + lines[-2]:
        return False
    at = _header_at(lines)
    if at is None:
        edged = [line for line in map(str.strip, lines) if line.startswith("| ") and line.endswith(" |")]
        return len(edged) >= _NEARLY * len(lines)
    width = len(_cells(lines[at]))
    rows = sum("|" in line and len(_cells(line)) == width for line in lines[at + 2 :])
    return rows >= _MIN_ROWS and 2 * (rows + 2) >= len(lines)


def _lines(file: InputFile) -> list[str]:
    lines = file.head.split("\n")[: _SAMPLED + 1]
    lines = lines if file.complete and len(lines) <= _SAMPLED else lines[:-1]
    return [line for line in lines if line.strip()]


def _header_at(lines: list[str]) -> int | None:
    """Return the index of the first line of cells with a rule below it that has as many."""
    for at, (line, below) in enumerate(pairwise(lines)):
        ruled = "|" in line and "|" in below and _is_rule(below, least=1) and not _is_rule(line)
        if ruled and len(_cells(line)) == len(_cells(below.replace("+", "|"))):
            return at
    return None


def _is_rule(line: str, least: int = 2) -> bool:
    """Return whether a line is a rule of dashes with `least` or more in a row; one alone stands for an empty cell."""
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

    def __init__(self, file: InputFile, options: ReadingOptions) -> None:
        lines = _lines(file)
        at = _header_at(lines)
        rows = [_cells(line) for line in lines if "|" in line and not _is_rule(line)]
        width = Counter(map(len, rows)).most_common(1)[0][0]
        if at is None:
            names = find_layout(list(enumerate(rows)), width, options.header).names
        else:
            names = None if options.header is False else _cells(lines[at])
        self._names, self._rule = names, "" if at is None else lines[at + 1].strip()
        self._begun, self._other = names is None, False
        """Whether the header has been read, and whether another table has begun."""
        self._last, self._next = 0, ""
        """The number of the last line of a table, and the line after the current one."""
        self.header = names is not None
        super().__init__(file, unique_names(names or [""] * width))

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self._begun, self._other, self._last = self._names is None, False, 0
        yield from self.rows_of_lines(self._taken, rows)
        if around := self.tally.skipped[AROUND]:
            lines = "1 line" if around == 1 else f"{around:,} lines"
            said = f"{clean_line(self.name)} has a table and {lines} of text around it; only the table is read."
            self.notices = [said]

    def numbered_lines(self) -> Iterator[tuple[int, str]]:
        current: tuple[int, str] | None = None
        for following in super().numbered_lines():
            if current is not None:
                self._next = following[1]
                yield current
            current = following
        self._next = ""
        if current is not None:
            yield current

    def _taken(self, number: int, line: str) -> Taken:
        """Return what a line is. After a gap, the table goes on unless another begins: a header with its rule."""
        if _is_rule(line) or line.strip() == self._rule:
            what: Taken = RULE
        elif "|" not in line:
            return AROUND
        elif (cells := _cells(line)) == self._names:
            what = REPEATED_HEADER if self._begun else HEADER
            self._begun, self._other = True, False
        elif not self._begun:
            return AROUND
        else:
            self._other = self._other or (0 < self._last < number - 1 and _is_rule(self._next))
            if self._other or len(cells) > len(self.columns):
                reason = "row of another table" if self._other else "wrong number of fields"
                return BadRow(number, reason, excerpt(line))
            what = [*cells, *[""] * (len(self.columns) - len(cells))]
        self._last = number
        return what
