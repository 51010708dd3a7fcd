"""The journal of a run: `events.jsonl`, append-only, one writer, one checksummed record a line.

A record is a JSON object: `kind`, `time` (seconds since 1970), what the kind says (core/runs/records.py), and last
`crc32`, the checksum of the line up to it. A record is one `write`, so a reader sees all of it or none; a tail torn by
a crash fails its checksum, is passed over by readers and cut off by the next writer.
"""

from __future__ import annotations

import errno
import json
import os
import threading
import time
import zlib
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.base.files import open_private
from core.runs.records import Record, fits_its_kind

_TRIES_AT_THE_END, _TRY_SECONDS = 60, 1.0

_MARK = b', "crc32": "'


def encode(record: Record) -> bytes:
    """One line of the journal: the record with its checksum."""
    body = json.dumps(_finite(record), ensure_ascii=True, allow_nan=False).encode()[:-1]
    return body + _MARK + f"{zlib.crc32(body):08x}".encode() + b'"}\n'


def decode(line: bytes) -> Record | None:
    """What stands on one line; None if it is torn or damaged."""
    body, mark, tail = line.rpartition(_MARK)
    if not mark or tail != f'{zlib.crc32(body):08x}"}}'.encode():
        return None
    try:
        record: Record = json.loads(body + b"}")
    except (ValueError, RecursionError):
        return None
    return record


def record_of(line: bytes) -> Record | None:
    """The record of one line; None if it is torn or damaged, or says what no worker says."""
    record = decode(line)
    return record if record is not None and fits_its_kind(record) else None


def _finite(value: Any) -> Any:
    """JSON has no NaN or infinity: they are written as the strings 'nan', 'inf' and '-inf'."""
    if isinstance(value, float):
        return value if abs(value) < float("inf") else str(value)
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    return value


class JournalWriter:
    """Appends records. Safe to share between the threads of the one process that holds the run's lock.

    A record that the disk does not take (it is full, or read-only for a while) is held, and goes before the next one:
    what a run has to say about itself is no reason to end it.
    """

    def __init__(
        self,
        path: Path,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._held: deque[bytes] = deque()
        self._mutex = threading.Lock()
        self._descriptor = open_private(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
        os.ftruncate(self._descriptor, _whole_length(self._descriptor))

    def write(self, kind: str, /, *, sync: bool = False, **fields: Any) -> bool:
        """Append one record with one `write`; with `sync` it is on the disk when this returns.

        Returns:
            Whether that is so; else the record is held. Readings of memory, of which the next second has another, are
            not.
        """
        line = encode({"kind": kind, "time": round(self._clock(), 3), **fields})
        with self._mutex:
            if not (self._held and kind == "memory"):
                self._held.append(line)
            return self._flush(sync)

    def sync(self) -> bool:
        """Have all records so far on the disk; says whether they are."""
        with self._mutex:
            return self._flush(sync=True)

    def close(self) -> bool:
        """Sync and close, once the disk has taken what is held or has refused it for long. Says whether it has."""
        for _ in range(_TRIES_AT_THE_END):
            if self.sync():
                break
            self._sleep(_TRY_SECONDS)
        os.close(self._descriptor)
        return not self._held

    def _flush(self, sync: bool) -> bool:
        try:
            while self._held:
                self._append(self._held[0])
                self._held.popleft()
            if sync:
                os.fsync(self._descriptor)
        except OSError:
            return False
        return True

    def _append(self, line: bytes) -> None:
        written = os.write(self._descriptor, line)
        if written < len(line):  # nothing of it may stay, so that the next one begins a line of its own
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _whole_length(descriptor: int, block: int = 1 << 16) -> int:
    """Bytes of the journal up to the end of its last whole line."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(end - block, 0)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


class JournalReader:
    """Reads a journal from its beginning, then whatever has been added since. Any number may read at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.damaged = 0
        """Whole lines that failed their checksum, or say what no worker says."""

    def read_new(self) -> list[Record]:
        """The records appended since the last call, in order; a half-written last line waits for the next call."""
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._offset:  # another file took its place
                    self._offset = 0
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            return []
        whole = data.rfind(b"\n") + 1
        self._offset += whole
        records = []
        for line in data[:whole].splitlines():
            record = record_of(line)
            if record is None:
                self.damaged += 1
            else:
                records.append(record)
        return records
