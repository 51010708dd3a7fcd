"""The loss of a student: of each step over B reviews, of which some are labelled,

    label_weight · mean cross-entropy of the labelled ones (class weights and smoothing as in fine-tuning)
  + soft_weight · T² · mean KL divergence of the teacher's probabilities from the student's, both at temperature T
    (Hinton et al. 2015: T² keeps the size of its gradient while T changes)
  + hidden_weight · mean squared distance of the first tokens' output of each layer from that of the teacher's layer
    which it imitates, both scaled to length 1 (Sun et al. 2019, "Patient Knowledge Distillation")

A classifier reads its first token only, so that token's path is what there is to imitate; it takes one row per layer
and review to keep, where all tokens would take hundreds.
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
from core.runs.outline import Distillation
from core.training.loss import loss_sum, step_divisor

_UNRELATED = 2.0
"""The squared distance of two unrelated directions."""


class Answers(Protocol):
    """What the teacher says of N reviews."""

    def take(self, positions: np.ndarray) -> np.ndarray:
        """Return, for the reviews at [B] `positions`, logits and layers [B, C + layers · H] side by side, in fp32."""


@dataclass(frozen=True)
class Imitation:
    """The objective of a student; see `core.training.loss.Objective`."""

    asked: Distillation
    labels: np.ndarray
    """[N] classes of the training examples, −1 for those without a label."""
    classes: int
    answers: Answers
    layers: tuple[int, ...]
    """The student's layers that imitate one of the teacher's."""
    class_weights: torch.Tensor | None
    smoothing: float
    device: torch.device

    @property
    def chance(self) -> float:
        words = float(np.log(self.classes))
        soft = self.asked.soft_weight * self.asked.temperature**2
        return (self.asked.label_weight + soft) * words + self._hidden_weight * _UNRELATED

    @property
    def _hidden_weight(self) -> float:
        return self.asked.hidden_weight if self.layers else 0.0

    @cached_property
    def _weights(self) -> torch.Tensor | None:
        return self.class_weights.to(self.device) if self.class_weights is not None else None

    def divisors(self, positions: np.ndarray) -> tuple[float, ...]:
        """Return those of the labels and of all reviews."""
        labels = self.labels[positions]
        labelled = torch.from_numpy(labels[labels >= 0])
        return step_divisor(labelled, self.class_weights) or 1.0, float(len(positions))

    def loss(self, positions: np.ndarray, divisors: tuple[float, ...]) -> Loss:
        labels = send(self.labels[positions], self.device)
        answers = send(self.answers.take(positions), self.device)
        labelled, reviews = divisors
        asked = self.asked

        def loss(logits: torch.Tensor, *hidden: torch.Tensor) -> torch.Tensor:
            value = loss_sum(logits, labels, self._weights, self.smoothing) * (asked.label_weight / labelled)
            taught = answers[:, : self.classes]
            value = value + soft_sum(logits, taught, asked.temperature) * (asked.soft_weight / reviews)
            if hidden:
                theirs = answers[:, self.classes :].chunk(len(hidden), dim=1)
                value = value + hidden_sum(hidden, theirs) * (asked.hidden_weight / reviews)
            return value

        return loss


def soft_sum(logits: torch.Tensor, taught: torch.Tensor, temperature: float) -> torch.Tensor:
    """Return T² times the summed KL divergence of the teacher's softened probabilities from the student's.

    Args:
        logits: [B, C] of the student.
        taught: [B, C] of the teacher.
    """
    own = functional.log_softmax(logits.float() / temperature, dim=1)
    theirs = functional.log_softmax(taught / temperature, dim=1)
    return temperature**2 * functional.kl_div(own, theirs, reduction="sum", log_target=True)


def hidden_sum(own: tuple[torch.Tensor, ...], theirs: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Return the summed squared distance of [B, H] outputs scaled to length 1, as the mean over layers."""
    distances = [
        (functional.normalize(mine.float(), dim=1) - functional.normalize(taught, dim=1)).square().sum()
        for mine, taught in zip(own, theirs, strict=True)
    ]
    return torch.stack(distances).mean()
