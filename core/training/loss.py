"""The loss of one optimizer step: averaged over all its reviews at once, however they are parted into micro-batches.

Each micro-batch contributes a *sum*; the divisor belongs to the whole step and is known before its first forward
pass. So micro-batches of 1, 4 and 32 give the same gradient, with ragged parts and with class weights.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional


def class_weights(labels: np.ndarray, classes: int, choice: str) -> torch.Tensor | None:
    """[C] weights of the classes: None, or rows / (classes × rows of the class), as scikit-learn's 'balanced'."""
    if choice == "none":
        return None
    counts = np.bincount(labels, minlength=classes)
    return torch.tensor(len(labels) / (classes * np.maximum(counts, 1)), dtype=torch.float32)


def step_divisor(labels: torch.Tensor, weights: torch.Tensor | None) -> float:
    """What the summed loss of a step is divided by: its reviews [B], each counted with its class's weight."""
    return float(weights[labels].sum()) if weights is not None else float(len(labels))


def loss_sum(
    logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None, smoothing: float
) -> torch.Tensor:
    """Summed cross-entropy of logits [B, C] against labels [B], in fp32, weighted and smoothed.

    Summed over a step and divided by `step_divisor` it equals torch's `cross_entropy(reduction="mean")` of the step.
    """
    return functional.cross_entropy(logits.float(), labels, weight=weights, label_smoothing=smoothing, reduction="sum")


class LossWatch:
    """Says when training has gone wrong for good: a loss that is no number, or one that ran away."""

    def __init__(self, classes: int, average: float | None = None) -> None:
        """Args: average: where an earlier watch on the same run stood."""
        self._chance = float(np.log(classes))
        self.average = average
        """Running mean of the loss; None before the first step."""

    def complaint(self, loss: float, gradient_norm: float, step: int) -> str | None:
        """A sentence if the run should stop, else None."""
        if not np.isfinite(loss) or not np.isfinite(gradient_norm):
            what = "loss" if not np.isfinite(loss) else "gradient"
            return (
                f"The {what} is not a number at step {step}: training diverged. Lower learning_rate, "
                "or set precision fp32."
            )
        self.average = loss if self.average is None else 0.9 * self.average + 0.1 * loss
        if step >= 20 and self.average > 4 * self._chance:
            return (
                f"The loss ran away (average {self.average:.2f} at step {step}; guessing gives {self._chance:.2f}): "
                "training diverged. Lower learning_rate or raise warmup_ratio."
            )
        return None
