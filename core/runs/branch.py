"""Creates a run that begins with a checkpoint of another: `reviewtui branch RUN --set name=value`.

The checkpoint is copied, so that neither run needs the other afterwards. The branch names its parent in settings.toml.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.files import private_folder
from core.runs.checkpoint_folders import OPTIMIZER, STATE, WEIGHTS, fault, making, numbered, progress_of
from core.runs.folder import RunFolder, create_run
from core.runs.history import read_history
from core.runs.names import require_unused, unused_name
from core.runs.notes import hypothesis_line
from core.runs.outline import Parent
from core.runs.progress import Progress, write_progress
from core.runs.provenance import read_provenance
from core.settings.schedule import planned_steps


def branch_run(
    parent: RunFolder, changes: Mapping[str, Any], *, name: str = "", hypothesis: str = "", step: int | None = None
) -> RunFolder:
    """Create a run that continues from a checkpoint of `parent` with `changes`. Its worker starts by resuming.

    Args:
        step: Of the checkpoint; None for the newest.
        hypothesis: What the user expects of the branch; empty if nothing was said.

    Raises:
        InputError: There is no such checkpoint, the changes do not fit it, or the hypothesis is too long.
    """
    asked = parent.request()
    if asked.method == "baseline":
        raise InputError(f"{parent.id} is a baseline, which has no checkpoints; fine-tune with `reviewtui train`.")
    settings = asked.settings.changed(changes)
    decides = {change.decides: change.name for change in settings.differences(asked.settings)}
    if "model" in decides:
        raise InputError(f"A branch cannot change {decides['model']}; start a new run with `reviewtui train`.")
    if settings.model == "auto" and asked.distillation is None and (found := _model_of(parent)):
        settings = settings.changed({"model": found})
    at, checkpoint = _checkpoint(parent, step)
    steps, position = _planned(parent, settings, asked.settings.batch_size, at)
    if position >= steps:
        raise InputError(
            f"The checkpoint at step {at} is past the end of the branch (step {steps}); give it more with "
            "`--set epochs=N`, or take an earlier one with --step."
        )
    request = asked.model_copy(
        update={
            "name": require_unused(name) if name else unused_name(f"{asked.name}-branch"),
            "settings": settings,
            "parent": Parent(run=parent.id, step=at),
            "group": None,
            "hypothesis": hypothesis_line(hypothesis),
        }
    )
    run = create_run(request)
    anew = "trainable" in decides
    optimizer = not anew and "optimizer" not in decides
    _begin_with(checkpoint, run, position, steps, adopted=anew, optimizer=optimizer)
    for number, base in enumerate([*_bases(parent), *([checkpoint] if anew else [])]):
        shutil.copyfile(base / WEIGHTS, private_folder(private_folder(run.base) / str(number)) / WEIGHTS)
    return run


def _begin_with(checkpoint: Path, run: RunFolder, step: int, steps: int, *, adopted: bool, optimizer: bool) -> None:
    """Copy a checkpoint into a run that begins with it at `step`, with its own figures and patience."""
    before = progress_of(checkpoint) or Progress()
    begun = Progress(
        step, steps=steps, evaluated=step, adopted=adopted, scaler=before.scaler, average_loss=before.average_loss
    )
    with making(run.checkpoints / f"step-{step}") as temporary:
        shutil.copyfile(checkpoint / WEIGHTS, temporary / WEIGHTS)
        if optimizer and (checkpoint / OPTIMIZER).exists():
            shutil.copyfile(checkpoint / OPTIMIZER, temporary / OPTIMIZER)
        write_progress(temporary / STATE, begun)


def _bases(run: RunFolder) -> list[Path]:
    """Return the weights that a run began with, in the order in which they were copied over each other."""
    return sorted(run.base.iterdir(), key=lambda folder: int(folder.name)) if run.base.is_dir() else []


def _checkpoint(run: RunFolder, step: int | None) -> tuple[int, Path]:
    """Return the step and folder of the checkpoint at `step`, or of the newest intact one if `step` is None.

    Raises:
        InputError: There is no such checkpoint, or it is damaged.
    """
    found = numbered(run.checkpoints)
    whole = [(number, path) for number, path in found if step in (None, number) and fault(path) is None]
    if whole:
        return whole[0]
    there = ", ".join(str(number) for number, _ in found)
    if not there:
        raise InputError(f"{run.id} has no checkpoint to branch from.")
    if step is None or step in dict(found):
        raise InputError(f"No checkpoint of {run.id} is intact (steps {there}).")
    raise InputError(f"{run.id} has no checkpoint at step {step}; checkpoints available: step {there}.")


def _planned(parent: RunFolder, settings: Any, batch_size: int, step: int) -> tuple[int, int]:
    """Return the total steps of the branch, and the step at which it begins."""
    plan = read_history(parent.journal).plan
    if plan is None:
        raise InputError(f"{parent.id} never started; there is nothing to branch from.")
    per_epoch = -(-plan.rows // settings.batch_size)
    position = step if settings.batch_size == batch_size else step * batch_size // settings.batch_size
    return planned_steps(settings, per_epoch), position


def _model_of(run: RunFolder) -> str:
    """Return the model that 'auto' stood for in the run; empty if unknown."""
    provenance = read_provenance(run.provenance)
    return provenance.model if provenance is not None else ""


def checkpoints_of(run: RunFolder) -> list[tuple[int, int | None]]:
    """Return the step of each checkpoint, the newest first, and the steps that were planned when it was taken."""
    return [(step, _planned_at(path)) for step, path in numbered(run.checkpoints)]


def _planned_at(checkpoint: Path) -> int | None:
    progress = progress_of(checkpoint)
    return progress.steps if progress is not None else None
