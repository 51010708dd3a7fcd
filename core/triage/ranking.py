"""What comes first in each order: one number per row, the smallest first. Ties are broken by the hashes of the texts.

Shapes: N rows, C classes. NaN stands for what is not known, such as a row without scores; it comes last.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.base.errors import InputError
from core.base.mixing import mixed
from core.base.text import clean_line
from core.inference.metrics import probabilities_of
from core.scores.scores import Scores

Array = np.ndarray[Any, Any]

_TIES = np.uint64(0x71E5)


def ordered(keys: Array, hashes: Array) -> Array:
    """Return all rows by their keys [N], the smallest first; equal ones by the hashes of their texts, then by row."""
    return np.lexsort((mixed(hashes ^ _TIES), keys))  # the last is the first key; NaN sorts last


def margins(probabilities: Array) -> Array:
    """Return the probability of the best class minus that of the second [N], from 0 to 1.

    A temperature does not change the order if there are two classes; with more, these are the uncalibrated ones.
    """
    if probabilities.shape[1] < 2:
        return probabilities[:, 0].copy()
    best = np.sort(probabilities, axis=1)[:, -2:]
    found: Array = best[:, 1] - best[:, 0]
    return found


def disagreement(scores: Scores, against: Scores) -> Array:
    """Return how far two models are from disagreeing [N]: −1 to 0 where their labels differ, else 0 to 1.

    In both ranges, the first is where the probabilities differ most: half the sum of all differences (total variation).

    Raises:
        InputError: The models have different labels.
    """
    ours, theirs = probabilities_of(scores.logits), same_classes(scores, against)
    with np.errstate(invalid="ignore"):
        differ = ours.argmax(axis=1) != theirs.argmax(axis=1)
        distance = np.abs(ours - theirs).sum(axis=1) / 2
    keys: Array = np.where(differ, 0.0, 1.0) - distance
    return keys


def same_classes(scores: Scores, against: Scores) -> Array:
    """Return the probabilities of the second model, in the order of the classes of the first [N, C].

    Raises:
        InputError: The models have different labels.
    """
    if sorted(scores.labels) != sorted(against.labels):
        one, other = (", ".join(clean_line(label, 30) for label in each.labels) for each in (scores, against))
        raise InputError(f"The two models have different labels ({one}; {other}), so they cannot be compared.")
    columns = [against.labels.index(label) for label in scores.labels]
    return probabilities_of(against.logits)[:, columns]


def suspicion(scores: Scores, given: Array) -> Array:
    """Return the probability of the label that each row has [N]; NaN without one.

    Args:
        given: [N] int64, the class that the data says, −1 for none that the model knows.
    """
    probabilities = probabilities_of(scores.logits)
    found = np.full(len(given), np.nan)
    rows = np.flatnonzero(given >= 0)
    found[rows] = probabilities[rows, given[rows]]
    return found
