"""Dividing reviews into training and validation, and finding reviews that two sets share.

Who goes where is decided by the hash of the normalised text alone: copies of a text never sit on both sides, and the
order of the rows, or rows added later, move nobody who is not at the border.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.reading import Reviews
from core.reviews.report import Leak, SharedReview

Rows = np.ndarray[Any, np.dtype[np.int64]]

_EXAMPLES = 5


def split_by_hash(reviews: Reviews, fraction: float) -> tuple[Rows, Rows]:
    """Row numbers for training and for validation ([N_t] and [N_v] int64, ascending), stratified by class.

    In each class the texts are ordered by a mix of their hash, and the first ones go to validation until they hold
    `fraction` of the class's rows: at least one text where the class has two, and never all of them. A text whose
    copies carry different labels belongs to the class with the lowest index among them.

    Raises:
        InputError: `fraction` is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise InputError(f"The share kept for validation must be between 0 and 1, not {fraction:g}.")
    hashes, group_of_row, sizes = np.unique(reviews.hashes, return_inverse=True, return_counts=True)
    group_of_row = group_of_row.reshape(-1)
    labels = np.asarray(reviews.labels)
    classes = np.full(len(hashes), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(classes, group_of_row, labels)
    place = np.argsort(np.argsort(_mix(hashes), kind="stable"), kind="stable")
    in_validation = np.zeros(len(hashes), dtype=np.bool_)
    for label in np.unique(classes):
        groups = np.flatnonzero(classes == label)
        if len(groups) > 1:
            groups = groups[np.argsort(place[groups])]
            in_validation[groups[: _first_groups(sizes[groups], fraction)]] = True
    for label in np.unique(labels):
        groups = np.unique(group_of_row[labels == label])
        if len(groups) > 1 and not in_validation[groups].any():  # all its texts are labelled otherwise elsewhere
            in_validation[groups[np.argmin(place[groups])]] = True
    chosen = in_validation[group_of_row]
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _first_groups(sizes: np.ndarray[Any, Any], fraction: float) -> int:
    """How many of the groups of these sizes come nearest to `fraction` of their sum: at least 1, and not all."""
    held = np.cumsum(sizes)
    wanted = fraction * held[-1]
    count = int(np.searchsorted(held, wanted, side="left")) + 1
    if count > 1 and held[count - 1] - wanted > wanted - held[count - 2]:
        count -= 1
    return min(count, len(sizes) - 1)


def find_leak(train_hashes: np.ndarray[Any, np.dtype[np.uint64]], other: Reviews) -> Leak | None:
    """The reviews of `other` whose text is among `train_hashes` ([N] uint64), or None."""
    shared = np.flatnonzero(np.isin(other.hashes, train_hashes))
    if not len(shared):
        return None
    examples = []
    for row in shared[:_EXAMPLES].tolist():
        file, line = other.place(row)
        examples.append(SharedReview(file=file, line=line, excerpt=clean_line(other.text(row)[:320], 80)))
    return Leak(rows=len(shared), examples=examples)


def _mix(hashes: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Another order than that of the hashes themselves (the finalizer of splitmix64)."""
    mixed = hashes.copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
