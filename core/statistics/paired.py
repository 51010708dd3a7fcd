"""Two models on the same rows: where each was right, and the difference in accuracy with its interval and p value.

The p value is McNemar's mid-p (`mcnemar`). The interval is Tango's (1998) score interval, chosen by exact enumeration
of all tables of 20 to 1,000 rows with 0.5 % to 40 % discordant ones and differences from none to all of these:

    =====================  ================  ======  ================================
    interval               coverage, lowest  median  tables where the test disagrees¹
    =====================  ================  ======  ================================
    Tango                  93.6 %            95.4 %  20, all on one side
    Bonett-Price           92.8 %            96.3 %  26
    Newcombe (method 10)   94.7 %            97.5 %  24
    =====================  ================  ======  ================================

    ¹ of the 45,451 with at most 300 discordant rows among 1,000

Tango's is the shortest for its coverage where differences are small, holds 0 only if the test sees nothing (checked up
to a million discordant rows), and says something where no row is discordant: ±0.4 points on 1,000 rows. In the few
tables where it leaves out 0 although the test sees nothing, it is extended to 0. So the two never contradict each
other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri

from core.statistics.difference import SIGNIFICANCE, Difference, reconciled
from core.statistics.intervals import Interval
from core.statistics.mcnemar import mid_p

_Z2 = float(ndtri(1 - SIGNIFICANCE / 2)) ** 2


@dataclass(frozen=True)
class PairedOutcomes:
    """How many rows both models got right, only the first, only the second, and neither."""

    both_right: int
    only_a: int
    only_b: int
    neither: int

    @property
    def rows(self) -> int:
        return self.both_right + self.only_a + self.only_b + self.neither

    @property
    def discordant(self) -> int:
        """Rows that exactly one of the two got right."""
        return self.only_a + self.only_b


def count_outcomes(right_a: np.ndarray, right_b: np.ndarray) -> PairedOutcomes:
    """Count the outcomes.

    Args:
        right_a, right_b: [N] booleans: whether each model got a row right, in the same order.

    Raises:
        ValueError: They are not equally long, so the rows cannot be the same.
    """
    if right_a.shape != right_b.shape:
        raise ValueError(f"{len(right_a)} rows cannot be paired with {len(right_b)}")
    neither, only_b, only_a, both = np.bincount(2 * right_a.astype(np.int64) + right_b, minlength=4).tolist()
    return PairedOutcomes(both, only_a, only_b, neither)


def compare_accuracy(outcomes: PairedOutcomes) -> Difference:
    """Return the accuracy of the first model minus that of the second; anything is possible without rows."""
    only_a, only_b, rows = outcomes.only_a, outcomes.only_b, outcomes.rows
    if not rows:
        return Difference(0.0, -1.0, 1.0, 1.0)
    low, high = score_interval(only_a, only_b, rows)
    return reconciled((only_a - only_b) / rows, low, high, mid_p(only_a, only_b))


def score_interval(only_a: int, only_b: int, rows: int) -> Interval:
    """Tango's 95 % interval of the difference in accuracy, from the discordant rows among `rows` > 0."""
    return -_upper_end(only_b, only_a, rows), _upper_end(only_a, only_b, rows)


def _upper_end(only_a: int, only_b: int, rows: int) -> float:
    if only_a == rows:
        return 1.0
    # Where all rows are of one kind, the estimate is a root, too, but no end: the search begins just above it.
    above = (only_a - only_b) / rows + 1e-3 * _Z2 / (rows + _Z2)
    end: float = brentq(_excess, above, 1.0, args=(only_a, only_b, rows), xtol=1e-12)
    return end


def _excess(difference: float, only_a: int, only_b: int, rows: int) -> float:
    """Return how far (only_a − only_b − rows · difference)² exceeds z² times its variance; 0 at an end of the interval.

    The variance is that of the true difference `difference` and of the likeliest share of discordant rows beside it.
    """
    linear = (2 * rows - only_a + only_b) * difference - only_a - only_b
    constant = -only_b * difference * (1 - difference)
    share_only_b = (sqrt(max(linear**2 - 8 * rows * constant, 0.0)) - linear) / (4 * rows)
    variance = rows * (2 * share_only_b + difference * (1 - difference))
    return (only_a - only_b - rows * difference) ** 2 - _Z2 * variance
