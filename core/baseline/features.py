"""What a frozen encoder gives the regression, and the logits of the model that the regression becomes.

Shapes: N reviews, H hidden size, F features, C classes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from core.baseline.head import features_of
from core.data.examples import Examples
from core.data.tokens import SpecialTokens
from core.learners.base import Learner
from core.models.classifier import Classifier
from core.models.head import head_of
from core.planning.run_plan import RunPlan
from core.planning.sizes import EVALUATION_TOKENS
from core.training.evaluator import Evaluator


class Features:
    """The training and the validation reviews of a baseline, seen through a learner whose encoder is frozen."""

    def __init__(
        self,
        learner: Learner,
        classifier: Classifier,
        special_tokens: SpecialTokens,
        training: Examples,
        validation: Examples,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        """Args:
        training: The reviews to learn from.
        heartbeat: Called before every forward pass; see `core/runs/heartbeat.py`.
        """
        self.special_tokens, self.training, self.validation = special_tokens, training, validation
        self._learner, self._heartbeat = learner, heartbeat
        self._head, self._classes = head_of(classifier.model), len(classifier.labels)

    @property
    def plan(self) -> RunPlan:
        """What computes the encoder."""
        return self._learner.plan

    def prepare(self, progress: Callable[[float], None]) -> str:
        """Compute the output of the encoder, or find it, where it is kept; return a sentence about it, if it is."""
        sentence = self._learner.prepare((self.training, self.validation), progress)
        return sentence if self._learner.cached_layers else ""

    def of_training(self, progress: Callable[[float], None]) -> np.ndarray:
        """Return the features [N, F] in fp32 of the training reviews.

        Raises:
            OutOfMemoryError: Not even one review fits.
        """
        first: Any = self._head.first
        inputs = self._all(_HeadInputs(self._learner), self.training, first.weight.shape[1], progress)
        return features_of(torch.from_numpy(inputs), self._head)

    def logits_of_validation(self, progress: Callable[[float], None]) -> np.ndarray:
        """Return the logits [N, C] in fp32 of the validation reviews, with the head as it is now.

        Raises:
            OutOfMemoryError: Not even one review fits.
        """
        return self._all(self._learner, self.validation, self._classes, progress)

    def finish(self) -> None:
        """Put all weights into the module."""
        self._learner.finish()

    def _all(self, learner: Any, examples: Examples, width: int, progress: Callable[[float], None]) -> np.ndarray:
        evaluator = Evaluator(
            learner, self.special_tokens, width, EVALUATION_TOKENS, lambda reviews: None, self._heartbeat
        )
        return evaluator.logits(examples, np.arange(len(examples.rows)), progress)


class _HeadInputs:
    """A learner whose logits are what its head reads."""

    def __init__(self, learner: Learner) -> None:
        self.logits, self.free = learner.head_inputs, learner.free
