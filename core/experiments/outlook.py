"""How many runs a group will make and how long they will take, before it starts: an estimate.

The forecast of one run in the middle of the space stands for every trial; halving's trials count with the epochs that
each of them trains.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.base.errors import InputError
from core.experiments.space import Choices, Dimension, Space
from core.experiments.sweep_spec import FACTOR, FRESH_SEEDS, SweepSpec, check_sweep, rungs, space_of
from core.forecast.facts import Facts
from core.forecast.forecast import Forecast, forecast
from core.runs.outline import Value
from core.settings.schema import Settings


@dataclass(frozen=True)
class Outlook:
    """What a sweep will probably make."""

    trials: int
    """At most; with a limit of minutes, as many as probably fit."""
    seconds: float | None
    """Of all runs together, the winner's with fresh seeds included; None before anything is known of the model."""


def outlook(spec: SweepSpec, base: Settings, facts: Facts | None) -> Outlook:
    """Return what a sweep will make and take.

    Args:
        spec: What it wants to know.
        base: The settings that all its runs share otherwise.
        facts: Of the model and the reviews; None if they are not known yet.

    Raises:
        InputError: The parts of `spec` do not fit together.
    """
    trials = check_sweep(spec, base)
    if facts is None:
        return Outlook(trials, None)
    middle = middle_of(space_of(spec, base), base)
    confirmed = 0 if spec.test else FRESH_SEEDS
    if spec.strategy == "halving":
        levels = _halved(middle, facts)
        return Outlook(trials, _halving_seconds(trials, middle, levels) + confirmed * levels[-1].seconds)
    each = forecast(facts, middle).seconds
    if spec.minutes and spec.strategy == "search":
        trials = min(trials, max(math.floor(60 * spec.minutes / each), 1))
    return Outlook(trials, (trials + confirmed) * each)


def middle_of(space: Space, base: Settings) -> Settings:
    """Return settings in the middle of a space; of values that do not fit together, those of `base` are kept."""
    middle = base
    for name, one in space.items():
        try:
            middle = middle.changed({name: _middle(one)})
        except InputError:
            continue
    return middle


def _middle(one: Dimension) -> Value | None:
    if isinstance(one, Choices):
        return one.values[len(one.values) // 2]
    value = math.sqrt(one.low * one.high) if one.log else (one.low + one.high) / 2
    if one.grid is not None:
        value = min(one.grid, key=lambda point: abs(point - value))
    return round(value) if one.whole else value


def _halving_seconds(trials: int, middle: Settings, levels: list[Forecast]) -> float:
    """Return the seconds of trials that all train to the first rung, and of which the best third go on to the next.

    Extending begins where the learning rate would have fallen, so the decay of the shorter run is trained again.
    """
    epochs, total, kept = rungs(middle.epochs), trials * levels[0].seconds, trials
    for before, whole in zip(epochs, levels[1:], strict=False):
        kept = max(kept // FACTOR, 1)
        total += kept * (whole.seconds - before * (1 - middle.decay_ratio) * whole.seconds_per_epoch)
    return total


def _halved(middle: Settings, facts: Facts) -> list[Forecast]:
    """Return the forecast of an undisturbed run to each rung."""
    fixed = {"schedule": "wsd", "max_steps": None, "early_stopping_patience": None}
    return [forecast(facts, middle.changed({**fixed, "epochs": one})) for one in rungs(middle.epochs)]
