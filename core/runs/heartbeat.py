"""The pulse of a worker: its main thread says that it goes on, and whoever looks can tell for how long it has not.

A beat stores one number, so it costs nothing where it is said for every micro-batch. The clock does not run while the
machine sleeps: a laptop that wakes up finds its run as it left it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class Heartbeat:
    """When the main thread gave its last sign."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = clock()

    def beat(self) -> None:
        """Say that work goes on."""
        self._last = self._clock()

    def read(self) -> dict[str, float]:
        """For the journal: `idle`, seconds since the last beat; `awake`, those the machine was awake since its boot."""
        now = self._clock()
        return {"idle": round(now - self._last, 1), "awake": round(now, 1)}


_IDLE_SECONDS, _STEPS = 60.0, 10.0
"""A main thread may be silent so long, and so many times the longest time that two steps were apart."""
_QUIET_SECONDS = 600.0
"""The same in phases that have no middle in which to give a sign: loading libraries and the model, saving."""
_SILENT_SECONDS = 30.0
"""A worker writes a record about every second; a journal silent for so long says that all of it stands still."""
_ROUNDED = 0.1
"""Seconds by which a reading in the journal may be ahead of this machine's clock: it is rounded."""


def unresponsive_since(
    sign: dict[str, Any],
    last: float,
    *,
    quiet: bool,
    longest_step: float,
    now: float,
    awake: float | None,
) -> float | None:
    """Since when (seconds since 1970) a worker that lives gives no sign; None for one that does.

    Args:
        sign: the last record with a reading of its pulse: what `Pulse.read` gave, and `kind` and `time`.
        last: time of its last record of any kind.
        quiet: whether it is in a phase without a middle.
        longest_step: seconds that two steps were apart at most.
        now: seconds since 1970; awake: this machine's, if the worker is here: its silence does not count sleep.
    """
    idle = float(sign.get("idle", 0.0))
    if idle > max(_IDLE_SECONDS, _STEPS * longest_step, _QUIET_SECONDS if quiet else 0.0):
        return float(sign["time"]) - idle
    silence = abs(now - last)  # a clock that was set back must not hide it
    if awake is not None and awake >= sign["awake"] - _ROUNDED:
        silence = min(silence, max(awake - sign["awake"], 0.0))
    allowed = _QUIET_SECONDS if sign["kind"] == "started" else _SILENT_SECONDS * (1 if awake is not None else 2)
    return last if silence > allowed else None
