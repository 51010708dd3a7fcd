"""How often two models give the same answer to reviews that nobody has labelled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from core.reviews.reading import Reviews

_MOST = 2_000
"""The most reviews that are classified for it; the share is then known to about two points."""
_CHUNK = 512


class Classifies(Protocol):
    """A model as `core.inference.predictor.Predictor`."""

    @property
    def labels(self) -> tuple[str, ...]: ...
    def logits(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]: ...


def agreement(
    one: Classifies, other: Classifies, reviews: Reviews, rows: np.ndarray, heartbeat: Callable[[], None] = lambda: None
) -> tuple[int, int]:
    """Return to how many of how many reviews both models give the same class.

    Args:
        one, other: Models with the same classes, in any order.
        rows: [N] rows of `reviews`; of more than 2,000, as many are drawn, always the same.
    """
    if len(rows) > _MOST:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:_MOST])
    names = np.array(one.labels), np.array(other.labels)
    same = 0
    for start in range(0, len(rows), _CHUNK):
        heartbeat()
        texts = reviews.texts(rows[start : start + _CHUNK])
        first, second = (
            known[model.logits(texts)[0].argmax(axis=1)] for model, known in zip((one, other), names, strict=True)
        )
        same += int((first == second).sum())
    return same, len(rows)
