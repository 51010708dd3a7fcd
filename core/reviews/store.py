"""The reviews of a source on disk: texts in a memory-mapped Arrow file, labels and hashes next to it.

    rows.arrow      every row with a text: text, file (index), line, units, label (a code; `label_codes.py`), hash, and
                    the columns of the source that pass through to answers
    kept.npy        [N] int64, the rows of rows.arrow that are kept; missing if all are
    labels.npy      [N] int64, class index, −1 for none
    hashes.npy      [N] uint64, hash of the normalized text
    skipped.jsonl   every row left out: file, line, reason, excerpt
    report.json     the report

A folder is built under a temporary name in `$REVIEWTUI_HOME/data`, and renamed when it is complete.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc

from core.base.arrow import large_strings, numbers
from core.base.files import home, open_private, private_folder
from core.reviews.mapped import MappedFile
from core.reviews.options import ReadingOptions
from core.reviews.source_columns import PREFIX

ROWS, KEPT, LABELS, HASHES, SKIPPED, REPORT = (
    "rows.arrow",
    "kept.npy",
    "labels.npy",
    "hashes.npy",
    "skipped.jsonl",
    "report.json",
)
FORMAT_VERSION = 7
BATCH_ROWS = 10_000
_BATCH_CHARACTERS = 32 << 20
_ABANDONED = 24 * 3600.0
_PAGES = 256 << 10
"""Bytes of the file that the system reads, about, when one row is looked at."""
_SCHEMA = pa.schema(
    [
        ("text", pa.large_string()),
        ("file", pa.int32()),
        ("line", pa.int64()),
        ("units", pa.int32()),
        ("label", pa.int32()),
        ("hash", pa.uint64()),
    ]
)


def data_folder() -> Path:
    """Return the folder of all stored sources; create it if it is missing."""
    return private_folder(home() / "data")


def cache_key(parts: object, options: ReadingOptions, labels: list[str] | None) -> str:
    """Return the name of the folder for a source; `parts` identify its files and their state."""
    described = json.dumps([FORMAT_VERSION, parts, options.model_dump(mode="json"), labels], sort_keys=True)
    return hashlib.blake2b(described.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@contextmanager
def building(key: str) -> Iterator[Path]:
    """Yield a private folder to write in. It becomes `data_folder()/key` on success, and is removed on failure."""
    parent = data_folder()
    _sweep(parent)
    folder = private_folder(parent / f".building-{key}-{secrets.token_hex(4)}")
    try:
        yield folder
        place = parent / key
        for _ in range(3):
            try:
                folder.rename(place)
                return
            except OSError:
                if is_complete(place):
                    return
                shutil.rmtree(place, ignore_errors=True)
        folder.rename(place)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_complete(folder: Path) -> bool:
    """Return whether `folder` is complete."""
    return all((folder / name).is_file() for name in (ROWS, LABELS, HASHES, SKIPPED, REPORT))


def open_new(path: Path) -> IO[bytes]:
    """Create a private file, in place of one that is there, and open it for writing."""
    path.unlink(missing_ok=True)
    return os.fdopen(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb")


def save_array(path: Path, array: np.ndarray[Any, Any]) -> None:
    """Write `array` to a private file in NumPy's format."""
    with open_new(path) as file:
        np.save(file, array, allow_pickle=False)


def load_array(path: Path) -> np.ndarray[Any, Any]:
    """Return an array written by `save_array` or an `ArrayWriter`, memory-mapped; pickles are refused."""
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


class ArrayWriter:
    """Writes an array of known length to a private file in NumPy's format, part by part."""

    def __init__(self, path: Path, length: int, kind: type[np.generic]) -> None:
        self._file, self._kind, self._missing = open_new(path), np.dtype(kind), length
        described = {"descr": np.lib.format.dtype_to_descr(self._kind), "fortran_order": False, "shape": (length,)}
        np.lib.format.write_array_header_1_0(self._file, described)

    def add(self, values: np.ndarray[Any, Any]) -> None:
        """Append numbers [N]."""
        self._file.write(np.ascontiguousarray(values, dtype=self._kind).tobytes())
        self._missing -= len(values)

    def close(self) -> None:
        """Complete the file.

        Raises:
            ValueError: It has not the length that was said.
        """
        self._file.close()
        if self._missing:
            raise ValueError(f"{self._missing} values of an array are missing")


class RowWriter:
    """Writes rows.arrow batch by batch."""

    def __init__(self, folder: Path, columns: Sequence[str] = ()) -> None:
        """Args: columns: Columns of the source to store with every row; see `core/reviews/source_columns.py`."""
        self._file = open_new(folder / ROWS)
        self._schema = _SCHEMA
        for name in columns:
            self._schema = self._schema.append(pa.field(PREFIX + name, pa.large_string()))
        self._cells: list[list[str]] = [[] for _ in columns]
        self._writer = ipc.new_file(self._file, self._schema)
        self._clear()
        self.rows = 0

    def _clear(self) -> None:
        self._texts: list[str] = []
        self._files: list[int] = []
        self._lines: list[int] = []
        self._units: list[int] = []
        self._labels: list[int] = []
        self._hashes: list[bytes] = []
        for cells in self._cells:
            cells.clear()
        self._characters = 0

    def add(
        self,
        texts: list[str],
        file: int,
        lines: list[int],
        units: list[int],
        labels: list[int],
        hashes: list[bytes],
        cells: Sequence[list[str]] = (),
    ) -> None:
        """Append rows of one file; each takes `units` of it (see `Tally`), and each hash has 8 bytes.

        Args:
            cells: Of each column of the source that is stored, one cell a row.
        """
        self._texts += texts
        self._files += [file] * len(texts)
        self._lines += lines
        self._units += units
        self._labels += labels
        self._hashes += hashes
        for mine, more in zip(self._cells, cells, strict=True):
            mine.extend(more)
            self._characters += sum(map(len, more))
        self._characters += sum(map(len, texts))
        if len(self._texts) >= BATCH_ROWS // 2 or self._characters > _BATCH_CHARACTERS:
            self._flush()

    def _flush(self) -> None:
        columns = [
            large_strings(self._texts),
            numbers(np.array(self._files, dtype=np.int32)),
            numbers(np.array(self._lines, dtype=np.int64)),
            numbers(np.array(self._units, dtype=np.int32)),
            numbers(np.array(self._labels, dtype=np.int32)),
            numbers(np.frombuffer(b"".join(self._hashes), dtype="<u8")),
            *map(_strings, self._cells),
        ]
        self._writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=self._schema))
        self.rows += len(self._texts)
        self._clear()

    def close(self) -> None:
        """Write the remaining rows and the footer."""
        if self._texts:
            self._flush()
        self._writer.close()
        self._file.close()


def _strings(cells: list[str]) -> Any:
    """Return cells as an array; what is not Unicode in them becomes a question mark."""
    try:
        return large_strings(cells)
    except UnicodeEncodeError:
        return large_strings([cell.encode("utf-8", "replace").decode() for cell in cells])


class RowReader:
    """Reads rows.arrow, memory-mapped: nothing is loaded until it is used, and not for long."""

    def __init__(self, folder: Path) -> None:
        self._file = MappedFile(folder / ROWS)
        reader = ipc.open_file(self._file.buffer)
        self.source_columns = [name.removeprefix(PREFIX) for name in reader.schema.names[len(_SCHEMA) :]]
        """The columns of the source that are stored."""
        self._batches = [reader.get_batch(index) for index in range(reader.num_record_batches)]
        self._ends = np.cumsum([batch.num_rows for batch in self._batches], dtype=np.int64)
        self._file.release()

    def __len__(self) -> int:
        return int(self._ends[-1]) if len(self._ends) else 0

    def find(self, row: int) -> tuple[Any, int]:
        """Return the batch that contains `row`, and its index there."""
        self._file.touched(_PAGES)
        number = int(np.searchsorted(self._ends, row, side="right"))
        batch = self._batches[number]
        return batch, row - (int(self._ends[number]) - batch.num_rows)

    def slice(self, row: int, most: int) -> list[str]:
        """Return the texts of `row` and of rows that follow, `most` at most and one at least."""
        batch, index = self.find(row)
        part = batch.column("text").slice(index, most)
        self._file.touched(part.nbytes)
        return list(part.to_pylist())

    def batches(self) -> Iterator[tuple[int, Any]]:
        """Yield all batches, each with the number of its first row; a batch is in memory until the next one."""
        for end, batch in zip(self._ends.tolist(), self._batches, strict=True):
            yield end - batch.num_rows, batch
            self._file.touched(batch.nbytes)

    def text_sizes(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """Return the size of each text in bytes."""
        sizes = np.empty(len(self), dtype=np.int64)
        for begin, batch in self.batches():
            sizes[begin : begin + batch.num_rows] = pc.binary_length(batch.column("text"))
        return sizes


def numbers_of(batch: Any, name: str) -> np.ndarray[Any, Any]:
    """Return a column of numbers of a batch, without a copy."""
    kind: np.dtype[Any] = np.dtype(_SCHEMA.field(name).type.to_pandas_dtype())
    return np.frombuffer(batch.column(name).buffers()[1], kind, batch.num_rows)


def _sweep(parent: Path) -> None:
    """Remove incomplete folders that a crash left more than a day ago."""
    for left in parent.glob(".building-*"):
        with suppress(OSError):
            if time.time() - left.stat().st_mtime > _ABANDONED:
                shutil.rmtree(left) if left.is_dir() else left.unlink()
