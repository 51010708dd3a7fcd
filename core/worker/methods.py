"""Which work each method of a run is: the one place that knows all of them."""

from __future__ import annotations

import threading

from core.runs.control import ControlReader
from core.runs.folder import RunFolder
from core.runs.journal import JournalWriter
from core.worker.work import Work


def work_of(run: RunFolder, journal: JournalWriter, control: ControlReader, terminated: threading.Event) -> Work:
    """Return the work that the settings.toml of a run asks for; loads only what that needs.

    Args:
        terminated: Set by SIGTERM, which means stop and save.

    Raises:
        ReviewtuiError: settings.toml is missing or damaged.
    """
    method = run.request().method
    if method == "baseline":
        from core.worker.baseline import BaselineWork

        return BaselineWork(run, journal, control, terminated)
    if method == "distillation":
        from core.worker.distillation import DistillationWork

        return DistillationWork(run, journal, control, terminated)
    from core.worker.session import Session

    return Session(run, journal, control, terminated)
