"""The heartbeat of a worker: its main thread reports progress, and a reader can tell for how long it has not.

A beat stores one number, so it costs nothing even once per micro-batch. The clock stands still while the machine
sleeps, so a laptop that wakes up does not find its run called stuck.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

from core.runs.records import MemoryRecord, StartedRecord


class Pulse(NamedTuple):
    """One reading of a heartbeat, for the journal."""

    idle: float
    """Seconds since the last beat."""
    awake: float
    """Seconds that the machine has been awake since it booted."""


class Heartbeat:
    """The time of the main thread's last beat."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """Report that the main thread makes progress."""
        self._last = self._clock()

    def read(self) -> Pulse:
        """Return how long ago the last beat was."""
        now = self._clock()
        return Pulse(round(now - self._last, 1), round(now, 1))


_IDLE_SECONDS, _IDLE_STEPS = 60.0, 10.0
"""How long a main thread may be silent: these seconds, or this multiple of the longest step if that is longer."""
_QUIET_SECONDS = 600.0
"""The same in phases without beats: loading libraries and the model, saving."""
_SILENT_SECONDS = 30.0
"""How long a journal may be silent. A worker writes a record about every second, so silence means that it is stuck."""
_ROUNDING_SECONDS = 0.1
"""How far a reading in the journal may be ahead of this machine's clock, since it is rounded."""


def unresponsive_since(
    sign: StartedRecord | MemoryRecord,
    last: float,
    *,
    quiet: bool,
    longest_step: float,
    now: float,
    awake: float | None,
) -> float | None:
    """Return since when (in seconds since 1970) a living worker has been silent; None if it is not.

    Args:
        sign: The latest record with a reading of its heartbeat.
        last: Time of its latest record of any kind.
        quiet: Whether it is in a phase without beats.
        longest_step: The longest time between two steps, in seconds.
        now: Seconds since 1970.
        awake: Seconds that this machine has been awake since it booted, because time asleep does not count; None if
            the worker is on another host.
    """
    if isinstance(sign, MemoryRecord):
        allowed = max(_IDLE_SECONDS, _IDLE_STEPS * longest_step, _QUIET_SECONDS if quiet else 0.0)
        if sign.idle > allowed:
            return sign.time - sign.idle
    silence = abs(now - last)  # a clock that was set back must not hide it
    if awake is not None and awake >= sign.awake - _ROUNDING_SECONDS:
        silence = min(silence, max(awake - sign.awake, 0.0))
    if isinstance(sign, StartedRecord):
        return last if silence > _QUIET_SECONDS else None
    return last if silence > _SILENT_SECONDS * (1 if awake is not None else 2) else None
