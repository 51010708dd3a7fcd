"""The disk space that a run takes."""

from __future__ import annotations

from core.forecast.run import Run
from core.runs.checkpoint_folders import CHECKPOINTS_KEPT


def disk_bytes(run: Run, training_seconds: float) -> int:
    """Return the bytes of a run's folder once it has ended: the model, and the checkpoints that are kept.

    Args:
        run: The run.
        training_seconds: Duration of its steps and evaluations. A checkpoint is written at intervals and at the end.
    """
    checkpoint = run.learned_bytes + run.moment_bytes + run.best_bytes
    count = min(CHECKPOINTS_KEPT, 1 + int(training_seconds / max(run.settings.checkpoint_seconds, 1e-9)))
    return 4 * run.shape.weights + count * checkpoint
