"""The optimism of "best of N": how much better the best run looks on the rows that chose it than it is.

Of runs that are all equally good, the one that these rows happen to suit is chosen. All runs share the rows, so what
makes the rows hard or easy lifts all alike and chooses nobody; what chooses is by how much runs differ, and that
follows from the share of discordant rows. Scores are taken for normal, which accuracies of a few hundred rows are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from core.statistics.difference import SIGNIFICANCE

_Z = float(ndtri(1 - SIGNIFICANCE / 2))


@dataclass(frozen=True)
class Optimism:
    """What to take off the score of the best run."""

    optimism: float
    """As a fraction of 1."""
    contenders: int
    """Runs that these rows do not distinguish from the best one, itself included."""


def optimism_of_best(accuracies: Sequence[float], rows: int, discordant: float) -> Optimism:
    """Estimate by how much the best of these accuracies is too high.

    The runs whose distance from the best is within 95 % of what chance makes of two equal runs are taken for equal, the
    others for worse. In simulations of 2 to 100 runs, the estimate was up to 15 % below the truth where runs were
    equal, with or without failed ones beside them, and at most half a standard deviation of chance above it where they
    truly differed. The usual alternative, to shrink all scores towards their mean, says 0 as soon as a few runs have
    failed.

    Args:
        accuracies: Of at least one run, on the same rows.
        rows: How many there are.
        discordant: Share of rows that exactly one of two runs gets right: seen, or `power.discordant_share`.
    """
    reach = max(accuracies) - _Z * sqrt(discordant / rows)
    contenders = sum(accuracy >= reach for accuracy in accuracies)
    return Optimism(optimism_of_equals(contenders, rows, discordant), contenders)


def optimism_of_equals(runs: int, rows: int, discordant: float) -> float:
    """How much too high the best of `runs` equally good ones is to be expected; arguments as of `optimism_of_best`.

    The accuracies of two runs differ with variance discordant / rows; half of it is each one's own.
    """
    return _largest_of(runs) * sqrt(discordant / rows / 2)


def _largest_of(count: int) -> float:
    """The expected largest of `count` standard normal numbers: ∫ 1 − Φ(x)^count above 0, less ∫ Φ(x)^count below."""
    if count == 1:
        return 0.0
    points = np.linspace(0, 10, 2001)
    return float(np.trapezoid(1 - ndtr(points) ** count - ndtr(-points) ** count, points))
