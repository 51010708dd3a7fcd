"""Finds the run whose model is imitated."""

from __future__ import annotations

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.folder import RunFolder, is_run_id, runs_home
from core.runs.outline import Distillation


def teacher_of(asked: Distillation) -> RunFolder:
    """Return the run of the teacher.

    Raises:
        InputError: It has no model, or was deleted.
    """
    run = RunFolder(runs_home() / asked.teacher)
    if not is_run_id(asked.teacher) or not (run.model / "config.json").is_file():
        raise InputError(
            f"The run {clean_line(asked.teacher, 40)} whose model is imitated has none, or was deleted; restore it, or "
            "distil another."
        )
    return run
