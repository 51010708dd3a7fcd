"""Pairs of measurements made one after the other, and what they say: ratios, their median and their spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """A median with the smallest and largest value it comes from."""

    median: float
    low: float
    high: float
    count: int


def spread_of(values: Sequence[float]) -> Spread:
    """The median of at least one value, with minimum and maximum."""
    if not values:
        raise ValueError("no values, no median")
    return Spread(statistics.median(values), min(values), max(values), len(values))


def paired(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """The ratio of each pair; the n-th of both were measured next to each other."""
    return [top / bottom for top, bottom in zip(numerators, denominators, strict=True)]


def geometric_mean(values: Sequence[float]) -> float:
    """The mean that treats twice as fast and half as fast alike; all values must be positive."""
    if not values or min(values) <= 0:
        raise ValueError("a geometric mean needs positive values")
    return math.exp(sum(math.log(value) for value in values) / len(values))


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of at least one value lie, between neighbours where that is between two."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
