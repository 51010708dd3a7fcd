"""Checkpoints, from which a run can be resumed.

    checkpoints/step-N/
        weights.safetensors     the trainable weights, by name
        optimizer.safetensors   the optimizer's moments, named weight/moment
        best.safetensors        the validation logits of the best weights so far, and those weights unless they equal
                                the ones above (absent before the first evaluation)
        state.json              `Progress`
        manifest.json           bytes and sha256 of each file (core/runs/checkpoint_folders.py)

Only safetensors and JSON are read; nothing is ever unpickled.
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
    """A checkpoint in memory. Its tensors may be those being trained; see `Observer.settle`."""

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
    """Write `folder/step-N` atomically, then retire older checkpoints. Returns its path.

    Args:
        trunk: also keep the newest checkpoint with at most this many steps; None for no such checkpoint.
        read: Called once all tensors have been read, and may change.
        before: Called before the checkpoint is renamed into place, to make durable what it depends on.

    Raises:
        ReviewtuiError: The disk is full or the folder is not writable. Older checkpoints are untouched.
    """
    target = folder / f"step-{checkpoint.progress.step}"
    if target.is_dir() and fault(target) is None:
        return target
    try:
        with making(target) as temporary:
            parts = ((WEIGHTS, checkpoint.weights), (OPTIMIZER, checkpoint.optimizer), (BEST, checkpoint.best))
            for name, tensors in parts:
                if tensors:
                    save_tensors(tensors, temporary / name)
            read()
            write_progress(temporary / STATE, checkpoint.progress)
            before()
    except SafetensorError as error:  # of a failed write
        raise ReviewtuiError(f"No checkpoint could be written in {folder} ({error}).") from error
    retire(target, trunk)
    return target


def load_newest_checkpoint(
    folder: Path, suits: Callable[[Progress], bool] = lambda progress: True
) -> tuple[Checkpoint | None, list[str]]:
    """Return the newest checkpoint that verifies, and a sentence for each newer one that was skipped as damaged.

    Args:
        suits: Whether the run can be resumed from a checkpoint of this progress. Others are skipped silently.
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
                found = "it was written by another version"
        skipped.append(f"{candidate.name} is damaged ({found}) and was skipped.")
    return None, skipped


def _load(folder: Path, progress: Progress) -> Checkpoint:
    weights, optimizer, best = (
        load_tensors(folder / name) if (folder / name).exists() else {} for name in (WEIGHTS, OPTIMIZER, BEST)
    )
    return Checkpoint(progress, weights, optimizer, best)


def adopt(model: torch.nn.Module, base: Path) -> None:
    """Load the weights that earlier runs of a branch have trained, from `base/0`, `base/1`, … in turn, into a model.

    Of the word embeddings a checkpoint holds the rows in use, and the factor by which weight decay shrank the others.
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
