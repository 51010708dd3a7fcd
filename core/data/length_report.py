"""Token lengths of reviews, what a limit cuts, what padding costs: what `core/data/lengths.py` finds. Light."""

from __future__ import annotations

import msgspec


class Cut(msgspec.Struct, frozen=True, kw_only=True):
    """What a limit of tokens cuts off."""

    reviews_cut: int
    """Reviews that lose any token."""
    tokens_lost: float
    """Share of all tokens, 0 to 1."""


class LimitCut(Cut, frozen=True, kw_only=True):
    """What one limit cuts off, in all and of each class."""

    max_length: int
    """The limit, in tokens."""
    by_class: dict[str, Cut]


class Padding(msgspec.Struct, frozen=True, kw_only=True):
    """Shares of a batch that are padding, 0 to 1, by how batches are made."""

    batch_size: int
    to_longest: float
    """All reviews are padded to the longest of all."""
    random: float
    """Batches are drawn at random."""
    by_length: float
    """Batches hold reviews of like length."""


class LengthReport(msgspec.Struct, frozen=True, kw_only=True):
    """Lengths in tokens, special tokens included."""

    model: str
    """Whose tokens were counted."""
    reviews: int
    sampled: int
    """Reviews that were counted; fewer than `reviews` where there are many."""
    mean: float
    max: int
    p50: int
    """Half of the reviews have at most so many tokens; p90, p95 and p99 likewise."""
    p90: int
    p95: int
    p99: int
    limits: tuple[LimitCut, ...]
    padding: Padding
    table: tuple[tuple[int, int], ...]
    """(length, reviews) with lengths in bins, for forecasts."""
    distinct: int
    """Different tokens that occur."""
