"""The loss of one optimizer step: the mean over all its reviews, however they are split into micro-batches.

Each micro-batch contributes a sum; the divisor belongs to the whole step and is known before its first forward pass. So
micro-batches of 1, 4 and 32 give the same gradient, also with ragged batches and class weights.
"""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional


def class_weights(labels: np.ndarray, classes: int, choice: str) -> torch.Tensor | None:
    """Return [C] class weights, N / (C × rows of the class) as scikit-learn's `balanced`; None for the choice none."""
    if choice == "none":
        return None
    counts = np.bincount(labels, minlength=classes)
    return torch.tensor(len(labels) / (classes * np.maximum(counts, 1)), dtype=torch.float32)


def step_divisor(labels: torch.Tensor, weights: torch.Tensor | None) -> float:
    """Return the divisor of a step's summed loss: the sum of the class weights of its labels [B]."""
    return float(weights[labels].sum()) if weights is not None else float(len(labels))


def loss_sum(
    logits: torch.Tensor, labels: torch.Tensor, weights: torch.Tensor | None, smoothing: float
) -> torch.Tensor:
    """Return the summed cross-entropy of logits [B, C] and labels [B], in fp32, with class weights and smoothing.

    The sum over a step, divided by `step_divisor`, equals torch's `cross_entropy(reduction="mean")` of the whole step.
    """
    return functional.cross_entropy(logits.float(), labels, weight=weights, label_smoothing=smoothing, reduction="sum")


class LossWatch:
    """Detects divergence: a loss or gradient that is not finite, or a loss that runs away."""

    def __init__(self, classes: int, average: float | None = None) -> None:
        """Args: average: running mean of the loss in the checkpoint that a run is resumed from."""
        self._chance = float(np.log(classes))
        self.average = average
        """Running mean of the loss; None before the first step."""

    def complaint(self, loss: float, gradient_norm: float, step: int) -> str | None:
        """Return a message if the run has diverged, otherwise None."""
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
