"""What a number of seeds can show, in standard deviations of the differences between runs with the same seed.

It is the power of the paired t test, from the noncentral t distribution. If two settings each vary by σ and seeds do
not tie them together, the differences vary by √2 σ.
"""

from __future__ import annotations

from math import isnan, nan, sqrt

from scipy.optimize import brentq
from scipy.special import chdtr, nctdtr, stdtrit

from core.statistics.difference import SIGNIFICANCE
from core.statistics.power import POWER

MOST_SEEDS = 1_000
_LARGEST_SHIFT = 37.0
"""Beyond this noncentrality scipy's distribution underflows; of what varies, only the measured spread matters there."""


def seed_power(seeds: int, difference: float) -> float:
    """The probability that the test sees the difference, and on the right side.

    Args:
        seeds: Pairs of runs, at least 2.
        difference: Mean difference in standard deviations of the differences, at least 0.
    """
    freedom, shift = seeds - 1, difference * sqrt(seeds)
    critical = float(stdtrit(freedom, 1 - SIGNIFICANCE / 2))
    below = float(nctdtr(freedom, shift, critical)) if shift <= _LARGEST_SHIFT else nan
    if isnan(below):  # scipy gives up on some large shifts below the bound, too
        return float(chdtr(freedom, freedom * (shift / critical) ** 2))
    return 1 - below


def smallest_visible_over_seeds(seeds: int, power: float = POWER) -> float:
    """The smallest difference, in standard deviations, that at least 2 seeds show with probability `power`."""
    found: float = brentq(lambda difference: seed_power(seeds, difference) - power, 0.0, 100.0, xtol=1e-6)
    return found


def seeds_needed(difference: float, power: float = POWER) -> int | None:
    """The seeds that show a difference, in standard deviations, with probability `power`; None if over a thousand."""
    low, high = 1, MOST_SEEDS
    if seed_power(high, difference) < power:
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if seed_power(middle, difference) >= power else (middle, high)
    return high
