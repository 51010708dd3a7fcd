"""Which labels an out-of-fold model doubts, from its probabilities alone.

A review's score is the probability that a model which has not seen it gives to its label (self-confidence). How many
labels are probably wrong is estimated by confident learning (Northcutt, Jiang and Chuang 2021): a review counts as
confidently of class j if its probability of j is at least the mean probability of j among the reviews labelled j; of
several such classes, the most probable one counts. A review that is confidently of another class than its label is
likely to be wrong. Because each class has a threshold of its own, classes that are rare or hard are treated alike.

Shapes: N reviews, C classes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Doubts:
    """What is doubted about N labels."""

    suggested: np.ndarray
    """[N] int64, the class that the model would give."""
    likely: np.ndarray
    """[N] bool, whether the label is likely to be wrong."""
    contradicted: np.ndarray
    """[N] bool, whether a copy of the text has another label."""
    order: np.ndarray
    """[M] int64, the rows that are suspected, the most suspicious first."""


def doubts_of(probabilities: np.ndarray, labels: np.ndarray, hashes: np.ndarray, judged: np.ndarray) -> Doubts:
    """Return what is doubted, given what models that have not seen a review think of it.

    Suspected are, in this order: texts whose copies have different labels, all copies together; reviews that are the
    only text of their class, which no model can judge; and reviews for which another class is confident, or just more
    probable. Within each kind, the lowest probability of the label comes first.

    Args:
        probabilities: [N, C]; rows that were not judged may hold anything.
        labels: [N], the class that each review is labelled as.
        hashes: [N], of the texts.
        judged: [N] bool, whether a model has judged the review.
    """
    rows = np.arange(len(labels))
    given = np.where(judged, probabilities[rows, labels], 0.0)
    likely, confident = _confidently_other(probabilities, labels, judged)
    suggested = np.where(likely, confident, probabilities.argmax(axis=1))
    suggested = np.where(judged, suggested, labels)
    _, text_of = np.unique(hashes, return_inverse=True)
    contradicted = _differ(text_of, labels)
    suspected = contradicted | ~judged | (suggested != labels)
    lowest = np.full(len(hashes), np.inf)
    np.minimum.at(lowest, text_of, given)
    kind = np.where(contradicted, 0, np.where(judged, 2, 1))
    by_text = np.where(contradicted, lowest[text_of], 0.0)
    together = np.where(contradicted, text_of, 0)
    order = np.lexsort((rows, given, together, by_text, kind))
    return Doubts(suggested.astype(np.int64), likely, contradicted, order[suspected[order]])


def _confidently_other(
    probabilities: np.ndarray, labels: np.ndarray, judged: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether each review is confidently of another class than its label [N], and of which one [N]."""
    classes = probabilities.shape[1]
    thresholds = np.full(classes, np.inf)
    for label in range(classes):
        own = judged & (labels == label)
        if own.any():
            thresholds[label] = probabilities[own, label].mean()
    above = np.where(probabilities >= thresholds, probabilities, -1.0)
    confident = above.argmax(axis=1)
    return judged & (above.max(axis=1) >= 0) & (confident != labels), confident


def _differ(text_of: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return whether the reviews with the same text have different labels [N]."""
    if not len(labels):
        return np.zeros(0, dtype=np.bool_)
    lowest = np.full(int(text_of.max()) + 1, np.iinfo(np.int64).max)
    highest = np.full(len(lowest), -1)
    np.minimum.at(lowest, text_of, labels)
    np.maximum.at(highest, text_of, labels)
    differing: np.ndarray = (lowest != highest)[text_of]
    return differing
