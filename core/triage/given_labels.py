"""The labels that a file itself has, for the rows of its reading without labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews

Array = np.ndarray[Any, Any]


def labels_in_the_file(source: str, options: ReadingOptions, reviews: Reviews) -> tuple[Array, list[str]]:
    """Return the class of each row by the file's own labels [N] int64, −1 without one, and the names of the classes.

    Args:
        options: How the source is read with its labels.
        reviews: The same source, read without labels.
    """
    given = np.full(len(reviews), -1, dtype=np.int64)
    try:
        labelled = read_reviews(source, options)
    except InputError:  # it cannot be read with labels, so it has none
        return given, []
    rows = np.searchsorted(reviews.stored_rows, labelled.stored_rows)
    inside = rows < len(reviews)
    rows, labels, hashes = rows[inside], labelled.labels[inside], labelled.hashes[inside]
    same = reviews.hashes[rows] == hashes  # where both readings are of the same texts
    given[rows[same]] = labels[same]
    return given, labelled.label_names


def given_labels(source: str, options: ReadingOptions, reviews: Reviews, classes: Sequence[str]) -> Array:
    """Return the class of each row among `classes` [N] int64; −1 without a label, or with another one.

    Raises:
        InputError: The source has no labels, or none of `classes`.
    """
    labels, names = labels_in_the_file(source, options, reviews)
    shown = clean_line(source, 120)
    if not (labels >= 0).any():
        read_reviews(source, options)  # says why, if it cannot be read with labels
        raise InputError(
            f"The reviews in {shown} have no labels, so none of them can be wrong; name the column with --label."
        )
    number = np.array([classes.index(name) if name in classes else -1 for name in names] + [-1])
    if (number < 0).all():
        found, wanted = (", ".join(clean_line(name, 30) for name in some[:12]) for some in (names, list(classes)))
        raise InputError(f"The labels in {shown} ({found}) are not those of the model ({wanted}).")
    known: Array = number[labels]
    return known
