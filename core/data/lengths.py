"""Lengths of reviews in tokens, what a length limit cuts off, and what padding costs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from typing import Any

import numpy as np

from core.data.batches import epoch_batches
from core.data.length_report import Counts, LengthReport, LimitCut, Padding, cut_at
from core.data.tokens import encode, special_tokens_of
from core.data.unknown import UnknownCounter, unknown_id
from core.planning.loads import binned
from core.reviews.reading import Reviews

_SAMPLE = 20_000
_CHUNK = 1000
_LIMITS = (32, 64, 128, 256, 512)
_LONG = (1.0, 0.99, 0.98, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6, 0.55)
"""Quantiles of length that are shown as examples."""


def length_report(
    reviews: Reviews,
    tokenizer: Any,
    model: str,
    batch_size: int,
    progress: Callable[[float], None],
) -> LengthReport:
    """Count the tokens of reviews, and return statistics of their lengths.

    If there are more than 20,000 reviews, a sample of 20,000 at even intervals is counted.

    Args:
        reviews: The reviews.
        tokenizer: The tokenizer of the model.
        model: The name of the model, for the report.
        batch_size: Reviews per batch, for the cost of padding.
        progress: Called with the fraction done, 0 to 1.
    """
    rows = np.unique(np.linspace(0, len(reviews) - 1, min(len(reviews), _SAMPLE)).astype(np.int64))
    counts = np.zeros(len(rows), dtype=np.int64)
    seen = np.zeros(len(tokenizer), dtype=bool)
    unknown = UnknownCounter(unknown_id(tokenizer))
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        encoded = encode(tokenizer, reviews.texts(part))
        counts[start : start + len(part)] = [len(ids) for ids in encoded]
        unknown.add(encoded)
        seen[np.fromiter(chain.from_iterable(encoded), dtype=np.int64)] = True
        progress(min(start + _CHUNK, len(rows)) / len(rows))
    special_tokens = special_tokens_of(tokenizer, 1 << 30, "head")
    extra = len(special_tokens.before) + len(special_tokens.after)
    totals = counts + extra
    labels = reviews.labels[rows]
    classes = {name: totals[labels == index] for index, name in enumerate(reviews.label_names)}
    counted = {name: _counts(lengths) for name, lengths in classes.items() if len(lengths)}
    return LengthReport(
        model=model,
        reviews=len(reviews),
        sampled=len(rows),
        mean=float(totals.mean()),
        max=int(totals.max()),
        p50=_quantile(totals, 0.5),
        p90=_quantile(totals, 0.9),
        p95=_quantile(totals, 0.95),
        p99=_quantile(totals, 0.99),
        limits=tuple(_limit_cut(totals, counted, limit, batch_size) for limit in _LIMITS),
        padding=_padding(totals, batch_size, _LIMITS[-1]),
        table=tuple(binned(totals.tolist())),
        distinct=int(seen.sum()),
        special=extra,
        counts=_counts(totals),
        class_counts=counted,
        long_rows=_long_rows(totals, rows),
        unknown=unknown.report(reviews, rows, tokenizer),
    )


def _quantile(totals: np.ndarray, share: float) -> int:
    return int(np.quantile(totals, share))


def _counts(totals: np.ndarray) -> Counts:
    lengths, reviews = np.unique(totals, return_counts=True)
    return tuple(zip(lengths.tolist(), reviews.tolist(), strict=True))


def _long_rows(totals: np.ndarray, rows: np.ndarray) -> tuple[int, ...]:
    """Return the rows of reviews at some quantiles of length, the longest first."""
    order = np.argsort(totals, kind="stable")
    places = [order[round(share * (len(order) - 1))] for share in _LONG]
    return tuple(dict.fromkeys(int(rows[place]) for place in places))


def _limit_cut(totals: np.ndarray, classes: dict[str, Counts], limit: int, batch_size: int) -> LimitCut:
    lost = np.maximum(totals - limit, 0)
    return LimitCut(
        max_length=limit,
        reviews_cut=int((lost > 0).sum()),
        tokens_lost=float(lost.sum() / totals.sum()),
        by_class={name: cut_at(counts, limit) for name, counts in classes.items()},
        padding=_padding(totals, batch_size, limit),
    )


def _padding(totals: np.ndarray, batch_size: int, limit: int) -> Padding:
    """Return the share of padding among the cells [B, L] of batches, for reviews cut to `limit` tokens.

    The batches by length are those that the training loop would make.
    """
    lengths = np.minimum(totals, limit)
    shuffled = np.random.default_rng(0).permutation(len(lengths))
    random = [shuffled[start : start + batch_size] for start in range(0, len(lengths), batch_size)]
    similar = epoch_batches(lengths, batch_size, 0, 0)
    whole = float((lengths.astype(np.float64) ** 2).sum())

    def squares(batches: list[np.ndarray]) -> float:
        return sum(len(batch) * int(lengths[batch].max()) ** 2 for batch in batches) / whole

    return Padding(
        batch_size=batch_size,
        to_longest=float(1 - lengths.mean() / lengths.max()),
        random=_waste(lengths, random),
        by_length=_waste(lengths, similar),
        squares=squares(similar),
        random_squares=squares(random),
        longest_squares=squares([np.arange(len(lengths))]),
    )


def _waste(lengths: np.ndarray, batches: list[np.ndarray]) -> float:
    cells = sum(len(batch) * int(lengths[batch].max()) for batch in batches)
    return float(1 - lengths.sum() / cells)
