"""The answers so far, in chunks: a data file with their bytes, and an index with one line per chunk.

A line of the index is in the format of the journal, with the chunk's `rows`, `bytes` and `data_crc32`, and how many
reviews got each label. A chunk counts if its line is complete, its bytes have that checksum, and all chunks before it
count. Whatever a crash leaves incomplete is cut off by the next writer. Both files are synced about once a second, data
first.
"""

from __future__ import annotations

import os
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from core.base.checked_lines import decode, encode
from core.base.files import open_private

_SYNC_SECONDS = 1.0
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Chunk:
    """Some answers in the data file."""

    rows: int
    start: int
    """Offset of its first byte."""
    size: int
    """Bytes."""
    labels: dict[str, int]
    """How many reviews got each label."""
    line: int
    """Bytes of its line in the index."""


@dataclass
class Totals:
    """Sums over the intact chunks of a data file."""

    rows: int = 0
    size: int = 0
    """Bytes in the data file."""
    index_size: int = 0
    """Bytes in the index."""
    labels: Counter[str] = field(default_factory=Counter)

    def add(self, chunk: Chunk) -> None:
        self.rows += chunk.rows
        self.size += chunk.size
        self.index_size += chunk.line
        self.labels.update(chunk.labels)


def intact_chunks(index: Path, data: Path) -> Iterator[Chunk]:
    """Yield the intact chunks in order, up to the first that is damaged; none if a file is missing."""
    if not (index.is_file() and data.is_file()):
        return
    with index.open("rb") as lines, data.open("rb") as content:
        start = 0
        for line in lines:
            record = decode(line[:-1]) if line.endswith(b"\n") else None
            if record is None or _crc(content, record["bytes"]) != record["data_crc32"]:
                return
            yield Chunk(record["rows"], start, record["bytes"], record["labels"], len(line))
            start += record["bytes"]


def totals_of(index: Path, data: Path) -> Totals:
    """Return the totals of the intact chunks of `data`."""
    found = Totals()
    for chunk in intact_chunks(index, data):
        found.add(chunk)
    return found


class ChunkLog:
    """The writer of both files. When it opens them, it cuts off what is damaged."""

    def __init__(self, index: Path, data: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.index, self.data = index, data
        self._done = totals_of(index, data)
        self._clock = clock
        self._data = open_private(data, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._index = open_private(index, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.ftruncate(self._data, self._done.size)
        os.ftruncate(self._index, self._done.index_size)
        self.sync()

    @property
    def rows(self) -> int:
        """Rows done so far."""
        return self._done.rows

    @property
    def labels(self) -> Counter[str]:
        """How many reviews got each label."""
        return self._done.labels

    def append(self, content: bytes, rows: int, labels: Mapping[str, int]) -> None:
        """Add a chunk of `rows` answers.

        Raises:
            OSError: The chunk cannot be written, and does not count.
        """
        fields = {"rows": rows, "bytes": len(content), "data_crc32": zlib.crc32(content), "labels": dict(labels)}
        line = encode(fields)
        _write_all(self._data, content)
        _write_all(self._index, line)
        self._done.add(Chunk(rows, self._done.size, len(content), dict(labels), len(line)))
        if self._clock() - self._synced >= _SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Make all chunks so far durable."""
        os.fsync(self._data)
        os.fsync(self._index)
        self._synced = self._clock()

    def contents(self) -> Iterator[tuple[Chunk, bytes]]:
        """Yield the chunks with their bytes, one at a time."""
        with self.data.open("rb") as content:
            for chunk in intact_chunks(self.index, self.data):
                content.seek(chunk.start)
                yield chunk, content.read(chunk.size)

    def close(self) -> None:
        """Close both files."""
        os.close(self._data)
        os.close(self._index)


def _crc(content: IO[bytes], size: int) -> int | None:
    """Return the checksum of the next `size` bytes; None if there are fewer."""
    crc = 0
    while size:
        block = content.read(min(size, _BLOCK))
        if not block:
            return None
        crc = zlib.crc32(block, crc)
        size -= len(block)
    return crc


def _write_all(descriptor: int, content: bytes) -> None:
    remaining = memoryview(content)
    while remaining:
        remaining = remaining[os.write(descriptor, remaining) :]
