"""Resumes runs that ended before their last step, and finds those that a reboot or a kill interrupted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.base.errors import InputError, ReviewtuiError
from core.runs.folder import RunFolder, list_runs
from core.runs.launch import Launched, launch_worker
from core.runs.status import OVER
from core.runs.summary import summarize


@dataclass(frozen=True)
class Resumed:
    """The result of resuming one of several runs."""

    run: RunFolder
    launched: Launched | None
    """Its new worker; None if it could not be resumed."""
    why_not: str = ""
    """Why it could not be resumed; empty if it was."""


def resume_run(run: RunFolder) -> Launched:
    """Start a worker that continues from the last checkpoint.

    Raises:
        InputError: The run has a worker, has nothing left to do, or its settings cannot be read.
        ReviewtuiError: The worker could not start.
    """
    summary = summarize(run)
    if summary.state == "unresponsive":
        raise InputError(f"{run.id} is unresponsive; wait, or end it with `kill -9 {summary.pid}` and resume it then.")
    if summary.state not in OVER or summary.state == "finished":
        raise InputError(f"{run.id} is {summary.state}; there is nothing to resume.")
    run.request()
    return launch_worker(run, resume=True)


def interrupted_runs() -> list[RunFolder]:
    """Return the interrupted runs, the oldest first."""
    return [run for run in reversed(list_runs()) if _is_interrupted(run)]


def resume_interrupted() -> Iterator[Resumed]:
    """Resume every interrupted run, the oldest first. A run that cannot be resumed does not stop the others.

    All of them train at the same time: nothing waits for the one before to end.
    """
    for run in interrupted_runs():
        try:
            resumed = Resumed(run, resume_run(run))
        except (OSError, ReviewtuiError) as error:
            resumed = Resumed(run, None, str(error))
        yield resumed


def _is_interrupted(run: RunFolder) -> bool:
    try:
        return summarize(run).state == "interrupted"
    except OSError:  # deleted meanwhile
        return False
