"""Going on with a run that ended before its last step, and finding those that a reboot or a kill interrupted."""

from __future__ import annotations

from core.base.errors import InputError
from core.runs.folder import RunFolder, list_runs
from core.runs.launch import Launched, launch_worker
from core.runs.status import OVER
from core.runs.summary import summarize


def resume_run(run: RunFolder) -> Launched:
    """Start a worker that goes on from the last checkpoint.

    Raises:
        InputError: the run has a worker, or nothing left to do; its settings cannot be read.
        ReviewtuiError: the worker could not start.
    """
    summary = summarize(run)
    if summary.state == "unresponsive":
        raise InputError(f"{run.id} is unresponsive; wait, or end it with `kill -9 {summary.pid}` and resume it then.")
    if summary.state not in OVER or summary.state == "finished":
        raise InputError(f"{run.id} is {summary.state}; there is nothing to resume.")
    run.request()
    return launch_worker(run, resume=True)


def interrupted_runs() -> list[RunFolder]:
    """Runs whose worker died without a word, the oldest first."""
    return [run for run in reversed(list_runs()) if summarize(run).state == "interrupted"]
