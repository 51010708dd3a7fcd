"""Statistics of pairs of measurements made right after one another: ratios, their median and their spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Spread:
    """The median, smallest and largest of several values."""

    median: float
    low: float
    high: float
    count: int


def spread_of(values: Sequence[float]) -> Spread:
    """Return the spread of at least one value."""
    if not values:
        raise ValueError("no values, no median")
    return Spread(statistics.median(values), min(values), max(values), len(values))


def paired(numerators: Sequence[float], denominators: Sequence[float]) -> list[float]:
    """Return the ratio of each pair; the n-th values of both were measured right after one another."""
    return [top / bottom for top, bottom in zip(numerators, denominators, strict=True)]


def geometric_mean(values: Sequence[float]) -> float:
    """Return the geometric mean, in which twice and half as fast cancel out. All values must be positive."""
    if not values or min(values) <= 0:
        raise ValueError("a geometric mean needs positive values")
    return math.exp(sum(math.log(value) for value in values) / len(values))


def quantile(values: Sequence[float], share: float) -> float:
    """Return the quantile at `share`, 0 to 1, of at least one value, interpolated linearly between neighbours."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
