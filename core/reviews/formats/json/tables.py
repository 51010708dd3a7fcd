"""JSON files and JSON Lines as tables: values one after another, in arrays, or anywhere in an object.

`layout` says where the reviews are, `records` how one becomes a row.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.detect.names import is_known_name
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.json.layout import Layout
from core.reviews.formats.json.nested_reviews import keys_are_texts, several_reviews_in
from core.reviews.formats.json.recognition import first_value, is_json_lines
from core.reviews.formats.json.records import Item, flat, holds_rows, object_chunks, record_of
from core.reviews.formats.json.recovery import Beginnings, CannotResumeError, Unread, values
from core.reviews.formats.json.repeated_keys import RepeatedKeys
from core.reviews.formats.json.shape import layout_of
from core.reviews.formats.json.stream import BrokenJsonError, JsonStream
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, ReadAgainError, Table, Tally, excerpt, unique_names
from core.reviews.options import ReadingOptions

_SAMPLE = 1_000
_WINDOWS = 16 << 20
"""Characters that the windows of all columns of a file have together."""
_MIN_WINDOW = 1 << 12
_LATE_NAMED = 5
_LINES_NAMED = 3
_WIDTH_SAMPLE = 20
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
        self.encoding, self.doubts = file.encoding, file.encoding_doubts
        self.tally = Tally("lines" if lines else "values")
        self._names: list[str] | None = None
        self._damage, self._repeated = Beginnings(), RepeatedKeys()
        self._layout = Layout() if lines else layout_of(file, options.table)
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
        if place := several_reviews_in(records):
            raise InputError(
                f"{clean_line(self.name)} has several reviews in one value (“{clean_line(place, 60)}”); save it with "
                "one object for each review."
            )
        if keys_are_texts(records):
            raise InputError(
                f"{clean_line(self.name)} has texts as the keys of one object; save each with its label as an object "
                'of its own, as {"text": "…", "label": "…"}.'
            )
        self._own_notices = list(self._layout.notices)
        self.columns = unique_names(self._keys)

    def fraction(self) -> float:
        return self._file.fraction()

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self.notices[:] = self._own_notices
        self.tally.reset()
        self._damage, self._repeated = Beginnings(), RepeatedKeys()
        seen: set[str] = set()
        yield from object_chunks(self._items(), list(self._keys), rows, seen, by_line=self.format == "jsonl")
        if self._layout.count is not None:
            self.tally.total = self._layout.count
        self.notices += filter(None, [self._said_of_damage(), self._repeated.notice(self.name)])
        self._add_late(seen.difference(self._keys))

    def _said_of_damage(self) -> str:
        """Return what to say if the file is not quite JSON, although nothing is left out for it."""
        name = clean_line(self.name)
        if lines := self._damage.without_comma:
            named = ", ".join(map(str, lines[:_LINES_NAMED])) + ", …" * (len(lines) > _LINES_NAMED)
            return f"{name} has no comma before the values on these lines, which are read all the same: {named}."
        return f"{name} ends in the middle of an array, as if it was cut off." if self._damage.cut else ""

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
            return self._unchanged(self._columns())
        return self._unchanged(self._parts()) if self._layout.parts else self._values()

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
                        end = self._damage.next_in_line(rest, at)
                        yield number, BadRow(number, "broken JSON", excerpt(rest[at : min(end, at + 400)]))
                        at = end
                        continue
                    if self._damage.is_learning:
                        self._damage.learn(value)
                    if header_due:
                        header_due = False
                        self.tally.skipped["header"] += 1
                    else:
                        yield number, self._record(value, number, rest, at, end)
                    at = end
                    while at < len(rest) and rest[at] in " \t,\x1e":
                        at += 1

    def _unchanged(self, items: Iterator[Item]) -> Iterator[Item]:
        """Yield `items` of a file that was whole when it was surveyed.

        Raises:
            InputError: It is not now.
        """
        try:
            yield from items
        except BrokenJsonError as broken:
            raise InputError(
                f"{clean_line(self.name)} was changed while it was read, and is broken on line {broken.line}; wait "
                "until it is written, and read it again."
            ) from None

    def _values(self) -> Iterator[Item]:
        """Yield the records of values that follow one another, and of members of arrays; what is broken is counted.

        Raises:
            InputError: It is broken, and where the next value begins cannot be told.
        """
        header_due = self.header
        with self._file.open() as text:
            stream = JsonStream(text, self._layout.single) if self._layout.single else JsonStream(text)
            if self._layout.single:
                line, value = stream.line, stream.value()
                self.tally.total += 1
                yield line, self._record(value, line, *stream.last_text)
                return
            try:
                for line, value in values(stream, self._damage):
                    self.tally.total += 1
                    if isinstance(value, Unread):
                        where = f"broken JSON, lines {line}–{value.last}" if value.last > line else ""
                        yield line, BadRow(line, "broken JSON", excerpt(value.excerpt), where)
                    elif header_due:
                        header_due = False
                        self.tally.skipped["header"] += 1
                    else:
                        yield line, self._record(self._with_name(value), line, *stream.last_text)
            except CannotResumeError as broken:
                raise InputError(
                    f"{clean_line(self.name)} is broken on line {broken.line}, and where its next value begins cannot "
                    "be told; mend that line, or save the file as JSON Lines."
                ) from None

    def _with_name(self, value: Any) -> Any:
        """Return a text as an object, if the values of the file are texts."""
        return {"text": value} if self._texts and isinstance(value, str) else value

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
            record = self._record(self._with_name(value), line, *stream.last_text)
            if column and not isinstance(record, BadRow):
                record = {**record, (column if column not in record else f"{column} "): key}
            yield line, record

    def _columns(self) -> Iterator[Item]:
        """Yield the rows of an object of columns. Each column has its own window over the one file."""
        columns = self._layout.columns
        with self._file.open() as text:
            window = max(_WINDOWS // len(columns), _MIN_WINDOW)
            streams = [JsonStream(text, start, window) for start in columns.values()]
            for cells in itertools.zip_longest(*(stream.members() for stream in streams)):
                line = next(cell[0] for cell in cells if cell is not None)
                contents = (None if cell is None else cell[1] for cell in cells)
                self.tally.total += 1
                yield line, flat(dict(zip(columns, contents, strict=True)))

    def _record(self, value: Any, line: int, text: str, start: int, end: int) -> dict[str, Any] | BadRow:
        """Return the record of a value that was decoded from `text[start:end]`.

        Raises:
            InputError: It is a list of rows.
        """
        record = record_of(value, self._names)
        if record is None:
            return BadRow(line, "not an object", excerpt(json.dumps(value, ensure_ascii=False)))
        if self._names is not None and isinstance(value, list):
            fits = len(value) == len(self._names)
            if holds_rows(value, fits):
                raise InputError(
                    f"{clean_line(self.name)} has rows within rows on line {line:,}, perhaps behind a bracket too "
                    "many; mend it, or save the file with one object for each review."
                )
            if not fits:
                return BadRow(line, "wrong number of fields", excerpt(json.dumps(value, ensure_ascii=False)))
        self._repeated.check(line, value, text, start, end)
        return record

    def _read_names(self) -> list[str]:
        with self._file.open() as text:
            names = JsonStream(text, self._layout.names or self._layout.parts[0].start).value()
        return unique_names([str(name) for name in names])

    def _first(self) -> Any:
        """Return the first value, as it is in the file; None if there is none, or it names no columns.

        Of values that are lists, it is the first that is as long as most.
        """
        if self._layout.columns or self._layout.single:
            return None
        with self._file.open() as text:
            found = list(itertools.islice(self._raw_values(text), _WIDTH_SAMPLE))
        first = next(iter(found), None)
        if not isinstance(first, list):
            return first
        lists = [value for value in found if isinstance(value, list)]
        width = Counter(map(len, lists)).most_common(1)[0][0]
        return next(value for value in lists if len(value) == width)

    def _raw_values(self, text: TextIOWrapper) -> Iterator[Any]:
        """Yield what the values of the file are, but for those that are broken."""
        if self.format == "jsonl":
            lines = (line.strip() for line in text)
            yield from (value for line in lines if (value := first_value(line)) is not None)
            return
        stream = JsonStream(text, self._layout.parts[0].start) if self._layout.parts else JsonStream(text)
        if stream.peek() == "[":
            with suppress(CannotResumeError):
                yield from (value for _, value in values(stream, Beginnings()) if not isinstance(value, Unread))

    def _name_columns(self, row: list[Any], header: bool | None) -> None:
        """Name the columns of records that are lists: by the first of them, or by numbers."""
        names = [value for value in row if isinstance(value, str)]
        detected = len(names) == len(row) and len(set(names)) == len(row) and any(map(is_known_name, names))
        self.header = detected if header is None else header
        self._names = unique_names([str(value) for value in row] if self.header else [""] * len(row))
