"""What a sweep tries next: presets first, then what optuna's TPE sampler proposes.

optuna keeps nothing. Before each proposal a study is built in memory from the trials that the group's journal and the
runs' folders hold, and the sampler is seeded by the number of the trial. So a sweep that was killed anywhere proposes
the same settings again.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial

from core.base.errors import InputError
from core.experiments.space import Choices, Dimension, Space, contains
from core.runs.outline import Value
from core.settings.presets import PRESETS, preset
from core.settings.schema import Settings

_STARTUP = 5
"""Trials before the sampler models the results; those that are not presets are random."""
_TRIES = 20
"""How often another proposal is asked for in place of one that was tried before, or whose settings do not fit."""

optuna.logging.set_verbosity(optuna.logging.ERROR)


Direction = Literal["maximize", "minimize"]


@dataclass(frozen=True)
class Trial:
    """A trial of a sweep that has ended."""

    settings: dict[str, Value | None]
    """The settings that vary."""
    values: tuple[float, ...] | None
    """What is optimized, in the order of the directions; None if the trial failed."""


@dataclass(frozen=True)
class Proposal:
    """Settings to try."""

    settings: dict[str, Value | None]
    why: str


def propose(
    space: Space, base: Settings, trials: Sequence[Trial], directions: Sequence[Direction], seed: int, count: int = 1
) -> list[Proposal]:
    """Return the next `count` settings to try; fewer if nothing untried is left.

    Args:
        space: Which settings vary.
        base: The settings that all runs share otherwise.
        trials: The trials so far, in order.
        directions: Of each value of a trial.
        seed: Of the sweep; the same trials and seed give the same proposals.
    """
    tried = [trial.settings for trial in trials]
    found = [one for one in starting_points(space, base) if one.settings not in tried][: max(count, 0)]
    tried += [one.settings for one in found]
    while len(found) < count and (one := _sampled(space, base, trials, directions, seed, tried)) is not None:
        found.append(one)
        tried.append(one.settings)
    return found


def starting_points(space: Space, base: Settings) -> list[Proposal]:
    """Return the settings that the sweep begins with: those of the request, then those of presets in the space."""
    named = [("as in the request", base), *((f"as in the preset {name}", preset(name)) for name in PRESETS)]
    found: list[Proposal] = []
    for why, settings in named:
        values = contains(space, settings)
        if values is not None and all(values != one.settings for one in found) and _fits(base, values):
            found.append(Proposal(values, why))
    return found


def _sampled(
    space: Space,
    base: Settings,
    trials: Sequence[Trial],
    directions: Sequence[Direction],
    seed: int,
    tried: Sequence[dict[str, Value | None]],
) -> Proposal | None:
    """Return settings that were not tried; None if the sampler finds none."""
    distributions = {name: _distribution(one) for name, one in space.items()}
    for attempt in range(_TRIES):
        number = seed * 1_000_003 + len(tried) * 101 + attempt
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            sampler = optuna.samplers.TPESampler(seed=number % 2**32, n_startup_trials=_STARTUP, multivariate=True)
            study = optuna.create_study(directions=list(directions), sampler=sampler)
            study.add_trials([_frozen(trial, space, distributions, len(directions)) for trial in trials])
            asked = study.ask(distributions).params
        values = {name: _value(space[name], asked[name]) for name in space}
        if values not in tried and _fits(base, values):
            why = "random" if len(trials) < _STARTUP else "proposed from the results so far"
            return Proposal(values, why)
    return None


def _frozen(trial: Trial, space: Space, distributions: dict[str, BaseDistribution], values: int) -> FrozenTrial:
    params = {name: _param(space[name], trial.settings[name]) for name in distributions}
    if trial.values is None:
        return create_trial(state=TrialState.FAIL, params=params, distributions=distributions)
    assert len(trial.values) == values
    return create_trial(values=list(trial.values), params=params, distributions=distributions)


def _distribution(one: Dimension) -> BaseDistribution:
    if isinstance(one, Choices):
        return CategoricalDistribution([str(value) for value in one.values])
    if one.whole:
        return IntDistribution(round(one.low), round(one.high), log=one.log, step=round(one.step or 1))
    return FloatDistribution(one.low, one.high, log=one.log, step=one.step)


def _value(one: Dimension, asked: float | int | str) -> Value | None:
    if isinstance(one, Choices):
        return next(value for value in one.values if str(value) == asked)
    return round(float(asked)) if one.whole else float(f"{float(asked):.6g}")


def _param(one: Dimension, value: Value | None) -> Value:
    if isinstance(one, Choices):
        return str(value)
    assert isinstance(value, int | float)
    return min(max(value, round(one.low) if one.whole else one.low), round(one.high) if one.whole else one.high)


def _fits(base: Settings, values: dict[str, Value | None]) -> bool:
    """Return whether the values can be set together."""
    try:
        base.changed(values)
    except InputError:
        return False
    return True


def importances(space: Space, trials: Sequence[Trial], directions: Sequence[Direction]) -> dict[str, float]:
    """Return how much of the variation of the first value each setting explains (PED-ANOVA); empty if unknown."""
    whole = [trial for trial in trials if trial.values is not None]
    if len(whole) < _STARTUP or len({trial.values[0] for trial in whole if trial.values}) < 2:
        return {}
    distributions = {name: _distribution(one) for name, one in space.items()}
    study = optuna.create_study(direction=directions[0])
    for trial in whole:
        assert trial.values is not None
        study.add_trial(_frozen(Trial(trial.settings, trial.values[:1]), space, distributions, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return dict(optuna.importance.get_param_importances(study))
        except (ValueError, RuntimeError):  # all values of a setting are equal, for instance
            return {}
