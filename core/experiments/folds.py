"""Folds: fine-tuned models that judge the labels of the reviews that were kept from them.

Each run learns from all folds but one. It is measured at its end only, on that one: were its best weights chosen there,
the labels that it is to judge would have had a part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from core.base.errors import InputError, ReviewtuiError
from core.experiments.making import Step, Train
from core.experiments.state import GroupState
from core.reviews.options import ReadingOptions
from core.suspicion.listing import keep
from core.suspicion.tuned import fold_files, judged_by, write_folds

_NEVER = 1 << 40
"""Steps between evaluations, more than any run has: the last step alone is followed by one."""


class FoldsSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What judging in folds wants to know, as `group.toml` holds it."""

    source: str
    """The labelled reviews."""
    reading: dict[str, Any] = {}
    """How they are read, where that is not detected; as `ReadingOptions`."""
    data_hash: str
    """Of the reviews when it began."""
    folds: int
    seed: int
    """Decides the folds."""


def spec_of(state: GroupState) -> tuple[FoldsSpec, ReadingOptions]:
    """Return what judging in folds wants to know, and how its source is read.

    Raises:
        InputError: `group.toml` holds something else.
    """
    try:
        spec = msgspec.convert(state.outline.spec, FoldsSpec)
        return spec, ReadingOptions.model_validate(spec.reading)
    except ValueError as error:
        raise InputError(f"{state.group.id} cannot continue: its group.toml is damaged ({error}).") from error


def next_steps(state: GroupState) -> Sequence[Step]:
    """Return one run for each fold; what they read is written into the group's folder first."""
    if state.members:
        return ()
    spec, reading = spec_of(state)
    folder = _folder(state)
    steps: list[Step] = []
    for fold in range(write_folds(folder, spec.source, reading, spec.folds, spec.seed)):
        learned, held_out = map(str, fold_files(folder, fold))
        name = f"{state.outline.name}-{fold + 1}"
        steps.append(
            Train(name, {"evaluate_every": _NEVER}, role=f"fold {fold + 1}", data=learned, validation=held_out)
        )
    return steps


def conclude(state: GroupState) -> dict[str, Any]:
    """Return the figures about what is suspected, and keep the list; or why there is none."""
    spec, reading = spec_of(state)
    runs = [one.run for one in state.members if one.run is not None]
    seconds = sum((one.summary.duration_seconds or 0.0) for one in state.members if one.summary is not None)
    try:
        if len(runs) < len(state.members):
            raise ReviewtuiError("Runs were deleted, so not all labels were judged.")
        model = state.outline.request.settings.get("model", "auto")
        done = judged_by(spec.source, reading, spec.folds, spec.seed, spec.data_hash, runs, str(model), seconds)
    except ReviewtuiError as error:
        return {"suspects": None, "sentence": f"No labels were judged: {error}"}
    suspects = map(done.suspect, range(1, done.found.suspects + 1))
    keep(spec.source, reading, done.found, done.reviews.label_names, suspects)
    return {"suspects": msgspec.to_builtins(done.found), "sentence": ""}


def _folder(state: GroupState) -> Path:
    return state.group.path / "folds"
