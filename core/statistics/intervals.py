"""Confidence intervals of shares and of their differences, for counts that may be small.

Wilson's score interval (Wilson 1927) keeps its coverage near 0 and 1, where the usual normal one does not; Newcombe's
interval of a difference (Newcombe 1998, method 10) is built from two of them. It imports nothing heavy.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

_Z = NormalDist().inv_cdf(0.975)
"""Two-sided 95 %."""

Interval = tuple[float, float]


def wilson(right: int, rows: int) -> Interval:
    """Return the 95 % interval of a share of which `right` of `rows` were seen; everything if there were none."""
    if not rows:
        return 0.0, 1.0
    share, z2 = right / rows, _Z**2
    middle = (share + z2 / (2 * rows)) / (1 + z2 / rows)
    half = _Z / (1 + z2 / rows) * sqrt(share * (1 - share) / rows + z2 / (4 * rows**2))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def newcombe(right: int, rows: int, other_right: int, other_rows: int) -> Interval:
    """Return the 95 % interval of the difference between two independent shares, the first minus the second."""
    if not rows or not other_rows:
        return -1.0, 1.0
    one, other = right / rows, other_right / other_rows
    (low, high), (other_low, other_high) = wilson(right, rows), wilson(other_right, other_rows)
    difference = one - other
    return (
        difference - sqrt((one - low) ** 2 + (other_high - other) ** 2),
        difference + sqrt((high - one) ** 2 + (other - other_low) ** 2),
    )
