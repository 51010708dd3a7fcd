"""Seeds: several runs of one setting that differ in their seed, and their mean and spread."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.experiments.making import Step, Train
from core.experiments.state import GroupState
from core.runs.summary import RunSummary

_METRICS = ("accuracy", "macro_f1", "loss")


def parse_seeds(words: str, first: int) -> tuple[int, ...]:
    """Return the seeds that the user named: how many, or a list.

    Args:
        words: `3` for three seeds, or `1,5,9`.
        first: The first of a number of seeds; the others follow it.

    Raises:
        InputError: They are not numbers, repeat, or are fewer than two or more than 100.
    """
    parts = [part.strip() for part in words.split(",")]
    if not all(part.isdecimal() for part in parts) or len(set(parts)) != len(parts):
        given = clean_line(words, 40)
        raise InputError(f"--seeds takes how many, or a list of different numbers such as 1,2,3; not '{given}'.")
    seeds = tuple(map(int, parts)) if parts[1:] else tuple(range(first, first + int(parts[0])))
    if not 2 <= len(seeds) <= 100:
        raise InputError("--seeds takes 2 to 100 seeds.")
    return seeds


def next_steps(state: GroupState) -> Sequence[Step]:
    """Return one run for each seed. All are planned at once."""
    if state.members:
        return ()
    name = state.outline.name
    return [Train(f"{name}-seed-{seed}", {"seed": seed}) for seed in state.outline.spec["seeds"]]


def conclude(state: GroupState) -> dict[str, Any]:
    """Return mean and spread of each score over the runs that have one."""
    found = [one.summary for one in state.members if one.summary is not None and one.summary.validation is not None]
    return {
        "runs": [one.id for one in found],
        "without_scores": len(state.members) - len(found),
        **spreads(found),
    }


def spreads(summaries: Sequence[RunSummary]) -> dict[str, dict[str, float | None]]:
    """Return mean, standard deviation, least and greatest of each score of runs that have scores."""
    scores = {name: [getattr(one.validation, name) for one in summaries] for name in _METRICS}
    return {name: _spread(values) for name, values in scores.items() if values}


def _spread(values: list[float]) -> dict[str, float | None]:
    return {
        "mean": statistics.fmean(values),
        "sd": statistics.stdev(values) if values[1:] else None,
        "min": min(values),
        "max": max(values),
    }
