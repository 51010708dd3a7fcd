"""Whether a model has learned to tell classes apart at all, from its scores by class."""

from __future__ import annotations

from collections.abc import Mapping

from core.base.text import clean_line
from core.runs.figures import ClassFigures


def only_class(per_class: Mapping[str, ClassFigures]) -> str | None:
    """Return the class that a model gives to every review, although they are of several; None if it gives others too.

    All reviews are given one class if and only if its recall is 1 and its precision is its share of the reviews.
    """
    total = sum(one.rows for one in per_class.values())
    if sum(one.rows > 0 for one in per_class.values()) < 2:
        return None
    for name, one in per_class.items():
        if one.recall == 1 and abs(one.precision * total - one.rows) < 0.5 * one.precision:
            return name
    return None


def one_class_sentence(per_class: Mapping[str, ClassFigures]) -> str:
    """Return a sentence that says that only one class was learned; empty if others were too."""
    name = only_class(per_class)
    if name is None:
        return ""
    total, rows = sum(one.rows for one in per_class.values()), per_class[name].rows
    most = max(one.rows for one in per_class.values())
    which = "the most frequent class" if rows == most else "one class"
    return (
        f"It learned only {which}: it answers “{clean_line(name, 40)}” to all {total:,} reviews, "
        f"{rows / total:.1%} of which are."
    )
