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

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError

from core.base.errors import ReviewtuiError
from core.base.files import write_json
from core.learners.tensor_files import Tensors, load_tensors, save_tensors
from core.runs.checkpoint_folders import BEST, OPTIMIZER, STATE, WEIGHTS, fault, making, numbered, retire


@dataclass
class Progress:
    """Where a run stands: all that the loop needs besides tensors."""

    step: int = 0
    """Optimizer steps done; position, epoch and learning rate follow from it."""
    seconds: float = 0.0
    """Training time so far, pauses left out."""
    reviews: int = 0
    best: dict[str, Any] | None = None
    """The evaluation whose weights are kept."""
    peak: float | None = None
    """The best validation figure so far (a loss is negated)."""
    without_gain: int = 0
    """Evaluations in a row that brought nothing better."""
    average_loss: float | None = None
    """Running mean of the loss, by which a divergence is told from one bad batch."""
    scaler: dict[str, Any] = field(default_factory=dict)
    """State of the fp16 gradient scaler, if there is one."""
    limits: dict[str, Any] = field(default_factory=dict)
    """Limits of micro-batches that memory has changed; see `core/training/micro_batching.py`."""
    steps: int | None = None
    """Optimizer steps that were planned when this was taken."""
    adopted: bool = False
    """Whether the model has these weights already: they were another run's, in which others learned."""


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
    progress = asdict(checkpoint.progress)
    try:
        with making(target) as beside:
            parts = ((WEIGHTS, checkpoint.weights), (OPTIMIZER, checkpoint.optimizer), (BEST, checkpoint.best))
            for name, tensors in parts:
                if tensors:
                    save_tensors(tensors, beside / name)
            read()
            write_json(beside / STATE, progress)
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
                progress = Progress(**json.loads((candidate / STATE).read_text()))
                if suits(progress):
                    return _load(candidate, progress), skipped
                continue
            except (OSError, ValueError, TypeError, SafetensorError):
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
