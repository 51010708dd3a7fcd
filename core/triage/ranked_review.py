"""A review in an order, with what puts it there."""

from __future__ import annotations

import msgspec


class RankedReview(msgspec.Struct, frozen=True, kw_only=True):
    """A review in an order."""

    rank: int
    """From 1."""
    row: int
    """Its place in the source, from 0."""
    file: str
    line: int
    text: str
    label: str
    """The label in the source; empty without one."""
    prediction: str
    """The model's label; empty without a model."""
    probability: float | None
    """Of the prediction, not calibrated."""
    margin: float | None
    """The probability of the prediction minus that of the second label."""
    reason: str
    """Why it has this rank, in words."""
    copies: int
    """Near copies of it that are left out."""


COLUMNS = RankedReview.__struct_fields__
