"""Where a run stands: state.json of a checkpoint, all that training needs to go on besides tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from core.base.files import write_json
from core.runs.records import EvaluationRecord


@dataclass
class Progress:
    """Where a run stands."""

    step: int = 0
    """Optimizer steps done; position, epoch and learning rate follow from it."""
    seconds: float = 0.0
    """Training time so far, without pauses."""
    reviews: int = 0
    """Reviews learned from so far, each as often as it was."""
    best: EvaluationRecord | None = None
    """The evaluation whose weights are kept."""
    peak: float | None = None
    """The best validation figure so far (a loss is negated)."""
    without_gain: int = 0
    """Evaluations in a row without a better figure."""
    average_loss: float | None = None
    """Running mean of the loss, by which a divergence is told from one bad batch."""
    scaler: dict[str, int | float] = field(default_factory=dict)
    """State of the fp16 gradient scaler, if there is one."""
    limits: dict[str, int | bool] = field(default_factory=dict)
    """Limits of micro-batches that memory has changed; see `core/training/micro_batching.py`."""
    steps: int | None = None
    """Optimizer steps that were planned when this was taken."""
    adopted: bool = False
    """Whether the model has these weights already: they were another run's, in which others learned."""


def read_progress(file: Path) -> Progress:
    """Return the progress in a checkpoint's state.json.

    Raises:
        OSError: it cannot be read.
        ValueError: it does not fit the declaration.
    """
    return msgspec.json.decode(file.read_bytes(), type=Progress)


def write_progress(file: Path, progress: Progress) -> None:
    """Write a checkpoint's state.json."""
    write_json(file, msgspec.to_builtins(progress))
