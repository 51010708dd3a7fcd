"""JSON (an array of objects, an object that wraps one, an object of columns) and JSON Lines."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.json_stream import BrokenJsonError, JsonStream, Position
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, cell, excerpt, unique_names
from core.reviews.options import ReadingOptions

_SAMPLE = 1_000
_WINDOWS = 16 << 20
"""Characters that the windows of all columns of a file have together."""
_MIN_WINDOW = 1 << 12

Item = tuple[int, dict[str, Any] | BadRow]
"""The line on which a record starts, and the record, or why there is none."""


def open_json(file: InputFile, _: ReadingOptions) -> ObjectTable:
    """Open a JSON file, or a file of JSON Lines with the suffix of one."""
    return ObjectTable(file, lines=is_json_lines(file.head))


def open_json_lines(file: InputFile, _: ReadingOptions) -> ObjectTable:
    """Open a file of JSON Lines."""
    return ObjectTable(file, lines=True)


class ObjectTable:
    """The `Table` of records that are JSON objects. Its columns are the keys of the first 1,000 records."""

    def __init__(self, file: InputFile, *, lines: bool) -> None:
        """Args: lines: Whether each line is an object (JSON Lines)."""
        self._file, self.name, self.format = file, file.name, "jsonl" if lines else "json"
        self.notices: list[str] = []
        self.delimiter: str | None = None
        self.header: bool | None = None
        self.encoding: str | None = file.encoding
        self._layout = _Layout() if lines else _find_layout(file)
        records = [item for _, item in itertools.islice(self._items(), _SAMPLE) if not isinstance(item, BadRow)]
        self._keys = list(dict.fromkeys(key for record in records for key in record))
        self.notices.clear()
        if not self._keys:
            raise InputError(
                f"{clean_line(self.name)} holds no JSON objects; each review must be one, with its columns."
            )
        self.columns = unique_names(self._keys)

    def fraction(self) -> float:
        return self._file.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        yield from object_chunks(self._items(), self._keys, rows)

    def _items(self) -> Iterator[Item]:
        if self.format == "jsonl":
            return self._lines()
        return self._columns() if self._layout.columns else self._elements()

    def _lines(self) -> Iterator[Item]:
        text = self._file.open()
        decode = json.JSONDecoder(strict=False).decode
        with text:
            for number, line in enumerate(text, start=1):
                if not line.strip():
                    continue
                try:
                    yield number, _record(decode(line), number)
                except (ValueError, RecursionError):
                    yield number, BadRow(number, "broken JSON", excerpt(line))

    def _elements(self) -> Iterator[Item]:
        """Yield the objects of the array. After broken JSON nothing can be trusted: reading stops, with a notice."""
        text = self._file.open()
        with text:
            stream = JsonStream(text, self._layout.start)
            try:
                if self._layout.single:
                    yield stream.line, _record(stream.value(), stream.line)
                    return
                for line, value in stream.members():
                    yield line, _record(value, line)
            except BrokenJsonError as broken:
                yield broken.line, BadRow(broken.line, "broken JSON", excerpt(broken.excerpt))
                where = f"{clean_line(self.name)} line {broken.line}"
                self.notices.append(f"The JSON is broken at {where}: nothing after it was read.")

    def _columns(self) -> Iterator[Item]:
        """Yield the rows of an object of columns. Each column has its own window over the one file."""
        columns = self._layout.columns
        text = self._file.open()
        with text:
            window = max(_WINDOWS // len(columns), _MIN_WINDOW)
            streams = [JsonStream(text, start, window) for start in columns.values()]
            try:
                for cells in itertools.zip_longest(*(stream.members() for stream in streams)):
                    line = next(cell[0] for cell in cells if cell is not None)
                    values = (None if cell is None else cell[1] for cell in cells)
                    yield line, dict(zip(columns, values, strict=True))
            except BrokenJsonError as broken:  # it was whole a moment ago: another process is writing to it
                yield broken.line, BadRow(broken.line, "broken JSON", excerpt(broken.excerpt))


def object_chunks(items: Iterable[Item], keys: list[str], rows: int) -> Iterator[Chunk]:
    """Yield `items` as chunks with one column per key."""
    iterator = iter(items)
    while batch := list(itertools.islice(iterator, rows)):
        good = [(line, record) for line, record in batch if not isinstance(record, BadRow)]
        columns = []
        for key in keys:
            values = [record.get(key) for _, record in good]
            columns.append([value if type(value) is str else cell(value) for value in values])
        bad = [record for _, record in batch if isinstance(record, BadRow)]
        yield Chunk([line for line, _ in good], columns, bad)


def is_json_lines(head: str) -> bool:
    """Return whether each line is an object: the first is complete, and the next, if any, starts another."""
    lines = [line for line in head.lstrip().split("\n") if line.strip()]
    try:
        first = json.loads(lines[0])
    except (ValueError, RecursionError):
        return len(lines) > 1 and lines[0].rstrip().endswith("}") and lines[1].startswith("{")
    if not isinstance(first, dict):
        return len(lines) > 1 and lines[1].startswith("{")
    return len(lines) > 1 or not any(isinstance(value, list | dict) for value in first.values())


@dataclass
class _Layout:
    """Where the records of a JSON file are: in an array at `start`, or in `columns`, each with its own start."""

    start: Position = field(default_factory=Position)
    single: bool = False
    """Whether there is a single record, at `start`."""
    columns: dict[str, Position] = field(default_factory=dict)


def _find_layout(file: InputFile) -> _Layout:
    """Look at the outermost value; if it is an object, at its members until one is an array of objects.

    Raises:
        InputError: The file starts with neither an array nor an object, or is broken before any record.
    """
    text = file.open()
    with text:
        stream = JsonStream(text)
        try:
            opening = stream.peek()
            layout = _Layout(stream.position)
            if opening == "[":
                return layout
            stream.expect("{")
            more = not stream.take("}")
            while more:
                key = stream.value()
                stream.expect(":")
                kind, start = stream.peek(), stream.position
                if kind in ("[", "{"):
                    members = stream.members()
                    if isinstance(next(members, (0, None))[1], dict) and kind == "[":
                        return _Layout(start)
                    layout.columns[str(key)] = start
                    for _ in members:
                        pass
                else:
                    stream.value()
                more = not stream.take("}")
                if more:
                    stream.expect(",")
        except BrokenJsonError as broken:
            raise InputError(f"{clean_line(file.name)} is not valid JSON: see line {broken.line}.") from None
    layout.single = not layout.columns
    return layout


def _record(value: Any, line: int) -> dict[str, Any] | BadRow:
    if isinstance(value, dict):
        return value
    return BadRow(line, "not an object", excerpt(json.dumps(value, ensure_ascii=False)))
