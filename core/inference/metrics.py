"""Figures that say how good a classifier is, from logits and labels.

The figures of an evaluation are counts of a confusion matrix, computed here with NumPy: scikit-learn computes the same
(the tests compare them), but importing it takes a second and 100 MB that the first step of a run would wait for. Only
the temperature needs scipy, once, when a model is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_ECE_BINS = 15
_NULL_DRAWS = 500


def measure(logits: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Loss (mean cross-entropy, nats), accuracy, macro F1, and precision, recall, F1 and rows of each class.

    The macro F1 is the mean over the classes that occur among the labels or the predictions. A ratio without any rows
    is 0.

    Args:
        logits: [N, C]. labels: [N]. names: C class names.
    """
    matrix = np.array(confusion(logits, labels, len(names)))
    right, rows, predicted = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    precision, recall = _ratio(right, predicted), _ratio(right, rows)
    f1 = _ratio(2 * right, rows + predicted)
    return {
        "loss": float(-_log_softmax(logits)[np.arange(len(labels)), labels].mean()),
        "accuracy": float(right.sum() / rows.sum()),
        "macro_f1": float(f1[rows + predicted > 0].mean()),
        "per_class": {
            name: {
                "precision": float(precision[index]),
                "recall": float(recall[index]),
                "f1": float(f1[index]),
                "rows": int(rows[index]),
            }
            for index, name in enumerate(names)
        },
    }


def confusion(logits: np.ndarray, labels: np.ndarray, classes: int) -> list[list[int]]:
    """[C, C] counts: row = true class, column = predicted class."""
    pairs = labels.astype(np.int64) * classes + logits.argmax(axis=1)
    matrix: list[list[int]] = np.bincount(pairs, minlength=classes**2).reshape(classes, classes).tolist()
    return matrix


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """Return part / whole, or 0 if `whole` is 0."""
    ratio: np.ndarray = np.divide(part, whole, out=np.zeros(len(whole)), where=whole > 0)
    return ratio


def expected_calibration_error(probabilities: np.ndarray, labels: np.ndarray) -> float:
    """ECE over 15 equal-width bins of the highest probability (Guo et al. 2017): Σ n_b/n · |accuracy_b − confidence_b|.

    Args:
        probabilities: [N, C]. labels: [N].
    """
    confidence = probabilities.max(axis=1)
    correct = (probabilities.argmax(axis=1) == labels).astype(np.float64)
    return calibration_error(confidence, correct)


def calibration_error(confidence: np.ndarray, correct: np.ndarray) -> float:
    """The same from the highest probabilities [N], and whether the classes that have them are right [N]."""
    bins = np.minimum((confidence * _ECE_BINS).astype(int), _ECE_BINS - 1)
    gaps = np.bincount(bins, weights=correct - confidence, minlength=_ECE_BINS)
    return float(np.abs(gaps).sum() / len(confidence))


def ece_null_band(probabilities: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """Mean and 95th percentile of the ECE that a perfectly calibrated model would show on as many rows.

    ECE is never zero on finite data: labels are drawn from the probabilities themselves, 500 times.
    """
    return calibration_null_band(probabilities.max(axis=1), seed)


def calibration_null_band(confidence: np.ndarray, seed: int = 0) -> tuple[float, float]:
    """The same from the highest probabilities [N]."""
    generator = np.random.default_rng(seed)
    draws = [calibration_error(confidence, generator.random(len(confidence)) < confidence) for _ in range(_NULL_DRAWS)]
    return float(np.mean(draws)), float(np.quantile(draws, 0.95))


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the T > 0 that minimizes the loss of softmax(logits / T) (Guo et al. 2017); no predicted class changes."""
    from scipy.optimize import minimize_scalar

    def loss(log_temperature: float) -> float:
        scaled = _log_softmax(logits / np.exp(log_temperature))
        return float(-scaled[np.arange(len(labels)), labels].mean())

    logits = logits.astype(np.float64)
    return float(np.exp(minimize_scalar(loss, bounds=(-3, 3), method="bounded").x))


def probabilities_of(logits: np.ndarray) -> np.ndarray:
    """[N, C] float64 probabilities of [N, C] logits."""
    powers = np.exp(_shifted(logits))
    result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return result


def _log_softmax(logits: np.ndarray) -> np.ndarray:
    shifted = _shifted(logits)
    result: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _shifted(logits: np.ndarray) -> np.ndarray:
    """float64 logits minus the largest of their row, so that no power overflows."""
    wide = logits.astype(np.float64)
    result: np.ndarray = wide - wide.max(axis=1, keepdims=True)
    return result
