"""What the figures of an entry show: its curves, and of a group the score of each run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from core.base.text import clean_line
from core.lab_journal.entry import Entry, Member
from core.runs.folder import RunFolder, runs_home
from core.runs.history import LOSS_SMOOTHING, RunHistory, read_history
from tui.widgets.chart.series import Series
from tui.widgets.chart.units import NUMBER, Unit

_FEWEST = 3
"""Points below which a line says nothing that the table does not."""


@dataclass(frozen=True)
class Figure:
    """A chart."""

    title: str
    x_label: str
    series: list[Series]
    smoothing: float = 0.0
    """Weight of the moving average that lines are drawn with, above their values; 0 for none."""
    references: list[tuple[str, float]] = field(default_factory=list)
    """Name and y of horizontal lines."""
    x_unit: Unit = NUMBER


def figures_of(entry: Entry) -> list[Figure]:
    """Return the figures of an entry, read from the journals of its runs; those that would be empty are left out."""
    if entry.run is not None:
        return _of_run(entry, read_history(RunFolder(runs_home() / entry.run).journal))
    return _of_members(entry)


def _of_run(entry: Entry, history: RunHistory) -> list[Figure]:
    until = entry.figures.epochs if entry.figures is not None and entry.figures.epochs else None
    steps = [one for one in history.steps if until is None or one.epoch <= until + 1e-6]
    evaluations = [one for one in history.evaluations if until is None or one.epoch <= until + 1e-6]
    if len(steps) < _FEWEST:
        return []
    loss = [Series("training loss", [one.epoch for one in steps], [one.loss for one in steps])]
    epochs = [one.epoch for one in evaluations]
    if evaluations:
        validation = [one.loss for one in evaluations]
        loss.append(Series("validation loss", epochs, validation, style="points", colour="warning"))
    found = [Figure("Loss", "epoch", loss, LOSS_SMOOTHING, _references(entry, "loss"))]
    if len(evaluations) >= _FEWEST:
        scores = [
            Series("accuracy", epochs, [one.accuracy for one in evaluations], style="points", colour="primary"),
            Series("macro F1", epochs, [one.macro_f1 for one in evaluations], style="points", colour="warning"),
        ]
        found.append(Figure("Scores on validation rows", "epoch", scores, 0.0, _references(entry, "accuracy")))
    return found


def _references(entry: Entry, score: str) -> list[tuple[str, float]]:
    lines = ((one.name, getattr(one, score)) for one in entry.held_against if one.name.startswith("baseline "))
    return [("baseline", value) for _, value in lines if value is not None]


def _of_members(entry: Entry) -> list[Figure]:
    scored = [one for one in entry.members if one.figures.accuracy is not None]
    if len(scored) < _FEWEST:
        return []
    parts = _by_model(scored) if entry.kind == "versus" else {"accuracy": scored}
    series = [
        Series(name, [one.number for one in its], [one.figures.accuracy for one in its], style="points")
        for name, its in parts.items()
    ]
    return [Figure("Accuracy of each run", "run", series)]


def _by_model(members: Iterable[Member]) -> dict[str, list[Member]]:
    found: dict[str, list[Member]] = {}
    for one in members:
        found.setdefault(clean_line(one.why, 40) or "model", []).append(one)
    return found
