"""The progress of a run: state.json of a checkpoint, which holds all state of the training loop except tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.base.files import write_json
from core.runs.records import EvaluationRecord


@dataclass
class Progress:
    """The progress of a run."""

    step: int = 0
    """Optimizer steps done; they determine epoch, batch and learning rate."""
    seconds: float = 0.0
    """Training time so far: the pass over frozen layers, steps and evaluations, without pauses."""
    reviews: int = 0
    """Reviews trained on so far, counted again in every epoch."""
    best: EvaluationRecord | None = None
    """The evaluation whose weights are kept."""
    peak: float | None = None
    """The best value of `best_metric` so far; a loss is negated."""
    evaluated: int = 0
    """The last step after which the model was evaluated."""
    without_gain: int = 0
    """Evaluations since the best value."""
    average_loss: float | None = None
    """Running mean of the loss, which tells divergence from a single bad batch."""
    scaler: dict[str, int | float] = field(default_factory=dict)
    """State of the fp16 gradient scaler; empty without one."""
    limits: dict[str, int | bool] = field(default_factory=dict)
    """State of the micro-batch limits if memory has changed them; see `core/training/micro_batching.py`."""
    steps: int | None = None
    """Optimizer steps planned at that time."""
    adopted: bool = False
    """Whether the model has these weights already, because a branch with other trainable weights took them over."""


def read_progress(file: Path) -> Progress:
    """Return the progress in a checkpoint's state.json.

    Raises:
        OSError: The file cannot be read.
        ValueError: The content does not match the declaration.
    """
    return msgspec.json.decode(file.read_bytes(), type=Progress)


def write_progress(file: Path, progress: Progress) -> None:
    """Write a checkpoint's state.json."""
    write_json(file, msgspec.to_builtins(progress))
