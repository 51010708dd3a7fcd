"""A run's entry in the queue: `queue.json` in its folder, which exists from the moment it queues until its worker ends.

Because the entry outlives the start of the worker, a run that a reboot or a kill interrupts keeps its place.
"""

from __future__ import annotations

import socket
import time
from pathlib import Path

import msgspec

from core.runs.records import EndRecord


class QueueEntry(msgspec.Struct, frozen=True, kw_only=True):
    """A run's place in the queue of one machine, and what its worker is to do."""

    position: int
    """Runs with lower positions start first."""
    since: float
    """When the run was queued, in seconds since 1970."""
    host: str
    """The machine that the run waits for."""
    extend: int | None = None
    """The new total number of epochs if the run is to be extended; None to start or resume it."""

    @property
    def is_here(self) -> bool:
        """Whether the run waits for this machine."""
        return self.host == socket.gethostname()

    def is_over(self, end: EndRecord | None) -> bool:
        """Return whether the run has ended since it was queued: its worker died before it removed the entry."""
        return end is not None and end.time >= self.since


def new_entry(position: int, extend: int | None) -> QueueEntry:
    """Return an entry for a run that is queued on this machine now."""
    return QueueEntry(position=position, since=time.time(), host=socket.gethostname(), extend=extend)


def read_entry(file: Path) -> QueueEntry | None:
    """Return the entry in a run's `queue.json`; None if the run is not queued, or the file is damaged."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=QueueEntry)
    except (OSError, ValueError, RecursionError):
        return None
