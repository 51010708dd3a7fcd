"""Detects whether a run is training on this machine, so that other work can give way to it."""

from __future__ import annotations

import time

from core.runs.folder import RunFolder, list_runs
from core.runs.lock import living_worker

_RECENT_SECONDS = 60.0
"""A run whose journal is older than this is not training: a worker records its memory about once per second."""


def is_training() -> bool:
    """Return whether a worker of this home trains on this machine now. Cheap enough to ask several times a second."""
    return any(_is_active(run) for run in list_runs())


def active_runs() -> list[RunFolder]:
    """Return the runs that a worker of this home trains on this machine now; as cheap."""
    return [run for run in list_runs() if _is_active(run)]


def _is_active(run: RunFolder) -> bool:
    try:
        silent = time.time() - run.lock.stat().st_mtime
        if silent > _RECENT_SECONDS:
            silent = time.time() - run.journal.stat().st_mtime
    except OSError:  # no worker was ever started
        return False
    if silent > _RECENT_SECONDS:
        return False
    worker = living_worker(run.lock)
    return worker is not None and worker.is_here
