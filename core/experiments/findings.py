"""What a sweep found out: the winner, how much better it looks than it is, and what each setting changed."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from core.experiments.proposals import importances
from core.experiments.space import Choices, Range, Space
from core.experiments.state import GroupState, MemberState
from core.experiments.sweep import (
    CONFIRMATION,
    TRIAL,
    Scored,
    directions,
    ended_trials,
    pareto,
    ranking,
    spec_of,
    winner,
)
from core.experiments.sweep_spec import SweepSpec, space_of
from core.inference.evaluation import evaluate_run
from core.inference.predictor import Predictor
from core.runs.group import read_base_request
from core.runs.outline import Value
from core.runs.provenance import read_provenance
from core.statistics.power import discordant_share
from core.statistics.winner import optimism_of_best


def conclude(state: GroupState) -> dict[str, Any]:
    """Return the result of a sweep."""
    spec, base = spec_of(state), read_base_request(state.group).settings
    space = space_of(spec, base)
    trials = [one for one in state.members if one.member.role == TRIAL]
    ranked, best = ranking(spec, trials), winner(state, spec)
    front = pareto(spec, trials) if spec.metric == "accuracy-and-seconds" else []
    return {
        "metric": spec.metric,
        "strategy": spec.strategy,
        "trials": len(trials),
        "failed": len(trials) - len(ranked),
        "epochs_trained": sum(one.summary.epoch for one in state.members if one.summary is not None),
        "winner": _facts(best) if best is not None else None,
        "optimism": _optimism(best, ranked) if best is not None else None,
        "confirmation": _confirmation(spec, state),
        "test": _test(spec, best) if spec.test and best is not None else None,
        "pareto": [_facts(one) for one in front],
        "effects": effects(space, ranked),
        "importances": importances(space, ended_trials(spec, space, trials), directions(spec)),
    }


def _facts(one: Scored) -> dict[str, Any]:
    summary, member = one.state.summary, one.state.member
    assert summary is not None
    return {
        "number": member.number,
        "run": member.run,
        "name": summary.name,
        "settings": member.settings,
        "validation": one.figures.to_json(),
        "seconds": one.seconds,
        "epochs": summary.epochs,
    }


def _confirmation(spec: SweepSpec, state: GroupState) -> dict[str, Any] | None:
    """Return how the winner did with fresh seeds."""
    found = ranking(spec, [one for one in state.members if one.member.role == CONFIRMATION])
    if not found:
        return None
    scores = {name: [getattr(one.figures, name) for one in found] for name in ("accuracy", "macro_f1", "loss")}
    return {
        "runs": [one.state.member.run for one in found],
        **{name: {"mean": statistics.fmean(values), "values": values} for name, values in scores.items()},
    }


def _optimism(best: Scored, ranked: Sequence[Scored]) -> dict[str, Any] | None:
    """Return by how many points of accuracy the best of these trials probably looks better than it is."""
    rows = _validation_rows(best.state)
    accuracies = [one.figures.accuracy for one in ranked]
    if rows is None or len(accuracies) < 2:
        return None
    found = optimism_of_best(accuracies, rows, discordant_share(statistics.fmean(accuracies)))
    return {"points": 100 * found.optimism, "rows": rows, "contenders": found.contenders}


def _validation_rows(one: MemberState) -> int | None:
    provenance = read_provenance(one.run.provenance) if one.run is not None else None
    return sum(provenance.validation_rows.values()) if provenance is not None else None


def _test(spec: SweepSpec, best: Scored) -> dict[str, Any] | None:
    """Return the scores of the winner's model on the test reviews."""
    run = best.state.run
    if run is None or not run.model.is_dir():
        return None
    report = evaluate_run(run, Predictor(run.model), spec.test, None, lambda *_: None)
    scores = {"accuracy": report.accuracy, "macro_f1": report.macro_f1, "loss": report.loss}
    return {"data": spec.test, "rows": report.rows, **scores}


def effects(space: Space, ranked: Sequence[Scored]) -> list[dict[str, Any]]:
    """Return what each setting changed, with the others held equal, from a linear model of the score.

    For a setting with a range, the change over the whole range; for one with choices, the change against its first
    value. `low` and `high` are the 95 % interval (t distribution). Nothing is said where there are not at least three
    trials more than quantities to estimate.
    """
    columns: list[tuple[str, str, list[float]]] = []
    for name, one in space.items():
        values = [scored.state.member.settings[name] for scored in ranked]
        if isinstance(one, Choices):
            columns += [
                (name, f"{other} instead of {one.values[0]}", [float(value == other) for value in values])
                for other in one.values[1:]
            ]
        else:
            numbers = [_place(one, value) for value in values]
            columns.append((name, f"{one.high:g} instead of {one.low:g}", numbers))
    columns = [column for column in columns if len(set(column[2])) > 1]
    freedom = len(ranked) - len(columns) - 1
    if not columns or freedom < 3:
        return []
    design = np.column_stack([np.ones(len(ranked)), *(numbers for _, _, numbers in columns)])
    scores = np.array([one.value for one in ranked])
    if np.linalg.matrix_rank(design) < design.shape[1]:
        return []
    solution = np.linalg.lstsq(design, scores, rcond=None)[0]
    left = scores - design @ solution
    spread = np.sqrt(np.diag(np.linalg.inv(design.T @ design)) * (left @ left) / freedom)
    half = float(stats.t.ppf(0.975, freedom)) * spread
    return [
        {"setting": name, "change": change, "effect": float(effect), "low": float(effect - wide),
         "high": float(effect + wide)}
        for (name, change, _), effect, wide in zip(columns, solution[1:], half[1:], strict=True)
    ]  # fmt: skip


def _place(one: Range, value: Value | None) -> float:
    """Return where a value lies in a range: 0 at its low end, 1 at its high end."""
    assert isinstance(value, int | float)
    scale = math.log if one.log else float
    low, high = scale(one.low), scale(one.high)
    return (scale(value) - low) / (high - low)
