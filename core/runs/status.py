"""The current state of a run: from its final record, or, without one, from whether its worker is alive and active.

A worker is dead if its lock says so, and stuck if its heartbeat has stopped.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from core.runs.folder import RunFolder
from core.runs.heartbeat import unresponsive_since
from core.runs.history import RunHistory
from core.runs.lock import Holder, living_worker
from core.runs.queue_entry import read_entry
from core.runs.records import EndRecord, FinishedRecord, StoppedRecord

State = Literal[
    "queued", "starting", "running", "paused", "unresponsive", "finished", "stopped", "failed", "interrupted"
]

OVER: tuple[State, ...] = ("finished", "stopped", "failed", "interrupted")
"""States in which no worker is alive."""

_STARTUP_SECONDS = 20.0
"""How long a new worker may take to appear."""


@dataclass(frozen=True)
class RunStatus:
    """The current state of a run."""

    state: State
    worker: Holder | None = None
    """The worker of the run; None if there is none."""
    unresponsive_since: float | None = None
    """Since when, in seconds since 1970, its living worker has been silent."""


def run_status(run: RunFolder, history: RunHistory, now: float | None = None, awake: float | None = None) -> RunStatus:
    """Return the current state of a run.

    Args:
        now: Seconds since 1970; awake: seconds that this machine has been awake since it booted. None for the present.
    """
    now = time.time() if now is None else now
    entry = read_entry(run.queue_entry)
    if history.end is not None and (entry is None or entry.is_over(history.end)):
        return RunStatus(_ended_state(history.end))
    worker = living_worker(run.lock, run.journal, now)
    if worker is None and entry is not None:
        return RunStatus("queued")
    if history.end is not None:
        return RunStatus(_ended_state(history.end))
    if worker is not None:
        since = _unresponsive_since(history, worker, now, time.monotonic() if awake is None else awake)
        return RunStatus(_living_state(history) if since is None else "unresponsive", worker, since)
    if history.workers == 0 and now - run.path.stat().st_mtime < _STARTUP_SECONDS:
        return RunStatus("starting")
    return RunStatus("interrupted")


def state_of(run: RunFolder, history: RunHistory, now: float | None = None) -> State:
    """Return the state of a run; see `run_status`."""
    return run_status(run, history, now).state


def _ended_state(end: EndRecord) -> State:
    if isinstance(end, FinishedRecord):
        return "finished"
    return "stopped" if isinstance(end, StoppedRecord) else "failed"


def _living_state(history: RunHistory) -> State:
    if history.paused:
        return "paused"
    return "running" if history.plan is not None else "starting"


def _unresponsive_since(history: RunHistory, worker: Holder, now: float, awake: float) -> float | None:
    if history.sign is None or history.last_time is None:
        return None
    phase = history.phase
    return unresponsive_since(
        history.sign,
        history.last_time,
        quiet=phase is None or (phase.name != "training" and phase.fraction is None),
        longest_step=history.longest_step,
        now=now,
        awake=awake if worker.is_here else None,
    )
