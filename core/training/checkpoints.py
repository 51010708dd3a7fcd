"""Checkpoints: where a run can go on from after any end.

    checkpoints/step-N/
        weights.safetensors     the weights that learn, by name
        optimizer.safetensors   the optimizer's moments, named weight/moment
        best.safetensors        the validation logits of the best weights so far, and those weights where they are not
                                the ones above (absent before any evaluation)
        state.json              step, position, best figures, patience, seconds, scaler
        manifest.json           bytes and sha256 of each file (core/runs/checkpoint_folders.py)

Only safetensors and JSON; nothing is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError

from core.base.errors import ReviewtuiError
from core.learners.tensor_files import Tensors, load_tensors, save_tensors
from core.runs.checkpoint_folders import BEST, OPTIMIZER, STATE, WEIGHTS, fault, making, numbered, retire
from core.runs.progress import Progress, read_progress, write_progress


@dataclass
class Checkpoint:
    """A checkpoint in memory. Its tensors may be those that are being trained: see `Observer.settle`."""

    progress: Progress
    weights: Tensors
    optimizer: Tensors
    best: Tensors


def save_checkpoint(
    folder: Path,
    checkpoint: Checkpoint,
    *,
    trunk: int | None = None,
    read: Callable[[], None] = lambda: None,
    before: Callable[[], object] = lambda: None,
) -> Path:
    """Write `folder/step-N` whole, then retire older ones. Returns its path.

    Args:
        trunk: the newest checkpoint with at most so many steps is kept besides; None for no such one.
        read: called once the tensors are read, and may change.
        before: called before the checkpoint is in its place: what it stands on must be durable by then.

    Raises:
        ReviewtuiError: the disk is full or the folder cannot be written; older checkpoints are untouched.
    """
    target = folder / f"step-{checkpoint.progress.step}"
    if target.is_dir() and fault(target) is None:
        return target
    try:
        with making(target) as beside:
            parts = ((WEIGHTS, checkpoint.weights), (OPTIMIZER, checkpoint.optimizer), (BEST, checkpoint.best))
            for name, tensors in parts:
                if tensors:
                    save_tensors(tensors, beside / name)
            read()
            write_progress(beside / STATE, checkpoint.progress)
            before()
    except SafetensorError as error:  # a failed write, in its own words
        raise ReviewtuiError(f"No checkpoint could be written in {folder} ({error}).") from error
    retire(target, trunk)
    return target


def load_newest_checkpoint(
    folder: Path, suits: Callable[[Progress], bool] = lambda progress: True
) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that verifies, and a sentence for each newer one that was passed over as damaged.

    Args:
        suits: whether the run can go on from a checkpoint of this progress; others are passed over without a word.
    """
    skipped: list[str] = []
    for _, candidate in numbered(folder):
        found = fault(candidate)
        if found is None:
            try:
                progress = read_progress(candidate / STATE)
                if suits(progress):
                    return _load(candidate, progress), skipped
                continue
            except (OSError, ValueError, SafetensorError):
                found = "it is not one of this version"
        skipped.append(f"{candidate.name} is damaged ({found}) and was passed over.")
    return None, skipped


def _load(folder: Path, progress: Progress) -> Checkpoint:
    weights, optimizer, best = (
        load_tensors(folder / name) if (folder / name).exists() else {} for name in (WEIGHTS, OPTIMIZER, BEST)
    )
    return Checkpoint(progress, weights, optimizer, best)


def adopt(model: torch.nn.Module, base: Path) -> None:
    """Lay weights that other runs have trained, those in `base/0`, `base/1`, … in turn, into a model.

    Of a word table a checkpoint holds the rows that were in use, and what weight decay the others owe.
    """
    parameters = dict(model.named_parameters())
    for folder in sorted(base.iterdir(), key=lambda folder: int(folder.name)) if base.is_dir() else ():
        weights = load_tensors(folder / WEIGHTS)
        for name in weights.keys() & parameters.keys():
            whole = parameters[name].data
            if (words := weights.get(f"{name}/words")) is None:
                whole.copy_(weights[name])
            else:
                whole.mul_(float(weights[f"{name}/unseen"]))
                whole[words] = weights[name]
