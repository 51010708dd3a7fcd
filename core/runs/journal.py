"""The journal of a run: `events.jsonl`, append-only, one writer, one checksummed record a line.

A line holds a record's `kind`, its `time`, the fields that its kind declares (core/runs/records.py), and a checksum
(core/base/checked_lines.py). A record is one `write`, so a reader sees all of it or none; a tail torn by a crash fails
its checksum, is skipped by readers and cut off by the next writer.
"""

from __future__ import annotations

import errno
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import msgspec

from core.base.checked_lines import checked, encode
from core.base.files import open_private
from core.runs.records import MemoryRecord, Record, from_json, to_fields

_CLOSING_TRIES, _RETRY_SECONDS = 60, 1.0


def record_of(line: bytes) -> Record | None:
    """Return the record on a line; None if the line is damaged or does not match its declaration."""
    whole = checked(line)
    try:
        return from_json(whole) if whole is not None else None
    except (ValueError, RecursionError):
        return None


def line_of(record: Record) -> bytes:
    """Return the line that holds a record.

    Raises:
        ValueError: A reader would refuse it.
    """
    line = encode(to_fields(record))
    from_json(checked(line[:-1]) or b"")
    return line


class JournalWriter:
    """Appends records. Safe to share between the threads of the one process that holds the run's lock.

    A record that cannot be written, because the disk is full or read-only for a while, is held and goes before the
    next one: a run does not end because it cannot report on itself.
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

    def write(self, record: Record, *, sync: bool = False) -> bool:
        """Stamp a record with the time and append it with one `write`; with `sync` it is on the disk on return.

        Returns:
            Whether that is so; otherwise the record is held. Memory records are not, since the next second brings
            another.

        Raises:
            ValueError: The record does not match its declaration.
        """
        line = line_of(msgspec.structs.replace(record, time=round(self._clock(), 3)))
        with self._mutex:
            if not (self._held and isinstance(record, MemoryRecord)):
                self._held.append(line)
            return self._flush(sync)

    def sync(self) -> bool:
        """Sync all records so far; return whether that succeeded."""
        with self._mutex:
            return self._flush(sync=True)

    def close(self) -> bool:
        """Write the held records, retrying for a minute, sync and close. Return whether all were written."""
        for _ in range(_CLOSING_TRIES):
            if self.sync():
                break
            self._sleep(_RETRY_SECONDS)
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
        if written < len(line):  # remove the incomplete line, so that the next record begins a new one
            os.ftruncate(self._descriptor, os.fstat(self._descriptor).st_size - written)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _whole_length(descriptor: int, block: int = 1 << 16) -> int:
    """Return the size of the journal up to the end of its last complete line, in bytes."""
    end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(end - block, 0)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            return start + newline + 1
        end = start
    return 0


class JournalReader:
    """Reads a journal from its beginning, then what is appended. Any number of readers can read at the same time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self.damaged = 0
        """Number of complete lines that failed their checksum or do not match the declaration of their kind."""
        self.share = 1.0
        """The share of the journal, as large as it was at the last call, that has been read."""

    def read_new(self, most: int | None = None) -> list[Record]:
        """Return the records appended since the last call, in order; a half-written last line waits for the next.

        Args:
            most: About how many bytes to read now; None for all there are.
        """
        try:
            with self._path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < self._offset:  # another file took its place
                    self._offset = 0
                file.seek(self._offset)
                data = file.read(most) + (file.readline() if most is not None else b"")
                self.share = file.tell() / size if size else 1.0
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
