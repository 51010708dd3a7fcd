"""CSV and its relatives.

Each record keeps the physical line on which it starts, even after quoted line ends. A quote that is never closed would
swallow the rest of the file; such a record is dropped at its first line, and reading continues with the next line.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.dialect import NO_DELIMITER, find_delimiter, has_header, head_records
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt, unique_names
from core.reviews.options import ReadingOptions

_MAX_FIELD = 16 << 20
_MAX_RECORD_LINES = 200
"""A longer record that also has the wrong number of fields is taken to begin with a quote that was never closed."""

csv.field_size_limit(_MAX_FIELD)


def open_csv(file: InputFile, options: ReadingOptions) -> DelimitedTable:
    """Open a CSV file, whatever its delimiter."""
    return DelimitedTable(file, options)


def open_tsv(file: InputFile, options: ReadingOptions) -> DelimitedTable:
    """Open a TSV file."""
    return DelimitedTable(file, options, preferred="\t")


class DelimitedTable:
    """The `Table` of a CSV or TSV file."""

    def __init__(self, file: InputFile, options: ReadingOptions, preferred: str = ",") -> None:
        """Args: preferred: The delimiter to choose when several fit equally well."""
        self._file, self.name = file, file.name
        self.notices: list[str] = []
        self.encoding: str | None = file.encoding
        self._delimiter = _given(options.delimiter) or find_delimiter(file.head, file.complete, preferred)
        self.delimiter = None if self._delimiter == NO_DELIMITER else self._delimiter
        self.format = "tsv" if "\t" in (preferred, self.delimiter) else "csv"
        records = head_records(file.head, file.complete, self._delimiter)
        if not records:
            raise InputError(f"{clean_line(self.name)} has no rows; give a file with reviews.")
        self.header: bool | None = has_header(records) if options.header is None else options.header
        width = len(records[0]) if self.header else _usual_width(records)
        self.columns = unique_names(records[0] if self.header else [""] * width)

    def fraction(self) -> float:
        return self._file.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        with self._file.open() as stream:
            yield from self._chunks(stream, rows)

    def _chunks(self, stream: Iterator[str], size: int) -> Iterator[Chunk]:
        """Feed lines to the csv module; remember those of the current record, to count them or to read them again."""
        given_back: deque[str] = deque()
        recent: list[str] = []
        ended = False

        def lines() -> Iterator[str]:
            nonlocal ended
            while given_back:
                recent.append(given_back.popleft())
                yield recent[-1]
            for line in stream:
                recent.append(line)
                yield line
            ended = True

        width, before, header_due = len(self.columns), 0, self.header
        rows: list[list[str]] = []
        starts: list[int] = []
        bad: list[BadRow] = []
        going_on = True
        while going_on:
            going_on = False
            try:
                for row in csv.reader(lines(), delimiter=self._delimiter):
                    if header_due and row:
                        header_due = False
                    elif (len(row) != width and row) or len(recent) > 1:
                        if _unclosed(recent, ended, len(row) != width):
                            going_on = True
                            break
                        if len(row) == width:
                            rows.append(row)
                            starts.append(before + 1)
                        else:
                            bad.append(_wrong_number(before + 1, row, width, self.delimiter))
                    elif row:
                        rows.append(row)
                        starts.append(before + 1)
                    before += len(recent)
                    recent.clear()
                    if len(rows) >= size or len(bad) >= size:
                        yield _chunk(starts, rows, bad, width)
                        rows, starts, bad = [], [], []
            except csv.Error:
                going_on = True
            if going_on:
                reason = "unclosed quote" if len(recent) > 1 else "broken CSV"
                bad.append(BadRow(before + 1, reason, excerpt(recent[0])))
                given_back.extendleft(reversed(recent[1:]))
                before += 1
                recent.clear()
                ended = False
        yield _chunk(starts, rows, bad, width)


def _given(delimiter: str | None) -> str | None:
    """Return the delimiter that the user named; `\\t` and `tab` may be spelled out."""
    if delimiter is None:
        return None
    character = {"\\t": "\t", "tab": "\t"}.get(delimiter, delimiter)
    if len(character) != 1 or character in '\r\n"':
        raise InputError("A delimiter is one character, such as , or ; or tab; change --delimiter.")
    return character


def _usual_width(records: list[list[str]]) -> int:
    widths = [len(record) for record in records]
    return max(widths, key=widths.count)


def _unclosed(recent: list[str], ended: bool, wrong: bool) -> bool:
    """Return whether the record in these lines has an unclosed quote (closed quotes come in even numbers)."""
    if len(recent) < 2:
        return False
    if ended and sum(line.count('"') for line in recent) % 2:
        return True
    return wrong and len(recent) > _MAX_RECORD_LINES


def _wrong_number(line: int, row: list[str], width: int, delimiter: str | None) -> BadRow:
    reason = "wrong number of fields"
    shown = excerpt((delimiter or " ").join(field[:80] for field in row[:20]))
    return BadRow(line, reason, shown, f"{reason} (got {len(row)}, expected {width})")


def _chunk(starts: list[int], rows: list[list[str]], bad: list[BadRow], width: int) -> Chunk:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
    return Chunk(starts, columns, bad)
