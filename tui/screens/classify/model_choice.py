"""Chooses the run whose model classifies a pile: the requested one, else the previous one, else the newest.

A change of the model is always reported, because the predictions of two models should not be compared unknowingly.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.base.text import clean_line
from core.runs.folder import RunFolder, list_runs, runs_home
from core.runs.model_labels import labels_of_model
from core.runs.summary import RunSummary, summarize
from core.triage.bookmark import Bookmark


@dataclass(frozen=True)
class Candidate:
    """A run whose model can be used."""

    run: RunFolder
    summary: RunSummary
    labels: tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """The model to use; None if the user has to choose. The notice is a message for the user."""

    candidate: Candidate | None
    notice: str = ""


def choose_model(asked_for: RunFolder | None, bookmark: Bookmark | None, in_view: RunFolder | None) -> Choice:
    """Choose a model. This reads the disk, so it must not run in the event loop.

    Args:
        asked_for: The run that the user chose to classify with, if they chose one.
        bookmark: The bookmark of the pile; None if it was never open.
        in_view: The run that other screens show, preferred if no model has classified the pile.
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
    """Return every run that has a model, the newest first. Reads the disk."""
    return [candidate_of(run) for run in list_runs() if has_model(run)]


def first_candidate(preferred: RunFolder | None) -> Candidate | None:
    """Return `preferred` if it has a model, else the newest run that has one. Reads the disk."""
    runs = [preferred] if preferred is not None and has_model(preferred) else list_runs()
    run = next((run for run in runs if has_model(run)), None)
    return candidate_of(run) if run is not None else None


def candidate_of(run: RunFolder) -> Candidate:
    """Return a run with its summary and labels, without loading its model."""
    return Candidate(run, summarize(run), labels_of_model(run))


def has_model(run: RunFolder) -> bool:
    """Return whether the run has weights to classify with."""
    return (run.model / "config.json").is_file()
