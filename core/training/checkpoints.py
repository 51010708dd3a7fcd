"""Checkpoints: where a run can go on from after any end.

    checkpoints/step-N/
        weights.safetensors     the weights that learn, by name
        optimizer.safetensors   the optimizer's moments, named weight/moment
        best.safetensors        the best weights so far and the validation logits that they gave (absent before any)
        state.json              step, position, best figures, patience, seconds, scaler
        manifest.json           size and sha256 of each file; written last

A checkpoint is written beside its place, synced, and renamed into it, so a folder named `step-N` is whole. Reading
still verifies every hash and takes the newest that passes. Only safetensors and JSON; nothing is ever unpickled.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from core.errors import ReviewtuiError
from core.files import private_folder, sync_folder, write_json
from core.models.sources import sha256_of

_NAME = re.compile(r"step-(\d+)")
_KEPT = 2

Tensors = dict[str, torch.Tensor]


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
    """Limits of micro-batches that memory has changed; see `core/training/fit.py`."""


@dataclass
class Checkpoint:
    """A checkpoint in memory."""

    progress: Progress
    weights: Tensors
    optimizer: Tensors
    best: Tensors


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> Path:
    """Write `folder/step-N` whole, then retire all but the two newest. Returns its path.

    Later steps are retired too: a worker that is here again has passed them over as damaged. What a killed worker
    left half written makes room first.

    Raises:
        ReviewtuiError: the disk is full or the folder cannot be written; older checkpoints are untouched.
    """
    target = folder / f"step-{checkpoint.progress.step}"
    if target.is_dir() and _fault(target) is None:
        return target
    try:
        for left in folder.glob(".step-*"):
            shutil.rmtree(left, ignore_errors=True)
        beside = private_folder(folder / f".{target.name}.{secrets.token_hex(4)}")
        try:
            _write(beside, checkpoint)
            shutil.rmtree(target, ignore_errors=True)
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
        sync_folder(folder)
    except OSError as error:
        raise ReviewtuiError(f"No checkpoint could be written in {folder} ({error.strerror or error}).") from error
    except Exception as error:  # safetensors raises its own error for a failed write
        raise ReviewtuiError(f"No checkpoint could be written in {folder} ({error}).") from error
    whole = _numbered(folder)
    for old in (*whole[: whole.index(target)], *whole[whole.index(target) + _KEPT :]):
        shutil.rmtree(old, ignore_errors=True)
    return target


def _write(folder: Path, checkpoint: Checkpoint) -> None:
    files: list[Path] = []
    for name, tensors in (
        ("weights", checkpoint.weights),
        ("optimizer", checkpoint.optimizer),
        ("best", checkpoint.best),
    ):
        if tensors:
            file = folder / f"{name}.safetensors"
            save_file({key: tensor.detach().cpu().contiguous() for key, tensor in tensors.items()}, file)
            file.chmod(0o600)
            files.append(file)
    for file in files:
        descriptor = os.open(file, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
    write_json(folder / "state.json", asdict(checkpoint.progress))
    files.append(folder / "state.json")
    manifest = {file.name: {"bytes": file.stat().st_size, "sha256": sha256_of(file)} for file in files}
    write_json(folder / "manifest.json", manifest)


def load_newest_checkpoint(folder: Path) -> tuple[Checkpoint | None, list[str]]:
    """The newest checkpoint that verifies, and a sentence for each newer one that was passed over."""
    skipped: list[str] = []
    for candidate in _numbered(folder):
        fault = _fault(candidate)
        if fault is None:
            return _load(candidate), skipped
        skipped.append(f"{candidate.name} is damaged ({fault}) and was passed over.")
    return None, skipped


def _fault(folder: Path) -> str | None:
    """What is wrong with a checkpoint, or None."""
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        for name, expected in manifest.items():
            file = folder / name
            if file.parent != folder or file.is_symlink():
                return f"{name} is no file of its own"
            if file.stat().st_size != expected["bytes"] or sha256_of(file) != expected["sha256"]:
                return f"{name} is not what was written"
        if not {"weights.safetensors", "state.json"} <= manifest.keys():
            return "its manifest is incomplete"
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ReviewtuiError):
        return "a file is missing or unreadable"
    return None


def _load(folder: Path) -> Checkpoint:
    def tensors(name: str) -> Tensors:
        file = folder / f"{name}.safetensors"
        return load_file(file) if file.exists() else {}

    progress = Progress(**json.loads((folder / "state.json").read_text()))
    return Checkpoint(progress, tensors("weights"), tensors("optimizer"), tensors("best"))


def _numbered(folder: Path) -> list[Path]:
    """The whole checkpoints of a run, the newest first."""
    found = [(int(match[1]), entry) for entry in folder.glob("step-*") if (match := _NAME.fullmatch(entry.name))]
    return [entry for _, entry in sorted(found, reverse=True)]


def optimizer_tensors(optimizer: torch.optim.Optimizer, names: dict[int, str]) -> Tensors:
    """The optimizer's state as named tensors `weight/moment`; `names` maps a parameter's id to its name."""
    return {
        f"{names[id(weight)]}/{key}": value
        for weight, state in optimizer.state.items()
        for key, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, weights: dict[str, torch.nn.Parameter], saved: Tensors) -> None:
    """Put back what `optimizer_tensors` took."""
    for key, value in saved.items():
        name, _, moment = key.rpartition("/")
        weight = weights[name]
        optimizer.state[weight][moment] = value.to(weight.device)  # fused AdamW wants its step count there too
