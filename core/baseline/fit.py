"""Logistic regression whose regularization is chosen by cross-validation.

scikit-learn fits it; importing that takes a second, so it is imported where it is needed. It gets one thread: with two,
a thousand reviews took nine times as long beside busy processes. Features are standardized for the fit, and what is
returned applies to the features as they were.

Shapes: N reviews, F features, C classes.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from core.inference.metrics import probabilities_of

GRID = tuple(float(c) for c in 10.0 ** np.arange(-4, 2.5, 0.5))
"""The values of C that are tried, in ascending order: the variance that weights of standardized features may have."""
FOLDS = 5
_WITHOUT_FOLDS = 1e-2
"""C where there are too few reviews to hold any out."""
_SEARCHED = 5_000
"""The most reviews that C is chosen on."""
_WORSE = 2
"""The search ends after this many values of C in a row that were worse than the best."""
_ITERATIONS = 300
_CONSTANT = 1e-6
"""A feature whose standard deviation is smaller tells nothing, and gets no weight."""


@dataclass(frozen=True)
class Fit:
    """A fitted logistic regression: logits = features · weightsᵀ + bias."""

    weights: np.ndarray
    """[C, F]"""
    bias: np.ndarray
    """[C]"""
    c: float
    """The inverse strength of the regularization."""
    folds: int
    """0 if there were too few reviews to hold any out."""
    loss: float | None
    """Mean cross-entropy on the folds held out, in nats; None without folds."""

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return the logits [n, C] of features [n, F]."""
        result: np.ndarray = features @ self.weights.T + self.bias
        return result


def sample(labels: np.ndarray, most: int, seed: int) -> np.ndarray:
    """Return the positions, in ascending order, of at most `most` of N reviews, drawn alike from every class.

    Every class that occurs keeps one review at least, even if that makes them more.
    """
    if len(labels) <= most:
        return np.arange(len(labels))
    generator, share = np.random.default_rng(seed), most / len(labels)
    drawn = []
    for rows in (np.flatnonzero(labels == label) for label in np.unique(labels)):
        drawn.append(generator.permutation(rows)[: max(int(len(rows) * share), 1)])
    return np.sort(np.concatenate(drawn))


def fit(
    features: np.ndarray,
    labels: np.ndarray,
    classes: int,
    *,
    class_weights: Literal["none", "balanced"],
    seed: int,
    progress: Callable[[float], None] = lambda fraction: None,
    c: float | None = None,
) -> Fit:
    """Choose C by the loss on stratified folds, then fit all reviews with it.

    A class without any review gets a logit that makes it less likely than one review in N.

    Args:
        features: [N, F]. labels: [N], of at least two classes.
        classes: C, including classes that have no review.
        class_weights: `balanced` weights each review by N / (C × reviews of its class).
        seed: Decides the folds.
        progress: Called with the fraction done, 0 to 1; an exception from it ends the work.
        c: C, if it has been chosen before; no folds are fitted then.
    """
    from threadpoolctl import threadpool_limits

    wide = features.astype(np.float64)
    mean, deviation = wide.mean(axis=0), wide.std(axis=0)
    scale = np.divide(1.0, deviation, out=np.zeros_like(deviation), where=deviation > _CONSTANT)
    wide = (wide - mean) * scale
    weighting = None if class_weights == "none" else "balanced"
    with threadpool_limits(1):
        c, folds, loss = (c, 0, None) if c is not None else _choose(wide, labels, weighting, seed, progress)
        model = _model(c, weighting)
        _fit(model, wide, labels)
    coefficients, intercepts = _by_class(model, classes, len(labels))
    progress(1.0)
    return Fit(coefficients * scale, intercepts - (coefficients * scale) @ mean, c, folds, loss)


def _choose(
    features: np.ndarray, labels: np.ndarray, weighting: str | None, seed: int, progress: Callable[[float], None]
) -> tuple[float, int, float | None]:
    """Return the C with the lowest mean loss on the reviews held out, the number of folds, and that loss."""
    chosen = sample(labels, _SEARCHED, seed)
    features, labels = features[chosen], labels[chosen]
    fold_of = assign_folds(labels, seed)
    folds = [number for number in range(FOLDS) if (fold_of == number).any()]
    if len(folds) < 2:
        return _WITHOUT_FOLDS, 0, None
    models: dict[int, Any] = {number: _model(GRID[0], weighting, again=True) for number in folds}
    best, lowest, worse = GRID[0], np.inf, 0
    for place, c in enumerate(GRID):
        total, weight = 0.0, 0.0
        for number, model in models.items():
            progress((place + number / FOLDS) / (len(GRID) + 1))
            out = fold_of == number
            model.C = c
            _fit(model, features[~out], labels[~out])
            losses = _losses(model, features[out], labels[out])
            counts = _weights(labels, weighting)[out]
            total, weight = total + float(losses @ counts), weight + float(counts.sum())
        if total / weight < lowest:
            best, lowest, worse = c, total / weight, 0
        elif (worse := worse + 1) >= _WORSE:
            break
    return best, len(folds), lowest


def assign_folds(labels: np.ndarray, seed: int) -> np.ndarray:
    """Return the fold [N] of each review: as many of each class in every fold as possible.

    The only review of its class is in fold −1, so that it is never held out: each class is always among those learned.
    """
    generator = np.random.default_rng(seed)
    fold_of = np.full(len(labels), -1)
    begin = 0
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        if len(rows) > 1:
            fold_of[rows] = (begin + np.arange(len(rows))) % FOLDS
            begin += len(rows)
    return fold_of


def _model(c: float, weighting: str | None, *, again: bool = False) -> Any:
    """Return a logistic regression. Args: again: whether each fit begins where the last one ended."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, class_weight=weighting, max_iter=_ITERATIONS, warm_start=again)


def _fit(model: Any, features: np.ndarray, labels: np.ndarray) -> None:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():  # so little regularization is not what is chosen
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(features, labels)


def _losses(model: Any, features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the cross-entropy [n] of reviews, all of whose classes the model knows."""
    logits = model.decision_function(features)
    if logits.ndim == 1:
        logits = np.stack([-logits / 2, logits / 2], axis=1)
    at = np.searchsorted(model.classes_, labels)
    losses: np.ndarray = -np.log(np.maximum(probabilities_of(logits)[np.arange(len(at)), at], 1e-300))
    return losses


def _weights(labels: np.ndarray, weighting: str | None) -> np.ndarray:
    """Return the weight [N] of each review."""
    if weighting is None:
        return np.ones(len(labels))
    counts = np.bincount(labels)
    weights: np.ndarray = len(labels) / ((counts > 0).sum() * counts[labels])
    return weights


def _by_class(model: Any, classes: int, reviews: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the weights [C, F] and the bias [C] of all classes; of two, each gets half of the only logit."""
    found, intercepts = model.coef_, model.intercept_
    if len(found) == 1:
        found, intercepts = np.concatenate([-found, found]) / 2, np.concatenate([-intercepts, intercepts]) / 2
    weights = np.zeros((classes, found.shape[1]))
    bias = np.full(classes, float(intercepts.min()) - np.log(reviews + 1))
    weights[model.classes_], bias[model.classes_] = found, intercepts
    return weights, bias
