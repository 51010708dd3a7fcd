"""Versus: several models trained on the same rows with the same seeds, for as many epochs or as many minutes."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import Any

import msgspec

from core.base.errors import InputError, ReviewtuiError
from core.comparison.arms import arms_of_group
from core.comparison.report import DEFAULT_MARGIN
from core.experiments.making import Step, Train
from core.experiments.seeds import spreads
from core.experiments.state import GroupState, MemberState


class VersusSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a comparison of models wants to know, as `group.toml` holds it."""

    models: tuple[str, ...]
    seeds: tuple[int, ...]
    epochs: tuple[int, ...] = ()
    """Of each model, where all train for the same time; empty if all train for the same epochs."""
    minutes: float = 0.0
    """Training time of each run; 0 if all train for the same epochs."""


def spec_of(state: GroupState) -> VersusSpec:
    """Return what a comparison of models wants to know.

    Raises:
        InputError: `group.toml` holds something else.
    """
    try:
        found = msgspec.convert(state.outline.spec, VersusSpec)
    except msgspec.ValidationError as error:
        raise InputError(f"{state.group.id} cannot continue: its group.toml is damaged ({error}).") from error
    return found


def next_steps(state: GroupState) -> Sequence[Step]:
    """Return one run for each model and seed, the models taking turns."""
    if state.members:
        return ()
    spec = spec_of(state)
    steps: list[Step] = []
    for seed, (place, model) in itertools.product(spec.seeds, enumerate(spec.models)):
        length = {"epochs": spec.epochs[place], "max_steps": None} if spec.epochs else {}
        name = f"{state.outline.name}-{short_name(model)}-seed-{seed}"
        steps.append(Train(name, {"model": model, "seed": seed, **length}, role=model))
    return steps


def short_name(model: str) -> str:
    """Return the last part of a model's name, for the name of a run."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", model.rstrip("/").rpartition("/")[2]).strip("-.")[:30] or "model"


def runs_by_model(state: GroupState) -> dict[str, list[MemberState]]:
    """Return the runs of each model that have scores, in the order of the models."""
    found: dict[str, list[MemberState]] = {model: [] for model in spec_of(state).models}
    for one in state.members:
        if one.summary is not None and one.summary.validation is not None and one.member.role in found:
            found[one.member.role].append(one)
    return found


def conclude(state: GroupState) -> dict[str, Any]:
    """Return the scores of each model, and their comparison or why there is none."""
    models = []
    for model, runs in runs_by_model(state).items():
        summaries = [one.summary for one in runs if one.summary is not None]
        seconds = [one.duration_seconds for one in summaries if one.duration_seconds is not None]
        mean = sum(seconds) / len(seconds) if seconds else None
        models.append({"model": model, "runs": [one.id for one in summaries], "seconds": mean, **spreads(summaries)})
    return {"minutes": spec_of(state).minutes, "models": models, **_compared(state)}


def _compared(state: GroupState) -> dict[str, Any]:
    from core.comparison.compare import compare_runs  # torch

    try:
        found = compare_runs(arms_of_group(state.group), None, None, DEFAULT_MARGIN, lambda what, share: None)
    except ReviewtuiError as error:
        return {"comparison": None, "no_comparison": str(error)}
    return {"comparison": msgspec.to_builtins(found), "no_comparison": ""}
