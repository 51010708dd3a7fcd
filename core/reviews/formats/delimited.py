"""CSV and its relatives, and plain text with one review a line.

Records keep the physical line on which they start, also after quoted line ends. A quote that is never closed would
swallow the rest of the file; such a record is given up at its first line and reading goes on with the next.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.dialect import NO_DELIMITER, find_delimiter, has_header, head_records
from core.reviews.formats.encodings import find_encoding, open_text
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt, unique_names
from core.reviews.options import ReadingOptions

_HEAD_CHARACTERS = 262_144
_LONGEST_FIELD = 16 << 20
_LONGEST_RECORD = 200
"""Lines: a longer record that also has the wrong number of fields began with a quote that was never closed."""

csv.field_size_limit(_LONGEST_FIELD)


class DelimitedTable:
    """A CSV or TSV file; see `core.reviews.formats.table.Table`."""

    def __init__(self, path: Path, options: ReadingOptions, name: str, form: str = "csv") -> None:
        self.path, self.name, self.format = path, name, form
        self.notices: list[str] = []
        self.encoding: str | None = options.encoding or find_encoding(path)
        head, complete, self._newline = read_head(path, self.encoding)
        preferred = "\t" if form == "tsv" else ","
        self._delimiter = _given(options.delimiter) or find_delimiter(head, complete, preferred)
        self.delimiter = None if self._delimiter == NO_DELIMITER else self._delimiter
        if self.delimiter == "\t":
            self.format = "tsv"
        records = head_records(head, complete, self._delimiter)
        if not records:
            raise InputError(f"{clean_line(name)} holds no rows; give a file with reviews.")
        self.header: bool | None = has_header(records) if options.header is None else options.header
        width = len(records[0]) if self.header else _usual_width(records)
        self.columns = unique_names(records[0] if self.header else [""] * width)
        self._raw: BinaryIO | None = None
        self._size = max(path.stat().st_size, 1)

    def fraction(self) -> float:
        return 1.0 if self._raw is None or self._raw.closed else self._raw.tell() / self._size

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        stream, self._raw = open_text(self.path, self.encoding or "utf-8", self._newline)
        with stream:
            yield from self._chunks(stream, rows)

    def _chunks(self, stream: Iterator[str], size: int) -> Iterator[Chunk]:
        """Feeds lines to the csv module, remembering those of the current record to count and to give back."""
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


class TextTable:
    """A plain text file, one review a line; see `core.reviews.formats.table.Table`."""

    def __init__(self, path: Path, options: ReadingOptions, name: str) -> None:
        self.path, self.name, self.format = path, name, "text"
        self.columns, self.notices = ["text"], list[str]()
        self.delimiter: str | None = None
        self.header: bool | None = None
        self.encoding: str | None = options.encoding or find_encoding(path)
        _, _, self._newline = read_head(path, self.encoding)
        self._raw: BinaryIO | None = None
        self._size = max(path.stat().st_size, 1)

    def fraction(self) -> float:
        return 1.0 if self._raw is None or self._raw.closed else self._raw.tell() / self._size

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        stream, self._raw = open_text(self.path, self.encoding or "utf-8", self._newline)
        with stream:
            first, texts = 1, list[str]()
            for line in stream:
                texts.append(line.rstrip("\r\n"))
                if len(texts) >= rows:
                    yield Chunk(range(first, first + len(texts)), [texts])
                    first, texts = first + len(texts), []
            yield Chunk(range(first, first + len(texts)), [texts])


def read_head(path: Path, encoding: str) -> tuple[str, bool, str]:
    """The first characters of `path`, whether that is all of it, and what ends its lines (old Macs wrote `\\r`)."""
    stream, _ = open_text(path, encoding)
    with stream:
        head = stream.read(_HEAD_CHARACTERS)
        complete = not stream.read(1)
    if not head.strip():
        raise InputError(f"{clean_line(path)} is empty; give a file with reviews.")
    return head, complete, "\r" if "\r" in head and "\n" not in head else "\n"


def _given(delimiter: str | None) -> str | None:
    """The delimiter a person asked for; `\\t` and `tab` may be spelled out."""
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
    """Whether the record of these lines is one whose quote was never closed (a closed one has an even number)."""
    if len(recent) < 2:
        return False
    if ended and sum(line.count('"') for line in recent) % 2:
        return True
    return wrong and len(recent) > _LONGEST_RECORD


def _wrong_number(line: int, row: list[str], width: int, delimiter: str | None) -> BadRow:
    reason = "wrong number of fields"
    shown = excerpt((delimiter or " ").join(field[:80] for field in row[:20]))
    return BadRow(line, reason, shown, f"{reason} (got {len(row)}, expected {width})")


def _chunk(starts: list[int], rows: list[list[str]], bad: list[BadRow], width: int) -> Chunk:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]
    return Chunk(starts, columns, bad)
