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
    padding: Padding
    """What padding costs reviews that are cut to this limit."""


class Padding(msgspec.Struct, frozen=True, kw_only=True):
    """Share of padding in a batch, 0 to 1, by the way batches are formed."""

    batch_size: int
    to_longest: float
    """If all reviews are padded to the longest of all."""
    random: float
    """If batches are drawn at random."""
    by_length: float
    """If batches hold reviews of similar length, as in training."""
    squares: float = 1.0
    """Sum of the squared padded lengths over that of the squared lengths, in batches of similar length."""
    random_squares: float = 1.0
    """The same in batches drawn at random."""
    longest_squares: float = 1.0
    """The same if all reviews are padded to the longest of all."""


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """What the tokenizer does not know in some reviews: it replaces each such word or character by one and the same
    token, so a model cannot tell them apart."""

    tokens: float
    """Share of all tokens, 0 to 1."""
    reviews: int
    """Reviews with something unknown."""
    only: int
    """Reviews in which nothing is known."""


class UnknownReport(Unknown, frozen=True, kw_only=True):
    """What the tokenizer does not know, in total and by class."""

    by_class: dict[str, Unknown]
    alike: int
    """Reviews with something unknown that become the same input as a review with another text."""
    alike_labelled_differently: int
    """Those among them whose input occurs with different labels: no model can get all of these right."""
    examples: tuple[str, ...]
    """What is unknown most often, cleaned."""


Counts = tuple[tuple[int, int], ...]
"""(tokens, reviews) by ascending length."""


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
    special: int
    """Special tokens in every review."""
    counts: Counts
    """Every length that occurs."""
    class_counts: dict[str, Counts]
    """The same by class."""
    long_rows: tuple[int, ...]
    """Rows of some reviews of more than median length, the longest first."""
    unknown: UnknownReport


def cannot_learn(report: LengthReport) -> str:
    """Return in a sentence what no model with this tokenizer can learn; empty if there is nothing to say."""
    unknown, parts = report.unknown, []
    if unknown.only:
        holds = "review holds" if unknown.only == 1 else "reviews hold"
        parts.append(f"{unknown.only:,} {holds} nothing that the tokenizer knows.")
    if unknown.alike:
        differ, labels = unknown.alike_labelled_differently, ""
        if differ:
            labels = f", {'all' if differ == unknown.alike else f'{differ:,}'} of them with different labels"
        parts.append(
            f"{unknown.alike:,} reviews become the same input as a review with another text{labels}: no model with "
            "this tokenizer tells them apart."
        )
    if parts and report.sampled < report.reviews:
        parts.append(f"That is in a sample of {report.sampled:,}.")
    return " ".join(parts)


def padding_at(report: LengthReport, limit: int) -> Padding:
    """Return what padding costs at a limit: measured where the report has the limit, else between its neighbours."""
    known = {found.max_length: found.padding for found in report.limits}
    below = max((one for one in known if one <= limit), default=min(known))
    above = min((one for one in known if one >= limit), default=max(known))
    low, high = known[below], known[above]
    share = (limit - below) / (above - below) if above > below and limit > below else 0.0

    def between(one: float, other: float) -> float:
        return one + share * (other - one)

    return Padding(
        batch_size=low.batch_size,
        to_longest=between(low.to_longest, high.to_longest),
        random=between(low.random, high.random),
        by_length=between(low.by_length, high.by_length),
        squares=between(low.squares, high.squares),
        random_squares=between(low.random_squares, high.random_squares),
        longest_squares=between(low.longest_squares, high.longest_squares),
    )


def cut_at(counts: Counts, limit: int) -> Cut:
    """Return what a limit cuts off, given how many reviews have each length."""
    total = sum(tokens * reviews for tokens, reviews in counts)
    lost = [((tokens - limit) * reviews, reviews) for tokens, reviews in counts if tokens > limit]
    return Cut(
        reviews_cut=sum(reviews for _, reviews in lost),
        tokens_lost=sum(tokens for tokens, _ in lost) / total if total else 0.0,
    )
