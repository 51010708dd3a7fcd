"""The loss of one optimizer step: the mean over all its reviews, however they are split into micro-batches.

Each micro-batch contributes a sum; the divisor belongs to the whole step and is known before its first forward pass. So
micro-batches of 1, 4 and 32 give the same gradient, also with ragged batches and class weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import torch
from torch.nn import functional

from core.learners.base import Loss
from core.models.device import send
from core.settings.schema import Settings


class Objective(Protocol):
    """What training minimizes. Reviews are named by their positions among the training examples."""

    @property
    def layers(self) -> tuple[int, ...]:
        """The layers whose output for the first tokens the loss reads; see `Learner.learn`."""

    @property
    def chance(self) -> float:
        """The loss, in nats, of a model that has learned nothing; training that stays far above it has diverged."""

    def divisors(self, positions: np.ndarray) -> tuple[float, ...]:
        """Return the divisors of a step's sums over the reviews at [B] `positions`."""

    def loss(self, positions: np.ndarray, divisors: tuple[float, ...]) -> Loss:
        """Return the loss of a micro-batch of the reviews at [b] `positions`.

        Args:
            divisors: Of the whole step.
        """


@dataclass(frozen=True)
class CrossEntropy:
    """The mean cross-entropy of the labels, with class weights and label smoothing."""

    labels: np.ndarray
    """[N] classes of the training examples."""
    classes: int
    class_weights: torch.Tensor | None
    """[C]"""
    smoothing: float
    device: torch.device

    layers = ()

    @property
    def chance(self) -> float:
        return float(np.log(self.classes))

    @cached_property
    def _weights(self) -> torch.Tensor | None:
        """[C] class weights on the device."""
        return self.class_weights.to(self.device) if self.class_weights is not None else None

    def divisors(self, positions: np.ndarray) -> tuple[float, ...]:
        return (step_divisor(torch.from_numpy(self.labels[positions]), self.class_weights),)

    def loss(self, positions: np.ndarray, divisors: tuple[float, ...]) -> Loss:
        targets = send(self.labels[positions], self.device)
        return lambda logits: loss_sum(logits, targets, self._weights, self.smoothing) / divisors[0]


def cross_entropy(labels: np.ndarray, classes: int, settings: Settings, device: torch.device) -> CrossEntropy:
    """Return the objective of fine-tuning on training examples with [N] `labels`, as `settings` ask for it."""
    weights = class_weights(labels, classes, settings.class_weights)
    return CrossEntropy(labels, classes, weights, settings.label_smoothing, device)


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

    Reviews with the label −1 have none, and contribute nothing.
    The sum over a step, divided by `step_divisor`, equals torch's `cross_entropy(reduction="mean")` of the whole step.
    """
    return functional.cross_entropy(
        logits.float(), labels, weight=weights, label_smoothing=smoothing, reduction="sum", ignore_index=-1
    )


class LossWatch:
    """Detects divergence: a loss or gradient that is not finite, or a loss that runs away."""

    def __init__(self, chance: float, average: float | None = None) -> None:
        """Args:
        chance: The loss of a model that has learned nothing.
        average: Running mean of the loss in the checkpoint that a run is resumed from.
        """
        self._chance = chance
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
