"""The request of the run that learns from decisions: its parent's settings, on the data of a lesson."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.learning.lesson import LessonFolder
from core.reviews.options import ReadingOptions
from core.runs.folder import RunFolder
from core.runs.model_labels import labels_of_model
from core.runs.names import require_unused, unused_name
from core.runs.notes import hypothesis_line
from core.runs.provenance import read_provenance
from core.runs.request import Request

READING = ReadingOptions(text="text", title="", label="label", scheme="as_is")
"""How the files of a lesson are read."""


def require_teachable(run: RunFolder) -> None:
    """Raise InputError if a run has no model, or none of which decisions can be the next lesson."""
    if not labels_of_model(run):
        name = clean_line(run.request().name, 60)
        raise InputError(f"{name} has no model yet; let it finish, or `reviewtui stop` it to save one.")


@contextmanager
def removed_on_failure(folder: LessonFolder) -> Iterator[None]:
    """Remove a lesson if no run can be made that learns from it."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise


def plan_lesson(
    parent: RunFolder,
    folder: LessonFolder,
    changes: Mapping[str, Any] | None = None,
    *,
    name: str = "",
    hypothesis: str = "",
) -> Request:
    """Return the request of a run that learns from a lesson.

    It begins with the model that its parent began with; a student, which was made from its teacher, begins with its own
    weights.

    Args:
        changes: Settings that differ from the parent's.
        name: Of the run; empty takes one that is free.
        hypothesis: What the user expects of it; empty if nothing was said.

    Raises:
        InputError: The name is taken, or a setting cannot be changed so.
    """
    asked = parent.request()
    changed = dict(changes or {})
    if "model" in changed:
        raise InputError(
            "The next model begins with the model of its run: name another --run, or use `reviewtui train`."
        )
    student = asked.method == "distillation"
    settings = asked.settings.changed(
        {**changed, "model": str(parent.model) if student else _began_with(parent, asked)}
    )
    return asked.model_copy(
        update={
            "name": require_unused(name) if name.strip() else unused_name(_next_name(asked.name)),
            "data": str(folder.train),
            "validation": str(folder.validation),
            "reading": READING,
            "settings": settings,
            "method": "fine-tuning" if student else asked.method,
            "distillation": None,
            "parent": None,
            "group": None,
            "hypothesis": hypothesis_line(hypothesis),
        }
    )


def _began_with(parent: RunFolder, asked: Request) -> str:
    """Return the model that a run began with, also where it was asked for `auto`."""
    provenance = read_provenance(parent.provenance) if asked.settings.model == "auto" else None
    return provenance.model if provenance is not None and provenance.model else asked.settings.model


def _next_name(name: str) -> str:
    """Return a name after that of the parent, which may be numbered: `lab-learned` after `lab` and `lab-learned-2`."""
    return re.sub(r"-learned(-\d+)?$", "", name) + "-learned"
