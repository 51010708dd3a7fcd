"""The model of a run, where a model is asked for by name: to begin with its weights."""

from __future__ import annotations

from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.folder import RunFolder, is_run_id, list_runs, runs_home
from core.runs.model_labels import labels_of_model
from core.runs.outline import read_outline


def model_named(word: str) -> str:
    """Return the model folder of the run that is called `word`, or has it as its id; else `word` itself.

    A folder of that name comes first, so that nothing that worked before a run was called so means another model now.

    Raises:
        InputError: There is such a run, but it has no model yet.
    """
    if word in ("auto", "starter") or _exists(word):
        return word
    named = [RunFolder(runs_home() / word)] if is_run_id(word) else _called(word)
    if not named or not named[0].settings.is_file():
        return word
    run = named[0]
    if not labels_of_model(run):
        raise InputError(f"The run {clean_line(word, 60)} has no model yet; let it finish, or `reviewtui stop` it.")
    return str(run.model)


def _called(name: str) -> list[RunFolder]:
    outlines = ((run, read_outline(run.settings)) for run in list_runs())
    return [run for run, outline in outlines if outline is not None and outline.name == name]


def _exists(word: str) -> bool:
    try:
        return Path(word).expanduser().exists()
    except (OSError, RuntimeError, ValueError):
        return False
