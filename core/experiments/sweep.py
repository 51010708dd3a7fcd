"""Sweeps: runs of one request whose settings vary over a space, to find out which settings are best.

    search    optuna proposes each trial from the results so far
    grid      every combination
    halving   many short trials with the schedule wsd; the best third train on, by exact extension, to three times the
              epochs, until the best has trained them all. Every trial is a finished run of its own length

Then the winner is trained again with fresh seeds, unless there are test reviews to measure it on: the best of many
trials looks better than it is.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from core.base.errors import InputError
from core.experiments.making import Extend, Step, Train
from core.experiments.proposals import Direction, Trial, propose
from core.experiments.space import Space, grid_of
from core.experiments.state import GroupState, MemberState
from core.experiments.sweep_spec import FACTOR, FRESH_SEEDS, SweepSpec, rungs, space_of
from core.runs.figures import ValidationFigures
from core.runs.group import read_base_request
from core.runs.outline import Value
from core.settings.schema import Settings

TRIAL, CONFIRMATION = "trial", "confirmation"
"""What a run of a sweep is for."""


@dataclass(frozen=True)
class Scored:
    """A trial that has scores."""

    state: MemberState
    figures: ValidationFigures
    value: float
    """The metric; higher is better."""
    seconds: float
    """Training time."""


def spec_of(state: GroupState) -> SweepSpec:
    """Return what a sweep wants to know.

    Raises:
        InputError: `group.toml` holds something else.
    """
    try:
        return msgspec.convert(state.outline.spec, SweepSpec)
    except msgspec.ValidationError as error:
        raise InputError(f"The sweep {state.group.id} cannot continue: its group.toml is damaged ({error}).") from error


def next_steps(state: GroupState) -> Sequence[Step]:
    """Return what a sweep trains next, now that all its runs have ended."""
    spec, base = spec_of(state), read_base_request(state.group).settings
    trials = [one for one in state.members if one.member.role == TRIAL]
    steps: Sequence[Step]
    if spec.strategy == "grid":
        steps = () if trials else _trains(state, [(one, "") for one in grid_of(space_of(spec, base))])
    elif spec.strategy == "search":
        steps = _search(state, spec, base, trials)
    else:
        steps = _halving(state, spec, base, trials)
    return steps or _confirm(state, spec, base)


def _search(state: GroupState, spec: SweepSpec, base: Settings, trials: Sequence[MemberState]) -> Sequence[Step]:
    if len(trials) >= spec.runs or _time_is_up(spec, trials):
        return ()
    space = space_of(spec, base)
    found = propose(space, base, ended_trials(spec, space, trials), directions(spec), base.seed)
    return _trains(state, [(one.settings, one.why) for one in found])


def _halving(state: GroupState, spec: SweepSpec, base: Settings, trials: Sequence[MemberState]) -> Sequence[Step]:
    levels = rungs(base.epochs)
    if not trials:
        fixed: dict[str, Value | None] = {"schedule": "wsd", "epochs": levels[0]}
        fixed |= dict.fromkeys(("max_steps", "early_stopping_patience"))
        space = space_of(spec, base)
        found = propose(space, base, (), directions(spec), base.seed, count=spec.runs)
        return _trains(state, [({**one.settings, **fixed}, one.why) for one in found])
    level = max(levels.index(one.member.epochs) if one.member.epochs in levels else 0 for one in trials)
    if level + 1 == len(levels) or _time_is_up(spec, trials):
        return ()
    reached = [one for one in trials if level == 0 or one.member.epochs == levels[level]]
    ranked = ranking(spec, reached)
    kept = ranked[: max(len(ranked) // FACTOR, 1)]
    return [Extend(one.state.number, levels[level + 1]) for one in kept]


def _confirm(state: GroupState, spec: SweepSpec, base: Settings) -> Sequence[Step]:
    """Return runs of the winner with fresh seeds, unless they were planned or there are test reviews."""
    best = winner(state, spec)
    if spec.test or best is None or any(one.member.role == CONFIRMATION for one in state.members):
        return ()
    settings = dict(best.state.member.settings)
    if best.state.member.epochs is not None:
        settings["epochs"] = best.state.member.epochs
    seeds = range(base.seed + 1, base.seed + 1 + FRESH_SEEDS)
    name = state.outline.name
    return [
        Train(f"{name}-winner-seed-{seed}", {**settings, "seed": seed}, CONFIRMATION, f"the winner, with seed {seed}")
        for seed in seeds
    ]


def _trains(state: GroupState, found: Sequence[tuple[Mapping[str, Value | None], str]]) -> Sequence[Step]:
    first = max((one.number for one in state.members), default=0) + 1
    return [
        Train(f"{state.outline.name}-{number:02}", dict(settings), TRIAL, why)
        for number, (settings, why) in enumerate(found, start=first)
    ]


def ended_trials(spec: SweepSpec, space: Space, trials: Sequence[MemberState]) -> list[Trial]:
    """Return the trials as a proposal needs them; one that has no scores has failed."""
    found = []
    for one in trials:
        settings = {name: one.member.settings[name] for name in space}
        found.append(Trial(settings, _values(spec, one)))
    return found


def directions(spec: SweepSpec) -> tuple[Direction, ...]:
    """Return in which direction each value of a trial is optimized."""
    return ("maximize", "minimize") if spec.metric == "accuracy-and-seconds" else ("maximize",)


def _values(spec: SweepSpec, one: MemberState) -> tuple[float, ...] | None:
    scored = _scored(spec, one)
    if scored is None:
        return None
    return (scored.value, scored.seconds) if spec.metric == "accuracy-and-seconds" else (scored.value,)


def _scored(spec: SweepSpec, one: MemberState) -> Scored | None:
    summary = one.summary
    if summary is None or summary.validation is None or summary.state == "failed":
        return None
    figure = getattr(summary.validation, "accuracy" if spec.metric == "accuracy-and-seconds" else spec.metric)
    value = -figure if spec.metric == "loss" else figure
    return Scored(one, summary.validation, value, summary.duration_seconds or 0.0) if math.isfinite(value) else None


def ranking(spec: SweepSpec, trials: Sequence[MemberState]) -> list[Scored]:
    """Return the trials that have scores, the best first; of equal ones, the earlier."""
    found = [scored for one in trials if (scored := _scored(spec, one)) is not None]
    return sorted(found, key=lambda one: (-one.value, one.state.number))


def winner(state: GroupState, spec: SweepSpec) -> Scored | None:
    """Return the best trial; with halving, of those that have trained longest."""
    trials = [one for one in state.members if one.member.role == TRIAL]
    longest = max((one.member.epochs or 0 for one in trials), default=0)
    ranked = ranking(spec, [one for one in trials if (one.member.epochs or 0) == longest])
    return ranked[0] if ranked else None


def pareto(spec: SweepSpec, trials: Sequence[MemberState]) -> list[Scored]:
    """Return the trials that no other one beats in both score and time, the fastest first."""
    ranked = sorted(ranking(spec, trials), key=lambda one: (one.seconds, -one.value))
    front: list[Scored] = []
    for one in ranked:
        if not front or one.value > front[-1].value:
            front.append(one)
    return front


def _time_is_up(spec: SweepSpec, trials: Sequence[MemberState]) -> bool:
    """Return whether another trial would probably end after the time that the sweep was given."""
    lengths = [seconds for one in trials if (seconds := _seconds_taken(one)) is not None]
    if not spec.minutes or not lengths:
        return False
    return sum(lengths) + sum(lengths) / len(lengths) > 60 * spec.minutes


def _seconds_taken(one: MemberState) -> float | None:
    """Return how long a trial took from its first worker to its end; None if unknown."""
    summary = one.summary
    if summary is None or summary.ended is None or summary.began is None:
        return None
    return summary.ended - summary.began
