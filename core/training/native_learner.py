"""A learner on the native encoder: see `core/encoder`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from core.encoder.architecture import architecture_of
from core.encoder.dropout import MaskPool
from core.encoder.layout import Packed, pack
from core.encoder.network import Network
from core.encoder.optimizer import FlatOptimizer
from core.encoder.weights import Weights
from core.errors import ReviewtuiError
from core.models.classifier import Classifier
from core.settings import Settings
from core.training.checkpoints import Tensors
from core.training.learner import Loss, Path
from core.training.optimizer import grouping
from core.training.tokens import Frame

MICRO_TOKENS = 2048
"""Tokens of a micro-batch. Measured on two cores with AMX: from 1,024 to 8,192 the time is the same within 3 %, and the
memory of the activations grows with it."""


class NativeLearner:
    """See `core.training.learner.Learner`."""

    micro_tokens = MICRO_TOKENS
    micro_reviews: int | None = None

    def __init__(self, classifier: Classifier, frame: Frame, settings: Settings, precision: str, path: Path) -> None:
        self.path = path
        self._classifier, self._frame, self._settings = classifier, frame, settings
        self._dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self._architecture = architecture_of(classifier.model)
        self._weights = Weights(classifier.model, self._architecture, self._dtype, grouping(classifier, settings))
        self.boundary = _boundary(settings, self._architecture.layers)
        self._network = Network(self._weights, boundary=self.boundary, recompute=settings.gradient_checkpointing)
        self._optimizer = FlatOptimizer(self._weights, adaptive=settings.optimizer == "adamw")
        self._pool = MaskPool(settings.seed, self._dtype)

    def learn(
        self, reviews: Sequence[np.ndarray], loss: Loss, key: tuple[int, int, int], *, first: bool
    ) -> torch.Tensor:
        _, step, part = key
        return self._network.learn(self._pack(reviews), self._pool.masks(step, part), loss, first=first)

    def update(self, rate: float) -> float:
        return self._optimizer.update(rate, self._settings.max_grad_norm or None)

    def logits(self, reviews: Sequence[np.ndarray]) -> torch.Tensor:
        return self._network.logits(self._pack(reviews))

    def _pack(self, reviews: Sequence[np.ndarray]) -> Packed:
        shape = self._architecture
        whole = [self._frame.whole(ids) for ids in reviews]
        return pack(whole, shape.heads, shape.padding, counts_padding=shape.counts_padding, dtype=self._dtype)

    def weights(self) -> Tensors:
        return self._weights.snapshot()

    def moments(self) -> Tensors:
        return self._optimizer.tensors()

    def put(self, weights: Tensors) -> None:
        if not self._weights.fits(weights):
            raise ReviewtuiError("The checkpoint belongs to another model; its settings.toml was changed since.")
        self._weights.restore(weights)

    def put_moments(self, moments: Tensors) -> None:
        self._optimizer.restore(moments)

    def scaler_state(self) -> dict[str, Any]:
        return {}

    def put_scaler_state(self, state: dict[str, Any]) -> None:
        pass

    def finish(self) -> None:
        self._weights.release(self._classifier.model)


def _boundary(settings: Settings, layers: int) -> int:
    """How many layers from below are frozen; -1 where not even the embeddings are."""
    choice = settings.freeze_layers
    if choice == "none":
        return -1
    return {"embeddings": 0, "encoder": layers}.get(str(choice), -1) if isinstance(choice, str) else choice
