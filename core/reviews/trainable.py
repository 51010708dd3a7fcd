"""Whether a classifier can be trained on reviews: what would stop a run that has read its data is said before."""

from __future__ import annotations

import shlex

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.reading import Reviews
from core.reviews.split import Rows, labels_in, split_by_hash

VALIDATION_FRACTION = 0.1
MIN_ROWS, MIN_ROWS_OF_A_CLASS, MAX_CLASSES = 8, 2, 50


def require_trainable(
    reviews: Reviews, fraction: float | None = VALIDATION_FRACTION, of_a_class: int = MIN_ROWS_OF_A_CLASS
) -> tuple[Rows, Rows] | None:
    """Check that a classifier can be trained on `reviews`.

    Args:
        fraction: The share of them that is held out for validation; None if there are others for that.
        of_a_class: The fewest reviews that every class must have.

    Returns:
        The rows to learn from and those held out, as `split_by_hash` does; None if none are held out.

    Raises:
        InputError: There are no labels, only one class, too few reviews, about as many labels as reviews, or too few
            different texts to hold some out.
    """
    report, shown = reviews.report, clean_line(reviews.report.source)
    if report.label_column is None:
        known = [(shlex.quote(clean_line(one.column, 60)), one.why) for one in report.candidates.get("label", [])]
        example = f", for example --label {known[0][0]} ({known[0][1]})" if known else ""
        raise InputError(f"{shown} has no column of labels; name it with --label COLUMN{example}.")
    column = clean_line(report.label_column)
    counts = {name: count for name, count in report.class_counts.items() if count}
    rows = len(reviews)
    if not counts or len(counts) > MAX_CLASSES or (rows > 20 and len(counts) > rows / 2):
        many = f"{len(counts):,}" if counts else "too many"
        raise InputError(
            f"The column “{column}” of {shown} has {many} different labels in {rows:,} reviews, too many to be classes "
            f"(at most {MAX_CLASSES}); name another with --label COLUMN."
        )
    if len(counts) == 1:
        only = clean_line(next(iter(counts)), 40)
        raise InputError(f"All {rows:,} reviews of {shown} are labelled “{only}”; training needs two classes or more.")
    if rows < MIN_ROWS:
        raise InputError(f"{shown} has {rows} labelled reviews; training needs at least {MIN_ROWS}.")
    fewest = min(counts, key=lambda name: counts[name])
    if counts[fewest] < of_a_class:
        raise InputError(
            f"Only {counts[fewest]} review of {shown} is labelled “{clean_line(fewest, 40)}”; each class needs at "
            f"least {of_a_class}: add reviews or leave that label out."
        )
    distinct = rows - report.duplicates.rows
    if distinct == 1:
        raise InputError(
            f"All {rows:,} reviews of {shown} have the same text in the column “{clean_line(report.text_column)}”; "
            "name another with --text COLUMN."
        )
    if fraction is None:
        return None
    learned, held_out = split_by_hash(reviews, fraction)
    if not len(held_out):
        raise InputError(
            f"{shown} has only {distinct} different texts in {rows:,} reviews, one for each class, so none can be held "
            "out for validation; add reviews, or name others with --validation."
        )
    if len(labels_in(reviews.labels, learned)) < 2:
        raise InputError(
            f"{shown} has so few different texts that one class alone would remain to learn from once some are held "
            "out for validation; add reviews, or name others with --validation."
        )
    return learned, held_out
