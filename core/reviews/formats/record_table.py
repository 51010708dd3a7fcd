"""Tables of rows of cells without lines or quotes: sheets of spreadsheets and tables of web pages.

The table may have a title above its header and blank rows in it. Those are counted, but are no reviews.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.delimited.layout import FOOTER, REPEATED_HEADER, TITLE, find_layout, is_total, same_header
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, Table, Tally, excerpt, unique_names
from core.reviews.options import ReadingOptions
from core.reviews.report import Doubt

_SAMPLE = 200
_LAST = 5
"""A row of totals is one of the last rows."""
BLANK = "blank row"
Rows = Callable[[], Iterator[tuple[int, list[str]]]]
"""Yields the number and the cells of each row, from the start each time it is called."""


class RecordTable(Table):
    """The `Table` of rows that some reader has already taken apart."""

    def __init__(
        self, rows: Rows, total: int, width: int, name: str, format: str, options: ReadingOptions, notices: list[str]
    ) -> None:
        """Find the header.

        Args:
            rows: The rows.
            total: How many there are, as the file itself or another count has it.
            width: The most cells that a row has.
            name: What reports and messages call the file.
            notices: What to say about the choice of the table.

        Raises:
            InputError: No row has any content.
        """
        self._rows, self._total, self.name, self.format = rows, total, name, format
        self.notices, self.doubts = notices, list[Doubt]()
        self.tally = Tally("rows")
        self._read = 0
        sample = [(number, _filled(cells, width)) for number, cells in itertools.islice(rows(), _SAMPLE)]
        sample = [(number, cells) for number, cells in sample if any(map(str.strip, cells))]
        if not sample:
            raise InputError(f"{clean_line(name)} has no rows; give a file with reviews.")
        self._first = sample[_first_row([cells for _, cells in sample])][0]
        below = [(number, cells) for number, cells in sample if number >= self._first]
        layout = find_layout(below, width, options.header)
        self._lead = layout.lead | {number: TITLE for number, _ in sample if number < self._first}
        self._names = layout.names
        self.header = layout.names is not None
        self.columns = unique_names(layout.names or [""] * width)
        above = [cells for number, cells in sample if self._lead.get(number) == TITLE]
        if above:
            shown = ", ".join(f"“{excerpt(' '.join(filter(None, cells)))}”" for cells in above[:2])
            self.notices.append(f"{clean_line(name)}: what stands above the table was not read: {shown}.")

    def fraction(self) -> float:
        return min(self._read / self._total, 1.0) if self._total else 1.0

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.tally.reset()
        self.tally.total = self._total
        self._read = 0
        width = len(self.columns)
        iterator = self._rows()
        while batch := list(itertools.islice(iterator, rows)):
            self._read += len(batch)
            lines, records, bad = list[int](), list[list[str]](), list[BadRow]()
            for number, cells in batch:
                if (skipped := self._skipped(number, cells)) is not None:
                    self.tally.skipped[skipped] += 1
                elif len(cells) > width:
                    bad.append(BadRow(number, "wrong number of fields", excerpt(" ".join(cells))))
                else:
                    lines.append(number)
                    records.append(_filled(cells, width))
            columns = [list(column) for column in zip(*records, strict=True)] if records else [[] for _ in self.columns]
            yield Chunk(lines, columns, bad)

    def _skipped(self, number: int, cells: Sequence[str]) -> str | None:
        """Return what a row is if it is none of the table's."""
        if not any(map(str.strip, cells)):
            return BLANK
        if number in self._lead:
            return self._lead[number]
        if self._names is not None and same_header(_filled(cells, len(self._names)), self._names):
            return REPEATED_HEADER
        return FOOTER if self._read > self._total - _LAST and is_total(cells) and number > self._first else None


def _first_row(records: Sequence[Sequence[str]]) -> int:
    """Return the index of the row at which the table starts: those above it have one cell where rows have several."""
    filled = [sum(bool(cell.strip()) for cell in cells) for cells in records]
    usual = Counter(filled).most_common(1)[0][0]
    return next(index for index, count in enumerate(filled) if count > 1 or usual < 2)


def _filled(cells: Sequence[str], width: int) -> list[str]:
    return [*cells, *[""] * (width - len(cells))]
