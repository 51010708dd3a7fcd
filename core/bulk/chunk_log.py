"""The chunks of answers that are done: their bytes one after the other in a data file, a line each in an index.

A line of the index is in the journal's format, with the chunk's `rows`, `bytes`, `data_crc32` and how many reviews
got each label. A chunk counts if its line is whole and its bytes have that checksum, and all before it count: so
whatever a crash tears, doubles or leaves unwritten is cut off by the next writer. Both files are synced about every
second, data first.
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
    """Where its bytes begin."""
    size: int
    """Bytes."""
    labels: dict[str, int]
    """How many reviews got each label."""
    line: int
    """Bytes of its line in the index."""


@dataclass
class Whole:
    """What the whole chunks of a data file come to."""

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


def whole_chunks(index: Path, data: Path) -> Iterator[Chunk]:
    """The chunks that are whole, in order, up to the first that is not; a file that is not there has none."""
    if not (index.is_file() and data.is_file()):
        return
    with index.open("rb") as lines, data.open("rb") as content:
        start = 0
        for line in lines:
            said = decode(line[:-1]) if line.endswith(b"\n") else None
            if said is None or _crc(content, said["bytes"]) != said["data_crc32"]:
                return
            yield Chunk(said["rows"], start, said["bytes"], said["labels"], len(line))
            start += said["bytes"]


def is_whole(index: Path, data: Path) -> Whole:
    """What of `data` is whole by `index`."""
    found = Whole()
    for chunk in whole_chunks(index, data):
        found.add(chunk)
    return found


class ChunkLog:
    """The writer of both files. What is not whole is cut off when it opens them."""

    def __init__(self, index: Path, data: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self.index, self.data = index, data
        self._done = is_whole(index, data)
        self._clock = clock
        self._data = open_private(data, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        self._index = open_private(index, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.ftruncate(self._data, self._done.size)
        os.ftruncate(self._index, self._done.index_size)
        self.sync()

    @property
    def rows(self) -> int:
        """Rows that are done."""
        return self._done.rows

    @property
    def labels(self) -> Counter[str]:
        """How many reviews got each label."""
        return self._done.labels

    def append(self, content: bytes, rows: int, labels: Mapping[str, int]) -> None:
        """Add a chunk of `rows` answers.

        Raises:
            OSError: it cannot be written; what there is of it does not count.
        """
        fields = {"rows": rows, "bytes": len(content), "data_crc32": zlib.crc32(content), "labels": dict(labels)}
        line = encode(fields)
        _write_all(self._data, content)
        _write_all(self._index, line)
        self._done.add(Chunk(rows, self._done.size, len(content), dict(labels), len(line)))
        if self._clock() - self._synced >= _SYNC_SECONDS:
            self.sync()

    def sync(self) -> None:
        """Make what is done durable."""
        os.fsync(self._data)
        os.fsync(self._index)
        self._synced = self._clock()

    def contents(self) -> Iterator[tuple[Chunk, bytes]]:
        """The chunks with their bytes, one at a time."""
        with self.data.open("rb") as content:
            for chunk in whole_chunks(self.index, self.data):
                content.seek(chunk.start)
                yield chunk, content.read(chunk.size)

    def close(self) -> None:
        """Let go of both files."""
        os.close(self._data)
        os.close(self._index)


def _crc(content: IO[bytes], size: int) -> int | None:
    """The checksum of the next `size` bytes; None if there are not as many."""
    crc = 0
    while size:
        block = content.read(min(size, _BLOCK))
        if not block:
            return None
        crc = zlib.crc32(block, crc)
        size -= len(block)
    return crc


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
