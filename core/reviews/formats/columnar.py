"""Parquet, Arrow and Feather files, read batch by batch. They have no lines, so the line of a row is its number.

The fields of records become columns with dotted names, as in JSON (`core.reviews.formats.json.records`); short lists
are written as JSON.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import feather, ipc

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import CHUNK_ROWS, UNDECODABLE, Chunk, Table, Tally, cell, unique_names
from core.reviews.options import ReadingOptions

NESTED = "[…]"
"""Stands for a value in a cell whose content is not read: a map, a long list, or a list of fractions (an embedding)."""
_MAX_DEPTH = 8
_MAX_LIST = 50
_SAMPLE, _SPACES = 200, 2
"""Rows that are looked at for lists of sentences, and the spaces that a sentence has, at least, on average."""
_MAGIC, _FIRST_FEATHER = b"PAR1", b"FEA1"


def open_parquet(file: InputFile, _: ReadingOptions) -> ColumnarTable:
    """Open a Parquet file."""
    return ColumnarTable(file, "parquet")


def open_arrow(file: InputFile, _: ReadingOptions) -> ColumnarTable:
    """Open an Arrow file."""
    return ColumnarTable(file, "arrow")


class ColumnarTable(Table):
    """The `Table` of a Parquet file or an Arrow file (either IPC form)."""

    def __init__(self, file: InputFile, format: str) -> None:
        self.path, self.name, self.format = file.path, file.name, format
        self.notices: list[str] = []
        self.tally = Tally("rows")
        self._read = 0
        try:
            with _opened(self.path, self.format) as (schema, total, _):
                self.columns = unique_names([name for field in schema for name in _names(field)])
                self._classes, self._total = _class_names(schema), total
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._unreadable(error) from error
        self._find_sentences()
        if not self.columns:
            raise InputError(f"{clean_line(self.name)} has no columns; give a file with reviews.")

    def fraction(self) -> float:
        return min(self._read / self._total, 1.0) if self._total else 0.0

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        self._read = 0
        self.tally.reset()
        self.tally.total = self._total
        try:
            with _opened(self.path, self.format) as (schema, total, batches):
                classes = [self._classes.get(name) for name in schema.names]
                for batch in batches:
                    batch.validate(full=True)
                    self.tally.total += 0 if total else batch.num_rows
                    for start in range(0, batch.num_rows, rows):
                        part = batch.slice(start, rows)
                        cells = [
                            _joined(leaf) if name in self._joined else _cells(leaf, known)
                            for name, column, known in zip(schema.names, part.columns, classes, strict=True)
                            for leaf in _leaves(column)
                        ]
                        first = self._read + 1
                        self._read += part.num_rows
                        yield Chunk(range(first, first + part.num_rows), cells)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise self._unreadable(error) from error

    def _find_sentences(self) -> None:
        """Find the columns whose cells are lists of sentences; they are joined, which is said."""
        self._joined: set[str] = set()
        with _opened(self.path, self.format) as (schema, _, batches):
            if not any(pa.types.is_list(kind) or pa.types.is_large_list(kind) for kind in schema.types):
                return
            first = next(batches, None)
        for name, column in zip(schema.names, [] if first is None else first.slice(0, _SAMPLE).columns, strict=False):
            if _are_sentences(column):
                self._joined.add(name)
                self.notices.append(f"The items of each list in “{clean_line(name, 40)}” were joined to one text.")

    def _unreadable(self, error: Exception) -> InputError:
        kind = "Parquet" if self.format == "parquet" else "Arrow"
        if self.format == "parquet" and _is_cut(self.path):
            return InputError(
                f"{clean_line(self.name)} is incomplete: the end of the file is missing; download it again."
            )
        return InputError(f"{clean_line(self.name)} is not a readable {kind} file ({clean_line(error, 120)}).")


class _opened:  # noqa: N801 (a context manager, used as a verb)
    """The schema, the number of rows (0 if unknown) and the record batches of a file."""

    def __init__(self, path: Path, format: str) -> None:
        self._source: Any = None
        if format == "parquet":
            self._source = file = pq.ParquetFile(path)
            self._result = file.schema_arrow, file.metadata.num_rows, file.iter_batches(batch_size=CHUNK_ROWS)
            return
        if _starts_with(path, _FIRST_FEATHER):
            table = _read_first_feather(path)
            self._result = table.schema, table.num_rows, iter(table.to_batches(CHUNK_ROWS))
            return
        self._source = pa.OSFile(str(path))  # not memory-mapped, because another process may be writing to it
        try:
            reader = ipc.open_file(self._source)
            batches = (reader.get_batch(index) for index in range(reader.num_record_batches))
            self._result = reader.schema, 0, batches
        except pa.ArrowInvalid:
            self._source.seek(0)
            stream = ipc.open_stream(self._source)
            self._result = stream.schema, 0, iter(stream)

    def __enter__(self) -> tuple[Any, int, Iterator[Any]]:
        return self._result

    def __exit__(self, *_: object) -> None:
        if self._source is not None:
            self._source.close()


def _starts_with(path: Path, magic: bytes) -> bool:
    with path.open("rb") as file:
        return file.read(len(magic)) == magic


def _read_first_feather(path: Path) -> Any:
    """Return the table of a file in the first version of Feather, which can only be read as a whole."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return feather.read_table(path, memory_map=False)


def _is_cut(path: Path) -> bool:
    """Return whether a Parquet file starts as one and does not end as one."""
    with path.open("rb") as file:
        file.seek(-min(path.stat().st_size, len(_MAGIC)), os.SEEK_END)
        return _starts_with(path, _MAGIC) and file.read() != _MAGIC


def _names(field: Any, above: str = "", depth: int = 1) -> list[str]:
    """Return the names of the columns that a field gives: one, or one for each field of a record."""
    name = f"{above}{field.name}"
    if not pa.types.is_struct(field.type) or depth > _MAX_DEPTH or not field.type.num_fields:
        return [name]
    inner = [field.type.field(index) for index in range(field.type.num_fields)]
    return [one for field in inner for one in _names(field, f"{name}.", depth + 1)]


def _leaves(column: Any, depth: int = 1) -> list[Any]:
    """Return the columns that a column gives, as `_names` does."""
    if not pa.types.is_struct(column.type) or depth > _MAX_DEPTH or not column.type.num_fields:
        return [column]
    return [leaf for inner in column.flatten() for leaf in _leaves(inner, depth + 1)]


def _cells(column: Any, classes: list[str] | None) -> list[str]:
    """Return a column of a batch as cells; `classes` are the names of its integers, if they have any."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _lists(column)
    if pa.types.is_nested(kind):
        return [NESTED if valid else "" for valid in column.is_valid().to_pylist()]
    if classes is not None and pa.types.is_integer(kind):
        return [
            classes[value] if value is not None and 0 <= value < len(classes) else "" for value in column.to_pylist()
        ]
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        try:
            return [value or "" for value in column.to_pylist()]
        except UnicodeDecodeError:
            return [_decoded(value) for value in column.cast(pa.large_binary()).to_pylist()]
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return [_decoded(value) for value in column.to_pylist()]
    return [cell(value) for value in column.to_pylist()]


def _are_sentences(column: Any) -> bool:
    """Return whether a column holds lists of strings with several words each, on average."""
    kind = column.type
    if not (pa.types.is_list(kind) or pa.types.is_large_list(kind)) or not pa.types.is_string(kind.value_type):
        return False
    items = [item for value in column.to_pylist() for item in value or () if item]
    return bool(items) and sum(item.count(" ") for item in items) >= _SPACES * len(items)


def _joined(column: Any) -> list[str]:
    return ["\n".join(filter(None, value or ())) for value in column.to_pylist()]


def _lists(column: Any) -> list[str]:
    """Return a column of lists as cells."""
    inner = column.type.value_type
    if pa.types.is_floating(inner) or pa.types.is_nested(inner):
        return [NESTED if valid else "" for valid in column.is_valid().to_pylist()]
    values = column.to_pylist()
    return ["" if value is None else cell(value) if len(value) <= _MAX_LIST else NESTED for value in values]


def _decoded(value: bytes | None) -> str:
    try:
        return (value or b"").decode()
    except UnicodeDecodeError:
        return (value or b"").decode("utf-8", "ignore") + UNDECODABLE


def _class_names(schema: Any) -> dict[str, list[str]]:
    """Return column → class names, if the `datasets` library has stored them in the metadata of the file."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        found = {name: feature.get("names") for name, feature in features.items() if isinstance(feature, dict)}
    except (KeyError, ValueError, TypeError, AttributeError):
        return {}
    return {name: list(map(str, names)) for name, names in found.items() if isinstance(names, list)}
