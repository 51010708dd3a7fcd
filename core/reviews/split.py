"""Splitting reviews into training and validation, and finding reviews that two sets share.

The hash of the normalized text alone decides where a review goes: copies of a text are never on both sides, and
reordering or adding rows moves only reviews near the border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.groups import HashParts
from core.reviews.reading import Reviews
from core.reviews.report import Leak, SharedReview

Rows = np.ndarray[Any, np.dtype[np.int64]]
Hashes = np.ndarray[Any, np.dtype[np.uint64]]

_EXAMPLES = 5
_CHUNK = 1 << 18
"""Rows that are looked at together."""


def split_by_hash(reviews: Reviews, fraction: float) -> tuple[Rows, Rows]:
    """Return row numbers for training and for validation ([N_t] and [N_v] int64, ascending), stratified by class.

    In each class, texts are ordered by a mix of their hash, and the first ones go to validation until they have
    `fraction` of the rows of the class: at least one text if the class has two, and never all. A text whose copies have
    different labels belongs to the class with the lowest index among them.

    Besides what it returns, it needs one byte for each review.

    Raises:
        InputError: `fraction` is not between 0 and 1.
    """
    if not 0 < fraction < 1:
        raise InputError(f"The validation fraction must be between 0 and 1, not {fraction:g}.")
    parts = HashParts(reviews.hashes, reviews.labels, _mix)
    borders = _borders(parts, fraction)
    chosen = np.zeros(len(reviews), dtype=np.bool_)
    last = max(borders.values(), default=None)
    for low, high in parts.bounds:
        if last is None or low > last:
            break
        groups = parts.groups(low, min(high, last))
        inside = np.zeros(len(groups.keys), dtype=np.bool_)
        for label, border in borders.items():
            inside |= (groups.lowest == label) & (groups.keys <= border)
        for rows, keys in parts.rows(low, min(high, last)):
            chosen[rows] = inside[np.searchsorted(groups.keys, keys)]
    _fill_empty_classes(parts, reviews.labels, chosen)
    return np.flatnonzero(~chosen), np.flatnonzero(chosen)


@dataclass
class _Class:
    """A class while its texts are counted, in order."""

    texts: int = 0
    rows: int = 0
    wanted: float = 0.0
    """Rows to hold out."""
    passed: int = 0
    """Texts that come before those that are looked at."""
    held: int = 0
    """Their rows."""
    previous: np.uint64 | None = None
    """The key of the last of them."""


def _borders(parts: HashParts, fraction: float) -> dict[int, np.uint64]:
    """Return the key of the last text that is held out of each class with more than one."""
    classes: dict[int, _Class] = {}
    for low, high in parts.bounds:
        groups = parts.groups(low, high)
        for label in np.unique(groups.lowest).tolist():
            sizes = groups.sizes[groups.lowest == label]
            found = classes.setdefault(label, _Class())
            found.texts += len(sizes)
            found.rows += int(sizes.sum())
    open_classes = {label: found for label, found in classes.items() if found.texts > 1}
    for found in open_classes.values():
        found.wanted = fraction * found.rows
    borders: dict[int, np.uint64] = {}
    for low, high in parts.bounds:
        if len(borders) == len(open_classes):
            break
        groups = parts.groups(low, high)
        for label, found in open_classes.items():
            own = groups.lowest == label
            if label not in borders and own.any():
                border = _border(found, groups.keys[own], groups.sizes[own])
                if border is not None:
                    borders[label] = border
    return borders


def _border(found: _Class, keys: Hashes, sizes: Rows) -> np.uint64 | None:
    """Return the key up to which the rows of a class come nearest to those that are wanted: at least 1 text, not all.

    Returns:
        None if the border comes after `keys`.
    """
    held = found.held + np.cumsum(sizes)
    at = int(np.searchsorted(held, found.wanted, side="left"))
    if at == len(keys):
        found.passed, found.held, found.previous = found.passed + len(keys), int(held[-1]), keys[-1]
        return None
    before = int(held[at - 1]) if at else found.held
    previous = keys[at - 1] if at else found.previous
    nearer = held[at] - found.wanted > found.wanted - before
    is_last = found.passed + at == found.texts - 1
    return previous if previous is not None and (nearer or is_last) else keys[at]


def _fill_empty_classes(parts: HashParts, labels: Rows, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> None:
    """Choose a text of each class with several of which none is chosen: all its texts have copies with other labels."""
    everything = np.iinfo(np.uint64)
    for label in labels_in(labels):
        lowest = highest = None
        for rows, keys in parts.rows(np.uint64(everything.min), np.uint64(everything.max)):
            own = labels[rows] == label
            if chosen[rows][own].any():
                break
            if own.any():
                lowest = keys[own].min() if lowest is None else min(lowest, keys[own].min())
                highest = keys[own].max() if highest is None else max(highest, keys[own].max())
        else:
            if lowest is not None and highest is not None and lowest < highest:
                for rows, _ in parts.rows(lowest, lowest):
                    chosen[rows] = True


def labels_in(labels: Rows, rows: Rows | None = None) -> list[int]:
    """Return the different labels [N] of all reviews, or of some, ascending."""
    found: set[int] = set()
    total = len(labels) if rows is None else len(rows)
    for start in range(0, total, _CHUNK):
        part = slice(start, start + _CHUNK)
        found.update(np.unique(labels[part] if rows is None else labels[rows[part]]).tolist())
    return sorted(found)


def find_leak(train_hashes: Hashes, other: Reviews) -> Leak | None:
    """Return the reviews of `other` whose text is among `train_hashes` ([N] uint64), or None."""
    known = np.sort(train_hashes)
    if not len(known):
        return None
    examples, count = list[SharedReview](), 0
    for start in range(0, len(other), _CHUNK):
        hashes = other.hashes[start : start + _CHUNK]
        places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
        shared = np.flatnonzero(known[places] == hashes) + start
        count += len(shared)
        for row in shared[: _EXAMPLES - len(examples)].tolist():
            file, line = other.place(row)
            examples.append(SharedReview(file=file, line=line, excerpt=clean_line(other.text(row)[:320], 80)))
    return Leak(rows=count, examples=examples) if count else None


def _mix(hashes: Hashes) -> Hashes:
    """Return other hashes, in an unrelated order (the finalizer of splitmix64): a different one for each."""
    mixed = hashes.copy()
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed
