"""What the training loop tells its surroundings, and asks of them."""

from __future__ import annotations

from typing import Protocol

from core.runs.control import ControlRequest
from core.runs.records import EvaluationRecord, LayersRecord, OutOfMemoryRecord, StepRecord, TimeRecord
from core.training.checkpoints import Checkpoint


class Observer(Protocol):
    """Receives what happens in a run, and passes on requests to it."""

    def on_step(self, record: StepRecord) -> None: ...
    def on_layers(self, record: LayersRecord) -> None:
        """The step told last was looked at closely."""

    def on_time(self, record: TimeRecord) -> None: ...
    def on_evaluation(self, record: EvaluationRecord) -> None: ...
    def on_evaluating(self, fraction: float) -> None:
        """`fraction` of the validation reviews have been computed."""

    def on_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint. Its tensors are those being trained; they do not change before `settle` returns."""

    def settle(self) -> None:
        """Return once all tensors of checkpoints have been read: they are about to change."""

    def on_pause(self, paused: bool) -> None: ...
    def on_memory(self, record: OutOfMemoryRecord) -> None: ...
    def control_requests(self) -> list[ControlRequest]:
        """Return the requests made since the last call, oldest first."""
