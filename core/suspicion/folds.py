"""Folds for judging labels: every review is judged by a model that has seen neither it nor a near copy of it."""

from __future__ import annotations

import numpy as np

from core.reviews.reading import Reviews
from core.triage.texts.near_copies import near_copies
from core.triage.texts.words import words_of

_BATCH = 4_096
"""Texts whose words are found together."""
ALONE = -1
"""The fold of the reviews of a class that has one text: no model can learn that class and then be asked about it."""


def near_texts(reviews: Reviews) -> np.ndarray:
    """Return a number for each review [N] uint64, the same for near copies of a text and for no others."""
    hashes = np.asarray(reviews.hashes)
    first = near_copies(words_of(reviews.batches(_BATCH)), hashes)
    lowest = np.full(len(hashes), np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(lowest, first, hashes)
    return lowest[first]


def fold_by_text(hashes: np.ndarray, labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Return the fold [N] of each review, from 0 to `folds` − 1, or `ALONE`.

    Copies of a text share a fold, and every fold has about as many rows of each class as any other. Which fold a text
    is in depends on the texts and the seed, not on the order of the rows.

    Args:
        hashes: [N], the same for texts that must not be apart.
        labels: [N], 0 or more. A text whose copies have different labels counts as one of the lowest of them.
        folds: At least 2.
    """
    texts, text_of, sizes = np.unique(hashes, return_inverse=True, return_counts=True)
    class_of = np.full(len(texts), np.iinfo(np.int64).max)
    np.minimum.at(class_of, text_of, labels)
    generator = np.random.default_rng(seed)
    fold_of, begin = np.full(len(texts), ALONE), 0
    for label in np.unique(class_of):
        own = generator.permutation(np.flatnonzero(class_of == label))
        if len(own) > 1:
            dealt = own[np.argsort(-sizes[own], kind="stable")]  # texts with many copies first, so that rows even out
            fold_of[dealt] = (begin + np.arange(len(own))) % folds
            begin += len(own)
    rows: np.ndarray = fold_of[text_of]
    return rows
