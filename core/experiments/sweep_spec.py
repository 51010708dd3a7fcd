"""What a sweep wants to know: the space, the strategy, the metric and the limits, checked before it starts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

from core.base.errors import InputError
from core.base.text import clean_line
from core.experiments.space import Choices, Space, grid_of, parse_dimension
from core.settings.schema import Settings

Strategy = Literal["search", "grid", "halving"]
Metric = Literal["accuracy", "macro_f1", "loss", "accuracy-and-seconds"]

DEFAULT_RUNS = 12
HALVING_RUNS = 9
_MAX_RUNS = 1000
FACTOR = 3
"""Halving keeps one trial of three, and trains it three times as long."""
FRESH_SEEDS = 2
"""Runs of the winner with other seeds, where there are no test reviews."""
_RUNGS = 3
_OF_HALVING = ("epochs", "max_steps", "schedule", "early_stopping_patience")
"""Settings that halving decides itself."""


class SweepSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep wants to know, as `group.toml` holds it."""

    space: dict[str, str]
    """For each setting that varies, its values as they were typed."""
    strategy: Strategy = "search"
    metric: Metric = "macro_f1"
    runs: int = DEFAULT_RUNS
    """Trials to make; for `grid` all combinations."""
    minutes: float = 0.0
    """No further trial is planned if it would probably end later than this; 0 for no limit."""
    test: str = ""
    """Test reviews for the winner; empty trains it again with fresh seeds."""


def space_of(spec: SweepSpec, base: Settings) -> Space:
    """Return the space of a sweep."""
    return {name: parse_dimension(name, text, base) for name, text in spec.space.items()}


def usual_runs(strategy: str, minutes: float) -> int:
    """Return how many trials a sweep makes at most if nothing is said."""
    return _MAX_RUNS if minutes else HALVING_RUNS if strategy == "halving" else DEFAULT_RUNS


def check_sweep(spec: SweepSpec, base: Settings) -> int:
    """Return the number of trials of a sweep that is about to start.

    Raises:
        InputError: Its parts do not fit together.
    """
    space = space_of(spec, base)
    if spec.strategy not in get_args(Strategy) or spec.metric not in get_args(Metric):
        raise InputError(
            f"--strategy is one of {', '.join(get_args(Strategy))}, and --metric one of {', '.join(get_args(Metric))}."
        )
    if not 2 <= spec.runs <= _MAX_RUNS or spec.minutes < 0:
        raise InputError(f"A sweep has 2 to {_MAX_RUNS} runs, and minutes are positive.")
    if spec.strategy == "grid":
        return len(grid_of(space))
    if spec.strategy == "halving":
        if taken := [name for name in _OF_HALVING if name in space]:
            raise InputError(f"Halving decides {taken[0]} itself; leave it out of the space.")
        if len(rungs(base.epochs)) < 2:
            raise InputError("Halving needs at least 3 epochs: `--set epochs=9` gives rungs of 1, 3 and 9.")
        if spec.metric == "accuracy-and-seconds":
            raise InputError("Halving ranks by one figure; choose --metric accuracy, macro_f1 or loss.")
    every = [one.values if isinstance(one, Choices) else one.grid for one in space.values()]
    combinations = math.prod(len(values) if values is not None else spec.runs for values in every)
    return min(spec.runs, combinations)


def rungs(epochs: int) -> tuple[int, ...]:
    """Return the numbers of epochs after which halving chooses: for 9 epochs 1, 3 and 9."""
    found = [epochs]
    while len(found) < _RUNGS and found[0] >= FACTOR:
        found.insert(0, round(found[0] / FACTOR))
    return tuple(found)


def require_testable(test: str, known: Mapping[str, int], found: Mapping[str, int]) -> None:
    """Raise an InputError if no test review has a label of the reviews that are learned from.

    Args:
        test: Where the test reviews come from.
        known, found: Reviews of each class, of those that are learned from and of the test reviews.
    """
    if not known.keys() & found.keys():
        names = ", ".join(clean_line(name, 40) for name in known)
        raise InputError(f"{clean_line(test, 120)} has no review labelled {names} to test the winner on.")
