"""The report of `core/data/lengths.py`: token lengths of reviews, what limits cut off, and the cost of padding.

This module imports nothing heavy, so the screen's process can use it.
"""

from __future__ import annotations

import msgspec


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """What a limit on tokens cuts off."""

    reviews_cut: int
    """Reviews that lose at least one token."""
    tokens_lost: float
    """Share of all tokens, 0 to 1."""


class LimitCut(Cut, frozen=True, kw_only=True):
    """What one limit cuts off, in total and by class."""

    max_length: int
    """The limit, in tokens."""
    by_class: dict[str, Cut]


class Padding(msgspec.Struct, frozen=True, kw_only=True):
    """Share of padding in a batch, 0 to 1, by the way batches are formed."""

    batch_size: int
    to_longest: float
    """If all reviews are padded to the longest of all."""
    random: float
    """If batches are drawn at random."""
    by_length: float
    """If batches hold reviews of similar length."""


class LengthReport(msgspec.Struct, frozen=True, kw_only=True):
    """Lengths in tokens, special tokens included."""

    model: str
    """The model whose tokenizer is used."""
    reviews: int
    sampled: int
    """Reviews that were tokenized; fewer than `reviews` in a large source."""
    mean: float
    max: int
    p50: int
    """Median length; p90, p95 and p99 are the other percentiles."""
    p90: int
    p95: int
    p99: int
    limits: tuple[LimitCut, ...]
    padding: Padding
    table: tuple[tuple[int, int], ...]
    """(tokens, reviews) by binned length, for forecasts."""
    distinct: int
    """Different tokens that occur."""
