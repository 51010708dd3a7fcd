"""Groups of runs that never ran: folders with journals and results written by the test."""

from __future__ import annotations

from typing import Any

from core.base.files import write_json
from core.runs.folder import RunFolder
from core.runs.group import GroupFolder, Kind, create_group
from core.runs.group_journal import Made, NewRun, Planned, append
from core.runs.outline import Value
from tests.tui.made_runs import make_run

SWEEP_RESULT: dict[str, Any] = {
    "kind": "sweep", "name": "hill", "metric": "macro_f1", "strategy": "search", "trials": 3, "failed": 0,
    "epochs_trained": 6.0,
    "winner": {
        "number": 2, "run": "", "name": "hill-02", "settings": {"learning_rate": 3e-5, "freeze_layers": 2},
        "validation": {"loss": 0.25, "accuracy": 0.9, "macro_f1": 0.89}, "seconds": 10.0, "epochs": 2.0,
    },
    "optimism": {"points": 1.2, "rows": 128, "contenders": 3},
    "confirmation": {"runs": [], "accuracy": {"mean": 0.885, "values": [0.88, 0.89]},
                     "macro_f1": {"mean": 0.88, "values": [0.88, 0.88]}, "loss": {"mean": 0.3, "values": [0.3, 0.3]}},
    "test": None, "pareto": [],
    "effects": [
        {"setting": "learning_rate", "change": "0.001 instead of 1e-05", "effect": 0.031, "low": 0.01, "high": 0.052},
        {"setting": "freeze_layers", "change": "2 instead of none", "effect": -0.004, "low": -0.02, "high": 0.012},
    ],
    "importances": {"learning_rate": 0.8, "freeze_layers": 0.2},
}  # fmt: skip
SEEDS_RESULT: dict[str, Any] = {
    "kind": "seeds", "name": "three", "runs": [], "without_scores": 0,
    **{
        name: {"mean": 0.9, "sd": 0.012, "min": 0.888, "max": 0.912} for name in ("accuracy", "macro_f1", "loss")
    },
}  # fmt: skip


def make_group(
    kind: Kind = "sweep",
    name: str = "hill",
    *,
    settings: tuple[dict[str, Value | None], ...] = (
        {"learning_rate": 1e-5, "freeze_layers": "none"},
        {"learning_rate": 3e-5, "freeze_layers": 2},
        {"learning_rate": 1e-3, "freeze_layers": "none"},
    ),
    result: dict[str, Any] | None = None,
    first: int = 1,
    ends: tuple[str | None, ...] = (),
    accuracies: tuple[float, ...] = (),
    **spec: Any,
) -> tuple[GroupFolder, list[RunFolder]]:
    """A group with a run for each of `settings`; each has ended as `ends` says, with one of `accuracies`."""
    if kind == "sweep":
        spec = {"strategy": "search", "space": {"learning_rate": "1e-05..0.001:log"}, **spec}
    group = create_group(name, kind, {"name": name, "data": "/data/reviews.csv"}, spec)
    new = [
        NewRun(number=number, name=f"{name}-{number:02}", settings=one, role="trial")
        for number, one in enumerate(settings, start=1)
    ]
    append(group.journal, Planned(new=tuple(new)))
    runs = []
    for place, one in enumerate(new):
        end = ends[place] if place < len(ends) else "finished"
        accuracy = accuracies[place] if place < len(accuracies) else 0.9
        best = {"validation": {"loss": 0.25, "accuracy": accuracy, "macro_f1": accuracy - 0.01}}
        runs.append(make_run(first + place, name=one.name, end=end, best=best))
        append(group.journal, Made(number=one.number, run=runs[-1].id))
    if result is not None:
        write_json(group.result, result)
    return group, runs
