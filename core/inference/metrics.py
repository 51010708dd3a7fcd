"""Figures that say how good a classifier is, from logits and labels. Formulas are scikit-learn's and scipy's.

Both are imported where they are used: together they take a second and 100 MB, and the first step of a run needs
neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_ECE_BINS = 15
_NULL_DRAWS = 500


def measure(logits: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Loss (mean cross-entropy, nats), accuracy, macro F1 and each class's precision, recall, F1 and rows.

    Args:
        logits: [N, C]. labels: [N]. names: C class names.
    """
    from scipy.special import log_softmax
    from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

    predicted = logits.argmax(axis=1)
    classes = np.arange(len(names))
    precision, recall, f1, rows = precision_recall_fscore_support(labels, predicted, labels=classes, zero_division=0.0)
    per_class = {
        name: {
            "precision": float(precision[i]),
            "recall": float(recall[i]),
            "f1": float(f1[i]),
            "rows": int(rows[i]),
        }
        for i, name in enumerate(names)
    }
    present = np.unique(np.concatenate([labels, predicted]))
    return {
        "loss": float(-log_softmax(logits.astype(np.float64), axis=1)[np.arange(len(labels)), labels].mean()),
        "accuracy": float(accuracy_score(labels, predicted)),
        "macro_f1": float(f1_score(labels, predicted, labels=present, average="macro", zero_division=0.0)),
        "per_class": per_class,
    }


def confusion(logits: np.ndarray, labels: np.ndarray, classes: int) -> list[list[int]]:
    """[C, C] counts: row = true class, column = predicted class."""
    from sklearn.metrics import confusion_matrix

    matrix = confusion_matrix(labels, logits.argmax(axis=1), labels=np.arange(classes))
    return [[int(count) for count in row] for row in matrix]


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """ECE over 15 equal-width bins of the highest probability (Guo et al. 2017): Σ n_b/n · |accuracy_b − confidence_b|.

    Args:
        probabilities: [N, C]. labels: [N].
    """
    confidence = probabilities.max(axis=1)
    correct = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    return _ece(confidence, correct)


def _ece(confidence: np.ndarray, correct: np.ndarray) -> float:
    bins = np.minimum((confidence * _ECE_BINS).astype(int), _ECE_BINS - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=_ECE_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def ece_null_band(probabilities: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Mean and 95th percentile of the ECE that a perfectly calibrated model would show on as many rows.

    ECE is never zero on finite data: labels are drawn from the probabilities themselves, 500 times.
    """
    generator = np.random.default_rng(seed)
    confidence = probabilities.max(axis=1)
    draws = [_ece(confidence, generator.random(len(confidence)) < confidence) for _ in range(_NULL_DRAWS)]
    return float(np.mean(draws)), float(np.quantile(draws, 0.95))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """The T > 0 that minimises the loss of softmax(logits / T) (Guo et al. 2017); the predicted class never changes."""
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(logits.astype(np.float64) / np.exp(log_temperature), axis=1)
        return float(-scaled[np.arange(len(labels)), labels].mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def probabilities_of(logits: np.ndarray) -> np.ndarray:
    """[N, C] probabilities of [N, C] logits."""
    from scipy.special import softmax

    result: np.ndarray = softmax(logits.astype(np.float64), axis=1)
    return result
