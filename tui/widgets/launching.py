"""Making a run's folder and starting its worker: called in a thread, for it waits until the worker holds its lock."""

from __future__ import annotations

from core.errors import ReviewtuiError
from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.launch import launch_worker
from core.runs.request import Request


def launched(request: Request, named: bool) -> RunFolder:
    """Start the run that is asked for. A name that was only suggested is made one that no run has yet.

    Raises:
        ReviewtuiError: the home cannot be written, or the worker could not start.
    """
    if not named:
        request = request.model_copy(update={"name": _free_name(request.name)})
    run = create_run(request)
    launch_worker(run)
    return run


def _free_name(name: str) -> str:
    taken = set()
    for run in list_runs():
        try:
            taken.add(run.request().name)
        except ReviewtuiError:
            continue
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
