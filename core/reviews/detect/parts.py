"""Columns that say which rows are for training: `train`, `test`, `validation`, `held-out` …"""

from __future__ import annotations

from core.reviews.detect.counting import Facts
from core.reviews.detect.names import words_of

_TRAINING = frozenset(("train", "training", "trainset", "learn"))
_KEPT_APART = frozenset(
    (
        "test",
        "testing",
        "testset",
        "validation",
        "valid",
        "val",
        "dev",
        "development",
        "eval",
        "evaluation",
        "holdout",
        "held",
    )
)
_MOST = 8
"""Different values of such a column, at most."""


def is_kept_apart(value: str) -> bool:
    """Return whether a row with this value is not for training."""
    return not _KEPT_APART.isdisjoint(words_of(value))


def says_parts(column: Facts) -> bool:
    """Return whether every value of a column names a part, and there are rows for training as well as others."""
    if not 2 <= len(column.counts) <= _MOST:
        return False
    words = [set(words_of(value)) for value in column.counts]
    training = [bool(one & _TRAINING) for one in words]
    apart = [bool(one & _KEPT_APART) for one in words]
    return any(training) and any(apart) and all(a != b for a, b in zip(training, apart, strict=True))
