"""Piles with known true errors, in the order in which random audits meet them."""

from __future__ import annotations

from math import log

import numpy as np

LIMIT, CONFIDENCE = 0.02, 0.95
STEEPNESS = log(0.02 / 0.111) / log(0.5)
"""Of a model with accuracy 0.889 whose more confident half is wrong in 2 %: errors grow with a power of the rank."""


def border_pile(generator: np.random.Generator, reviews: int, parts: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """[reviews] confidences and errors of a pile in which every threshold of a grid accepts exactly 2 % errors.

    Each of `parts` bands of confidence has `reviews` / `parts` reviews, of which 2 % are wrong.
    """
    band = reviews // parts
    errors = round(LIMIT * band)
    assert errors == LIMIT * band
    wrong = np.concatenate([generator.permutation(np.arange(band) < errors) for _ in range(parts)])
    confidences = np.sort(generator.random(len(wrong)))
    order = generator.permutation(len(wrong))
    return confidences[order], wrong[order]


def usual_pile(generator: np.random.Generator, reviews: int) -> tuple[np.ndarray, np.ndarray]:
    """[reviews] confidences and errors of a model that is the less often wrong, the more confident it is."""
    confidences = generator.random(reviews)
    return confidences, generator.random(reviews) < 0.111 * (STEEPNESS + 1) * (1 - confidences) ** STEEPNESS


def true_rate(accepted: float) -> float:
    """The error rate among the most confident share `accepted` of such a model's answers."""
    return float(0.111 * accepted**STEEPNESS)
