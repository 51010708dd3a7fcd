"""Making a run's folder and starting its worker: called in a thread, for it waits until the worker holds its lock."""

from __future__ import annotations

import json

from pydantic import BaseModel

from core.base.errors import ReviewtuiError
from core.base.files import write_json
from core.runs.folder import RunFolder, create_run, list_runs
from core.runs.launch import launch_worker
from core.runs.logout import Detachment
from core.runs.request import Request


def start_run(request: Request, named: bool, foretold: BaseModel | None = None) -> tuple[RunFolder, Detachment]:
    """Start the run that is asked for. A name that was only suggested is made one that no run has yet.

    What was foretold of it is written down beside it, to be shown beside what it then takes.

    Raises:
        ReviewtuiError: the home cannot be written, or the worker could not start.
    """
    if not named:
        request = request.model_copy(update={"name": _free_name(request.name)})
    run = create_run(request)
    if foretold is not None:
        write_json(run.forecast, foretold.model_dump(mode="json"))
    return run, launch_worker(run).detachment


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


def forecast_peak_bytes(run: RunFolder) -> int | None:
    """The peak that was foretold of a run; None where nothing was, or nothing that can be read."""
    try:
        found = json.loads(run.forecast.read_text(encoding="utf-8"))["peak_bytes"]
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return found if isinstance(found, int) and found > 0 else None
