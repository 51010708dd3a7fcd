"""Records of `key: value` lines with blank lines between them, as in the review data sets of SNAP."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt, unique_names
from core.reviews.options import ReadingOptions

_LINE = re.compile(r"([^\W\d][\w/ .-]{0,59}):(?: (.*)|)", re.DOTALL)
_MIN_RECORDS, _MIN_KEYS = 3, 2
_SHARE = 0.1
"""A key is one if it is in more than this share of the records: a line of a review may look like one, too."""
_BEGIN = 0.8
"""The share of blocks that begin with the first key; others may be further paragraphs of a review."""
_MAX_RECORD = 10_000
"""Lines."""


def open_records(file: InputFile, _: ReadingOptions) -> KeyValueRecords:
    """Open a file of `key: value` records."""
    return KeyValueRecords(file)


def is_records(file: InputFile) -> bool:
    """Return whether a file consists of blocks whose lines start with the same few keys."""
    return len(_keys(file)) >= _MIN_KEYS


def _keys(file: InputFile) -> list[str]:
    """Return the keys that blocks of a file start their lines with; none if it is not made of such blocks."""
    head = file.head.replace("\r\n", "\n").strip("\n")
    blocks = [block for block in re.split(r"\n[ \t]*\n+", head) if block.strip()]
    if not file.complete:
        blocks = blocks[:-1]
    if len(blocks) < _MIN_RECORDS:
        return []
    found = [[match[1] for line in block.split("\n") if (match := _LINE.fullmatch(line))] for block in blocks]
    counts = Counter(key for keys in found for key in dict.fromkeys(keys))
    common = [key for key, count in counts.items() if count > max(_SHARE * len(blocks), 1)]
    first = common[0] if common else None
    begin = sum(bool(keys) and keys[0] == first for keys in found)
    return common if begin >= _BEGIN * len(blocks) else []


class KeyValueRecords(LineTable):
    """The `Table` of a file of records. A line without a known key goes on with the value of the line before."""

    format = "records"

    def __init__(self, file: InputFile) -> None:
        self._keys = _keys(file)
        super().__init__(file, unique_names(self._keys))

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.tally.reset()
        chunk, units = self._empty()
        for start, lines in self._blocks():
            self._add(chunk, units, start, lines)
            if len(chunk.lines) + len(chunk.bad) >= rows:
                yield chunk
                chunk, units = self._empty()
        yield chunk

    def _empty(self) -> tuple[Chunk, list[int]]:
        units: list[int] = []
        return Chunk([], [[] for _ in self._keys], units=units), units

    def _blocks(self) -> Iterator[tuple[int, list[str]]]:
        """Yield the lines of each record, with the number of the first. A record begins with the first key."""
        start, lines = 1, list[str]()
        for number, line in self.numbered_lines():
            begins = line.startswith(f"{self._keys[0]}:")
            if lines and (begins or not line.strip() or len(lines) >= _MAX_RECORD):
                yield start, lines
                lines = []
            if not line.strip():
                continue
            if not lines:
                start = number
            lines.append(line)
        if lines:
            yield start, lines

    def _add(self, chunk: Chunk, units: list[int], start: int, lines: list[str]) -> None:
        record: dict[str, str] = {}
        last = ""
        for line in lines:
            match = _LINE.fullmatch(line)
            if match is not None and match[1] in self._keys and match[1] not in record:
                last = match[1]
                record[last] = match[2] or ""
            elif last:
                record[last] += f"\n{line}"
            else:
                chunk.bad.append(BadRow(start, "no known key", excerpt(line), units=len(lines)))
                return
        assert isinstance(chunk.lines, list)
        chunk.lines.append(start)
        units.append(len(lines))
        for key, column in zip(self._keys, chunk.columns, strict=True):
            column.append(record.get(key, ""))
