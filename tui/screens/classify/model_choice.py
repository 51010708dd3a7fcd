"""Which run's model judges a pile: the one that was asked for, else the one that judged it before, else the newest.

A change of model is always told: labels of two models in one pile are only comparable by a person who knows it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.base.text import clean_line
from core.runs.folder import RunFolder, list_runs, runs_home
from core.runs.summary import RunSummary, summarize
from core.triage.bookmark import Bookmark

_CONFIG_BYTES = 8 << 20


@dataclass(frozen=True)
class Candidate:
    """A run whose model can be used."""

    run: RunFolder
    summary: RunSummary
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The model to use; None where the person has to choose. The notice says what they should know."""

    candidate: Candidate | None
    notice: str = ""


def choose_model(asked_for: RunFolder | None, bookmark: Bookmark | None, in_view: RunFolder | None) -> Choice:
    """Choose a model. Reads the disk: not for the event loop.

    Args:
        asked_for: The run that the person chose to classify with, if they chose one.
        bookmark: Of the pile, if it was open before.
        in_view: The run that other screens show, preferred for a pile that no model has judged.
    """
    before = bookmark if bookmark is not None and bookmark.model else None
    if asked_for is not None and has_model(asked_for):
        found = candidate_of(asked_for)
        if before is None or before.model == asked_for.id:
            return Choice(found)
        return Choice(
            found,
            f"{clean_line(found.summary.name, 40)} answers from here on; {clean_line(before.model_name, 40)} judged "
            "this pile before. m changes the model.",
        )
    if before is None:
        return Choice(first_candidate(in_view))
    run = RunFolder(runs_home() / before.model)
    if "/" not in before.model and has_model(run):
        return Choice(candidate_of(run))
    return Choice(
        None,
        f"{clean_line(before.model_name, 40)}, whose model judged this pile, is gone. m chooses another model; until "
        "then you label by hand.",
    )


def candidates() -> list[Candidate]:
    """Every run that has a model, the newest first. Reads the disk."""
    return [candidate_of(run) for run in list_runs() if has_model(run)]


def first_candidate(preferred: RunFolder | None) -> Candidate | None:
    """Return the model of `preferred` if it has one, else that of the newest run that has. Reads the disk."""
    runs = [preferred] if preferred is not None and has_model(preferred) else list_runs()
    run = next((run for run in runs if has_model(run)), None)
    return candidate_of(run) if run is not None else None


def candidate_of(run: RunFolder) -> Candidate:
    """Return what there is to know about a run before its model is loaded."""
    return Candidate(run, summarize(run), labels_of(run))


def has_model(run: RunFolder) -> bool:
    """Return whether the run has weights to classify with."""
    return (run.model / "config.json").is_file()


def labels_of(run: RunFolder) -> tuple[str, ...]:
    """Return the labels of a model in their order; none if its configuration does not say."""
    try:
        with (run.model / "config.json").open("rb") as file:
            names = json.loads(file.read(_CONFIG_BYTES))["id2label"]
        return tuple(str(names[key]) for key in sorted(names, key=int))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return ()
