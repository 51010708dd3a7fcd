"""JSON files and JSON Lines as tables: values one after another, in arrays, or anywhere in an object.

`layout` says where the reviews are, `records` how one becomes a row.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.names import is_known_name
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.json.layout import Layout, find_layout, is_record, paths
from core.reviews.formats.json.records import Item, flat, object_chunks, record_of
from core.reviews.formats.json.stream import BrokenJsonError, JsonStream
from core.reviews.formats.json.survey import survey
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, ReadAgainError, Table, Tally, excerpt, unique_names
from core.reviews.options import ReadingOptions

_SAMPLE = 1_000
_WINDOWS = 16 << 20
"""Characters that the windows of all columns of a file have together."""
_MIN_WINDOW = 1 << 12
_HEAD_LINES = 20
_LATE_NAMED = 5
_scan = json.JSONDecoder(strict=False)


def open_json(file: InputFile, options: ReadingOptions) -> ObjectTable:
    """Open a file of JSON, of whatever shape."""
    return ObjectTable(file, options, lines=is_json_lines(file.head, file.complete))


def open_json_lines(file: InputFile, options: ReadingOptions) -> ObjectTable:
    """Open a file that is named as JSON Lines; it may be an array, or objects without line ends, all the same."""
    return open_json(file, options)


class ObjectTable(Table):
    """The `Table` of records that are JSON objects or lists.

    Its columns are the keys of the first 1,000 records. Where others come later, the file is read again with them.
    """

    def __init__(self, file: InputFile, options: ReadingOptions, *, lines: bool) -> None:
        """Args: lines: Whether each line is a value (JSON Lines)."""
        self._file, self.name, self.format = file, file.name, "jsonl" if lines else "json"
        self.notices: list[str] = []
        self.encoding = file.encoding
        self.tally = Tally("lines" if lines else "values")
        self._names: list[str] | None = None
        self._layout = Layout() if lines else self._find_layout(options.table)
        first = self._first()
        self._texts = isinstance(first, str)
        if self._layout.names is not None:
            self._names = self._read_names()
        elif isinstance(first, list):
            self._name_columns(first, options.header)
        records = [item for _, item in itertools.islice(self._items(), _SAMPLE) if not isinstance(item, BadRow)]
        self._keys = list(dict.fromkeys(key for record in records for key in record))
        if not self._keys:
            raise InputError(
                f"{clean_line(self.name)} holds no JSON objects; each review must be one, with its columns."
            )
        self._own_notices = list(self._layout.notices)
        self.columns = unique_names(self._keys)

    def fraction(self) -> float:
        return self._file.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.notices[:] = self._own_notices
        self.tally.reset()
        seen: set[str] = set()
        yield from object_chunks(self._items(), list(self._keys), rows, seen, by_line=self.format == "jsonl")
        if self._layout.count is not None:
            self.tally.total = self._layout.count
        self._add_late(seen.difference(self._keys))

    def _add_late(self, late: set[str]) -> None:
        """Make columns of keys that the first records do not have; only name those inside other values.

        Raises:
            ReadAgainError: There are more columns now.
        """
        whole = sorted(key for key in late if "." not in key or is_known_name(key.rpartition(".")[2]))
        inner = sorted(late.difference(whole))
        self._keys += whole
        self.columns = unique_names(self._keys)
        if inner:
            named = ", ".join(clean_line(key, 40) for key in inner[:_LATE_NAMED]) + ", …" * (len(inner) > _LATE_NAMED)
            self.notices.append(f"Keys first seen after record {_SAMPLE:,} are not shown as columns: {named}.")
        if whole:
            raise ReadAgainError

    def _items(self) -> Iterator[Item]:
        if self.format == "jsonl":
            return self._lines()
        if self._layout.columns:
            return self._columns()
        return self._guarded(self._parts() if self._layout.parts else self._values())

    def _lines(self) -> Iterator[Item]:
        """Yield the record of each line; several on one line are several records."""
        header_due = self.header
        with self._file.open() as text:
            for number, line in enumerate(text, start=1):
                at, rest = 0, line.strip(" \t\r\n,\x1e")
                self.tally.total += 1
                if not rest:
                    self.tally.skipped["blank line"] += 1
                while at < len(rest):
                    try:
                        value, end = _scan.raw_decode(rest, at)
                    except (ValueError, RecursionError):
                        yield number, BadRow(number, "broken JSON", excerpt(rest[at : at + 400]))
                        break
                    if header_due:
                        header_due = False
                        self.tally.skipped["header"] += 1
                    else:
                        yield number, self._record(value, number)
                    at = end
                    while at < len(rest) and rest[at] in " \t,\x1e":
                        at += 1

    def _guarded(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield `items`. After broken JSON nothing can be trusted: reading stops, with a notice."""
        try:
            yield from items
        except BrokenJsonError as broken:
            self.tally.total += 1
            yield broken.line, BadRow(broken.line, "broken JSON", excerpt(broken.excerpt))
            where = f"{clean_line(self.name)} line {broken.line}"
            self.notices.append(f"The JSON is broken at {where}: nothing after it was read.")

    def _values(self) -> Iterator[Item]:
        """Yield the records of values that follow one another; those of an array are its members."""
        with self._file.open() as text:
            stream = JsonStream(text, self._layout.single) if self._layout.single else JsonStream(text)
            while opening := stream.peek():
                if opening == "[":
                    yield from self._members(stream, "")
                elif not stream.take(","):
                    line, value = stream.line, stream.value()
                    self.tally.total += 1
                    yield line, self._record(value, line)
                if self._layout.single:
                    return

    def _parts(self) -> Iterator[Item]:
        with self._file.open() as text:
            for part in self._layout.parts:
                yield from self._members(JsonStream(text, part.start), part.key)

    def _members(self, stream: JsonStream, key: str) -> Iterator[Item]:
        column, header_due = self._layout.key_column, self.header
        for line, value in stream.members():
            self.tally.total += 1
            if header_due:
                header_due = False
                self.tally.skipped["header"] += 1
                continue
            record = self._record({"text": value} if self._texts and isinstance(value, str) else value, line)
            if column and not isinstance(record, BadRow):
                record = {**record, (column if column not in record else f"{column} "): key}
            yield line, record

    def _columns(self) -> Iterator[Item]:
        """Yield the rows of an object of columns. Each column has its own window over the one file."""
        columns = self._layout.columns
        with self._file.open() as text:
            window = max(_WINDOWS // len(columns), _MIN_WINDOW)
            streams = [JsonStream(text, start, window) for start in columns.values()]
            try:
                for cells in itertools.zip_longest(*(stream.members() for stream in streams)):
                    line = next(cell[0] for cell in cells if cell is not None)
                    values = (None if cell is None else cell[1] for cell in cells)
                    yield line, flat(dict(zip(columns, values, strict=True)))
            except BrokenJsonError as broken:  # it was whole a moment ago: another process is writing to it
                yield broken.line, BadRow(broken.line, "broken JSON", excerpt(broken.excerpt))

    def _record(self, value: Any, line: int) -> dict[str, Any] | BadRow:
        record = record_of(value, self._names)
        if record is None:
            return BadRow(line, "not an object", excerpt(json.dumps(value, ensure_ascii=False)))
        return record

    def _find_layout(self, wanted: str | None) -> Layout:
        """Return where the reviews are: an object is surveyed, unless others follow it; arrays are read as they are.

        Raises:
            InputError: The file is broken before any record, or has no value of the name `wanted`.
        """
        with self._file.open() as text:
            stream = JsonStream(text)
            try:
                if stream.peek() != "{":
                    if stream.peek() != "[":
                        raise stream.broken()
                    return Layout()
                root = survey(stream)
                follows = stream.peek()
            except BrokenJsonError as broken:
                raise InputError(f"{clean_line(self.name)} is not valid JSON: see line {broken.line}.") from None
        if follows:
            return Layout()
        if not wanted and find_layout(root).single is not None and not is_record(root):
            listed = ", ".join(clean_line(key, 40) for key in list(root.children)[:_LATE_NAMED]) or "nothing"
            raise InputError(
                f"{clean_line(self.name)} holds one object ({listed}) and no list of reviews; "
                "check that it is the file you meant."
            )
        known = {path for path, _ in paths(root)}
        if wanted and not any(wanted in (path, path.rpartition(".")[2]) for path in known):
            listed = ", ".join(clean_line(path, 40) for path in sorted(known)[:20]) or "none"
            raise InputError(
                f"{clean_line(self.name)} has no array or object “{clean_line(wanted, 40)}”; it has {listed}. "
                "Change --table."
            )
        return find_layout(root, wanted)

    def _read_names(self) -> list[str]:
        with self._file.open() as text:
            names = JsonStream(text, self._layout.names or self._layout.parts[0].start).value()
        return unique_names([str(name) for name in names])

    def _first(self) -> Any:
        """Return the first record, as it is in the file; None if there is none, or the columns are apart."""
        if self.format == "jsonl":
            lines = (line.strip() for line in self._file.head.split("\n"))
            return next((value for line in lines if (value := _first_value(line)) is not None), None)
        if self._layout.columns or self._layout.single:
            return None
        with self._file.open() as text:
            stream = JsonStream(text, self._layout.parts[0].start) if self._layout.parts else JsonStream(text)
            try:
                return next(stream.members(), (0, None))[1] if stream.peek() == "[" else None
            except BrokenJsonError:
                return None

    def _name_columns(self, row: list[Any], header: bool | None) -> None:
        """Name the columns of records that are lists: by the first of them, or by numbers."""
        names = [value for value in row if isinstance(value, str)]
        detected = len(names) == len(row) and len(set(names)) == len(row) and any(map(is_known_name, names))
        self.header = detected if header is None else header
        self._names = unique_names([str(value) for value in row] if self.header else [""] * len(row))


def is_json_lines(head: str, complete: bool) -> bool:
    """Return whether each line holds whole values: objects, or lists of plain values.

    A single line with an object around lists is a file of another shape.
    """
    lines = [line.strip(" \t\r,\x1e") for line in head.split("\n") if line.strip(" \t\r,\x1e")]
    if not lines or (_first_value(lines[0]) is None and not _cut_between_objects(lines)):
        return False
    checked = lines[: _HEAD_LINES + 1] if complete or len(lines) < 2 else lines[:-1][:_HEAD_LINES]
    values = [value for line in checked if (value := _first_value(line)) is not None]
    if not values or 2 * len(values) < len(checked):
        return False
    if any(isinstance(value, list) and any(isinstance(one, dict | list) for one in value) for value in values):
        return False
    if len(lines) > 1:
        return True
    follows = _scan.raw_decode(checked[0])[1] < len(checked[0])
    return isinstance(values[0], dict) and (follows or not any(isinstance(v, list | dict) for v in values[0].values()))


def _first_value(line: str) -> dict[str, Any] | list[Any] | None:
    """Return the first value on a line if it is whole and can be a record."""
    if not line.startswith(("{", "[")):
        return None
    try:
        value = _scan.raw_decode(line)[0]
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict | list) else None


def _cut_between_objects(lines: list[str]) -> bool:
    """Return whether the first line is an object that is broken, and the second begins another one."""
    return len(lines) > 1 and lines[0].startswith("{") and lines[0].endswith("}") and lines[1].startswith("{")
