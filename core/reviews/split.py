"""Splitting reviews into training and validation, and finding reviews that two sets share.

The hash of the normalized text alone decides where a review goes: copies of a text are never on both sides, and
reordering or adding rows moves only reviews near the border.
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
    """Return row numbers for training and for validation ([N_t] and [N_v] int64, ascending), stratified by class.

    In each class, texts are ordered by a mix of their hash, and the first ones go to validation until they have
    `fraction` of the rows of the class: at least one text if the class has two, and never all. A text whose copies have
    different labels belongs to the class with the lowest index among them.

    Raises:
        InputError: `fraction` is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise InputError(f"The validation fraction must be between 0 and 1, not {fraction:g}.")
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
        if len(groups) > 1 and not in_validation[groups].any():  # all its texts have copies with other labels
            in_validation[groups[np.argmin(place[groups])]] = True
    chosen = in_validation[group_of_row]
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


def _first_groups(sizes: np.ndarray[Any, Any], fraction: float) -> int:
    """Return how many of the first groups come nearest to `fraction` of the sum of `sizes`: at least 1, not all."""
    held = np.cumsum(sizes)
    wanted = fraction * held[-1]
    count = int(np.searchsorted(held, wanted, side="left")) + 1
    if count > 1 and held[count - 1] - wanted > wanted - held[count - 2]:
        count -= 1
    return min(count, len(sizes) - 1)


def find_leak(train_hashes: np.ndarray[Any, np.dtype[np.uint64]], other: Reviews) -> Leak | None:
    """Return the reviews of `other` whose text is among `train_hashes` ([N] uint64), or None."""
    shared = np.flatnonzero(np.isin(other.hashes, train_hashes))
    if not len(shared):
        return None
    examples = []
    for row in shared[:_EXAMPLES].tolist():
        file, line = other.place(row)
        examples.append(SharedReview(file=file, line=line, excerpt=clean_line(other.text(row)[:320], 80)))
    return Leak(rows=len(shared), examples=examples)


def _mix(hashes: np.ndarray[Any, np.dtype[np.uint64]]) -> np.ndarray[Any, np.dtype[np.uint64]]:
    """Return other hashes, in an unrelated order (the finalizer of splitmix64)."""
    mixed = hashes.copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    return mixed ^ (mixed >> np.uint64(31))
