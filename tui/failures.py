"""Unexpected errors: they are written to crash.log and reported in one sentence, never swallowed.

A Textual worker with `exit_on_error=False` ends silently when it raises. `ReportingWorkers` notifies the app of each
worker that does, whichever screen or widget started it.
"""

from __future__ import annotations

import traceback
from pathlib import Path
from typing import Any, Protocol, cast

from textual.worker import Worker, WorkerState
from textual.worker_manager import WorkerManager

from core.base.errors import ReviewtuiError
from core.base.files import home, private_folder, write_whole
from core.base.text import clean, clean_line


def write_crash_log(error: BaseException) -> Path:
    """Write the traceback of an unexpected error to crash.log, and return its path.

    Raises:
        ReviewtuiError: The home cannot be written to.
    """
    log = private_folder(home()) / "crash.log"
    write_whole(log, clean("".join(traceback.format_exception(error))))
    return log


def failure_sentence(error: BaseException) -> str:
    """Log an unexpected error, and return a message about it."""
    words = f"An unexpected {type(error).__name__}: {clean_line(error, 200)}"
    try:
        return f"{words} ({write_crash_log(error)} has the details)"
    except ReviewtuiError:
        return words


class _Tells(Protocol):
    def worker_failed(self, worker: Worker[Any]) -> None: ...


class ReportingWorkers(WorkerManager):
    """A worker manager that calls the app's `worker_failed` for each worker that fails without ending the app."""

    def _remove_worker(self, worker: Worker[Any]) -> None:
        super()._remove_worker(worker)
        if worker.state is WorkerState.ERROR and not worker.exit_on_error:
            cast(_Tells, self._app).worker_failed(worker)
