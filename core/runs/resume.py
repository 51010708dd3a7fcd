"""Which runs can be resumed, and those that a reboot or a kill interrupted."""

from __future__ import annotations

from core.base.errors import InputError
from core.runs.folder import RunFolder, list_runs
from core.runs.queue import enqueue, start_next
from core.runs.status import OVER
from core.runs.summary import summarize


def require_resumable(run: RunFolder) -> None:
    """Raise an InputError if the run has a worker, has nothing left to do, or its settings cannot be read."""
    summary = summarize(run)
    if summary.state == "unresponsive":
        raise InputError(f"{run.id} is unresponsive; wait, or end it with `kill -9 {summary.pid}` and resume it then.")
    if summary.state == "queued":
        raise InputError(f"{run.id} waits in the queue; `reviewtui queue` shows its place.")
    if summary.state not in OVER or summary.state == "finished":
        raise InputError(f"{run.id} is {summary.state}; there is nothing to resume.")
    run.request()


def interrupted_runs() -> list[RunFolder]:
    """Return the interrupted runs, the oldest first."""
    return [run for run in reversed(list_runs()) if _is_interrupted(run)]


def queue_interrupted() -> list[RunFolder]:
    """Put every interrupted run into the queue, the oldest first, start the first unless a run trains, and return all.

    Raises:
        ReviewtuiError: The home cannot be written, or none of them could start.
    """
    runs = interrupted_runs()
    enqueue(runs)
    start_next()
    return runs


def _is_interrupted(run: RunFolder) -> bool:
    try:
        return summarize(run).state == "interrupted"
    except OSError:  # deleted meanwhile
        return False
