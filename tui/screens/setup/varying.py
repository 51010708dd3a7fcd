"""The group of runs that the settings that vary come to: a sweep, several seeds, or models against each other.

Ranges are what `sweep --space` takes; what is refused is refused in the words of the command.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from core.base.errors import InputError
from core.base.text import clean_line
from core.bulk.pace import about
from core.experiments.outlook import middle_of, outlook
from core.experiments.seeds import parse_seeds
from core.experiments.space import Choices, Dimension, parse_dimension
from core.experiments.sweep_spec import SweepSpec
from core.forecast.facts import Facts
from core.forecast.forecast import forecast
from core.runs.group import Kind
from core.settings.schema import Settings, describe
from tui.form_values import shown
from tui.formatting import counted
from tui.screens.setup.sweep_answers import spec_of

SEEDS_OF_VERSUS = "3"
"""Seeds with which models are compared if the seed does not vary, as `versus` has it."""
_LISTED = 6
"""Values of a range that are named."""


@dataclass(frozen=True)
class Group:
    """The runs that settings that vary come to."""

    kind: Kind
    base: Settings
    """What all of its runs begin with."""
    middle: Settings
    """Settings in the middle of what varies, whose forecast stands for every run."""
    spec: dict[str, Any] | None = None
    """What the kind of group wants to know, as `start_group` takes it; None if something is refused."""
    problems: dict[str, str] = field(default_factory=dict)
    """Setting → why its range is refused."""
    refused: dict[str, str] = field(default_factory=dict)
    """What a sweep wants to know besides → why the answer is refused."""


def in_order(varied: Mapping[str, str]) -> dict[str, str]:
    """Return what varies in the order of the form."""
    return {one.name: varied[one.name] for one in describe() if one.name in varied}


def group_of(varied: Mapping[str, str], answers: Mapping[str, str], base: Settings) -> Group | None:
    """Return what settings that vary come to; None if none does.

    Args:
        varied: Setting → its range, as it was typed.
        answers: What was said about a sweep (`sweep_answers.py`).
        base: The settings that all runs share otherwise.
    """
    if not varied:
        return None
    if "model" in varied:
        return _versus(varied, base)
    if list(varied) == ["seed"]:
        return _seeds(varied["seed"], base)
    return _sweep(in_order(varied), answers, base)


def _sweep(varied: Mapping[str, str], answers: Mapping[str, str], base: Settings) -> Group:
    space: dict[str, Dimension] = {}
    problems: dict[str, str] = {}
    for name, text in varied.items():
        if name == "seed":
            problems[name] = "The winner of a sweep is trained again with fresh seeds; r puts back a single one here."
            continue
        try:
            space[name] = parse_dimension(name, text, base)
        except InputError as error:
            problems[name] = str(error)
    middle = middle_of(space, base)
    if problems:
        return Group("sweep", base, middle, problems=problems)
    spec, refused = spec_of({name: str(one) for name, one in space.items()}, answers, base)
    return Group("sweep", base, middle, msgspec.to_builtins(spec) if spec is not None else None, refused=refused)


def _seeds(words: str, base: Settings) -> Group:
    try:
        seeds = parse_seeds(words, base.seed)
    except InputError as error:
        return Group("seeds", base, base, problems={"seed": str(error)})
    return Group("seeds", base, base, {"seeds": list(seeds)})


def _versus(varied: Mapping[str, str], base: Settings) -> Group:
    models = [word.strip() for word in varied["model"].split(",")]
    problems = {
        name: "Models are compared with the same settings; r puts back a single value here."
        for name in varied
        if name not in ("model", "seed")
    }
    if len(models) < 2 or len(set(models)) != len(models) or not all(models):
        problems["model"] = "versus takes at least two different models, separated by commas."
    else:
        base = base.changed({"model": models[0]})
    seeds: tuple[int, ...] = (base.seed,)
    words = varied.get("seed", SEEDS_OF_VERSUS)
    if words.strip() != "1":  # one seed is no spread, but models can be compared with it
        try:
            seeds = parse_seeds(words, base.seed)
        except InputError as error:
            problems["seed"] = str(error)
    spec = None if problems else {"models": models, "seeds": list(seeds), "epochs": [], "minutes": 0.0}
    return Group("versus", base, base, spec, problems)


def in_words(group: Group, facts: Facts | None) -> str:
    """Return how many runs there will be and how long they take: `sweep: 12 trials, about 34 min (an estimate)`.

    Where an answer is refused, return why; where a range is, nothing.

    Args:
        group: What varies.
        facts: Of the model and the reviews; None before they are known.
    """
    if group.spec is None:
        return next((f"{group.kind}: {sentence}" for sentence in group.refused.values()), "")
    if group.kind == "sweep":
        found = outlook(msgspec.convert(group.spec, SweepSpec), group.base, facts)
        return f"sweep: {counted(found.trials, 'trial')}{_estimate(found.seconds)}"
    seeds = len(group.spec["seeds"])
    if group.kind == "seeds":
        return (
            f"seeds: {counted(seeds, 'run')}{_estimate(forecast(facts, group.base).seconds * seeds if facts else None)}"
        )
    models = len(group.spec["models"])
    return f"versus: {models} models with {counted(seeds, 'seed')} each, {counted(models * seeds, 'run')}"


def _estimate(seconds: float | None) -> str:
    return f", about {about(seconds)} (an estimate)" if seconds is not None else ""


def range_in_words(name: str, text: str, base: Settings) -> str:
    """Return what a range takes: `varies over 4 values: 8, 16, 24, 32`; empty if it is refused."""
    if name == "model":
        return ""
    try:
        if name == "seed":
            return f"varies over seeds {', '.join(map(str, parse_seeds(text, base.seed)[:_LISTED]))}"
        one = parse_dimension(name, text, base)
    except InputError:
        return ""
    values = one.values if isinstance(one, Choices) else one.grid
    if values is None:
        spread = "spread by factors" if getattr(one, "log", False) else "spread evenly"
        return f"varies over any number in {clean_line(text)}, {spread}"
    named = ", ".join(shown(value) for value in values[:_LISTED])
    return f"varies over {counted(len(values), 'value')}: {named}{', …' if len(values) > _LISTED else ''}"
