"""JSON (an array of objects, an object that wraps one, an object of columns) and JSON lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.encodings import find_encoding, open_text
from core.reviews.formats.json_stream import BrokenJsonError, JsonStream
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, cell, excerpt, unique_names
from core.reviews.options import ReadingOptions

_SAMPLE = 1_000

Item = tuple[int, dict[str, Any] | BadRow]
"""The line on which a record starts, and the record or why there is none."""


class ObjectTable:
    """A `Table` of records that are JSON objects. Columns are the keys of the first 1,000."""

    def __init__(self, path: Path, options: ReadingOptions, name: str, form: str) -> None:
        self.path, self.name, self.format = path, name, form
        self.notices: list[str] = []
        self.delimiter: str | None = None
        self.header: bool | None = None
        self.encoding: str | None = options.encoding or find_encoding(path)
        self._encoding = self.encoding
        self._raw: BinaryIO | None = None
        self._size = max(path.stat().st_size, 1)
        self._layout = _Layout() if form == "jsonl" else _find_layout(path, self._encoding, name)
        records = [item for _, item in itertools.islice(self._items(), _SAMPLE) if not isinstance(item, BadRow)]
        self._keys = list(dict.fromkeys(key for record in records for key in record))
        self.notices.clear()
        if not self._keys:
            raise InputError(f"{clean_line(name)} holds no JSON objects; each review must be one, with its columns.")
        self.columns = unique_names(self._keys)

    def fraction(self) -> float:
        return 1.0 if self._raw is None or self._raw.closed else self._raw.tell() / self._size

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        yield from object_chunks(self._items(), self._keys, rows)

    def _items(self) -> Iterator[Item]:
        if self.format == "jsonl":
            return self._lines()
        return self._columns() if self._layout.columns else self._elements()

    def _lines(self) -> Iterator[Item]:
        stream, self._raw = open_text(self.path, self._encoding)
        decode = json.JSONDecoder(strict=False).decode
        with stream:
            for number, line in enumerate(stream, start=1):
                if not line.strip():
                    continue
                try:
                    yield number, _record(decode(line), number)
                except (ValueError, RecursionError):
                    yield number, BadRow(number, "broken JSON", excerpt(line))

    def _elements(self) -> Iterator[Item]:
        """The objects of the array; after broken JSON nothing can be trusted, so reading stops there and says so."""
        stream = JsonStream(self.path, self._encoding, self._layout.offset, self._layout.line)
        self._raw = stream.raw
        try:
            if self._layout.single:
                yield stream.line, _record(stream.value(), stream.line)
                return
            stream.expect("[")
            more = not stream.take("]")
            while more:
                stream.peek()
                line = stream.line
                yield line, _record(stream.value(), line)
                more = not stream.take("]")
                if more:
                    stream.expect(",")
        except BrokenJsonError as broken:
            yield broken.line, BadRow(broken.line, "broken JSON", excerpt(broken.excerpt))
            where = f"{clean_line(self.name)} line {broken.line}"
            self.notices.append(f"The JSON is broken at {where}: nothing after that place was read.")
        finally:
            stream.close()

    def _columns(self) -> Iterator[Item]:
        """Rows of an object of columns: one reader for each column, moving in step."""
        streams = [JsonStream(self.path, self._encoding, place[0], place[1]) for place in self._layout.columns.values()]
        self._raw = streams[0].raw
        try:
            for cells in itertools.zip_longest(*map(_members, streams)):
                line = next(cell[0] for cell in cells if cell is not None)
                values = (None if cell is None else cell[1] for cell in cells)
                yield line, dict(zip(self._layout.columns, values, strict=True))
        except BrokenJsonError as broken:  # it was whole when the columns were found: someone is writing to it
            yield broken.line, BadRow(broken.line, "broken JSON", excerpt(broken.excerpt))
        finally:
            for stream in streams:
                stream.close()


def object_chunks(items: Iterable[Item], keys: list[str], rows: int) -> Iterator[Chunk]:
    """`items` as chunks with one column a key."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, rows)):
        good = [(line, record) for line, record in batch if not isinstance(record, BadRow)]
        columns = []
        for key in keys:
            values = [record.get(key) for _, record in good]
            columns.append([value if type(value) is str else cell(value) for value in values])
        bad = [record for _, record in batch if isinstance(record, BadRow)]
        yield Chunk([line for line, _ in good], columns, bad)


@dataclass
class _Layout:
    """Where the records of a JSON file are: an array at `offset`, or columns that start at theirs (offset, line)."""

    offset: int = 0
    line: int = 1
    single: bool = False
    columns: dict[str, tuple[int, int]] = field(default_factory=dict)


def _find_layout(path: Path, encoding: str, name: str) -> _Layout:
    """Look at the outermost value, and at the members of an object until one is an array of objects.

    Raises:
        InputError: the file starts with neither array nor object, or is broken before any record.
    """
    stream = JsonStream(path, encoding)
    try:
        opening = stream.peek()
        layout = _Layout(stream.offset, stream.line)
        if opening == "[":
            return layout
        stream.expect("{")
        more = not stream.take("}")
        while more:
            key = stream.value()
            stream.expect(":")
            kind, place = stream.peek(), (stream.offset, stream.line)
            if kind in ("[", "{"):
                members = _members(stream)
                if isinstance(next(members, (0, None))[1], dict) and kind == "[":
                    return _Layout(*place)
                layout.columns[str(key)] = place
                for _ in members:
                    pass
            else:
                stream.value()
            more = not stream.take("}")
            if more:
                stream.expect(",")
        layout.single = not layout.columns
        return layout
    except BrokenJsonError as broken:
        raise InputError(f"{clean_line(name)} is no valid JSON: see line {broken.line}.") from None
    finally:
        stream.close()


def _members(stream: JsonStream) -> Iterator[tuple[int, Any]]:
    """The values of an array, or of an object without its keys, each with its line."""
    closing = "]" if stream.peek() == "[" else "}"
    stream.expect("[" if closing == "]" else "{")
    more = not stream.take(closing)
    while more:
        if closing == "}":
            stream.value()
            stream.expect(":")
        stream.peek()
        line = stream.line
        yield line, stream.value()
        more = not stream.take(closing)
        if more:
            stream.expect(",")


def _record(value: Any, line: int) -> dict[str, Any] | BadRow:
    if isinstance(value, dict):
        return value
    return BadRow(line, "not an object", excerpt(json.dumps(value, ensure_ascii=False)))
