"""Two models' answers to the same rows, drawn with known true accuracies and a known share of discordant rows."""

from __future__ import annotations

import numpy as np


def right_answers(
    generator: np.random.Generator, rows: int, accuracy: float, discordant: float, difference: float
) -> tuple[np.ndarray, np.ndarray]:
    """[rows] booleans of each model: which rows it gets right; `accuracy` is the mean of the two."""
    only_a, only_b = (discordant + difference) / 2, (discordant - difference) / 2
    both = accuracy - discordant / 2
    kind = generator.choice(4, rows, p=[both, only_a, only_b, 1 - both - only_a - only_b])
    return kind <= 1, (kind == 0) | (kind == 2)


def answers(
    generator: np.random.Generator, rows: int, shares: list[float], accuracies: tuple[float, float], agreement: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[rows] labels with the given shares, and two models' predictions, which agree by more than chance."""

    def predict(accuracy: float) -> np.ndarray:
        wrong = (labels + generator.integers(1, len(shares), rows)) % len(shares)
        return np.where(generator.random(rows) < accuracy, labels, wrong)

    labels = generator.choice(len(shares), rows, p=shares)
    common = predict(sum(accuracies) / 2)
    one, other = (np.where(generator.random(rows) < agreement, common, predict(accuracy)) for accuracy in accuracies)
    return labels, one, other
