"""Groups of runs that differ only in their seed: which setting trains the better model?

That is another question than which of two trained models is better. Rows answer the latter, and more rows answer it
better; only more seeds tell whether the setting would win again. The rows are the same in all runs here, so the answer
holds for these rows: what other rows would say is the interval of `paired`.

With fewer than five seeds no test is made: three would see only differences of 3.3 standard deviations (`seed_power`),
and three runs that all beat three others come about by chance in one of ten comparisons. Then points and ranges have to
do.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
from scipy.special import stdtr, stdtrit

from core.statistics.difference import SIGNIFICANCE, Difference

FEWEST_SEEDS = 5


class Question(StrEnum):
    """What a comparison answers."""

    MODELS = "which of these two models is right more often"
    SETTINGS = "which setting trains the better model, with other seeds on these rows"


class Method(StrEnum):
    """How two groups were compared."""

    RANGES = "ranges"
    PAIRED = "paired t test"
    WELCH = "Welch's t test"


@dataclass(frozen=True)
class Spread:
    """The scores of one group."""

    seeds: int
    mean: float
    low: float
    """The lowest score, not the end of an interval."""
    high: float


@dataclass(frozen=True)
class GroupComparison:
    """Two groups, and what their seeds say."""

    a: Spread
    b: Spread
    method: Method
    seeds: int
    """That were compared: pairs if paired, else those of the smaller group."""
    tested: Difference | None
    """The first group's mean minus the second's over the seeds compared; None for `Method.RANGES`, and if all scores
    are so equal that they show no spread to measure the difference by."""

    @property
    def apart(self) -> bool:
        """Whether every run of one group beats every run of the other."""
        return self.a.low > self.b.high or self.b.low > self.a.high


def question_of(runs_a: int, runs_b: int) -> Question:
    """Return what a comparison of two groups answers: a setting is known only by more than one of its runs."""
    return Question.SETTINGS if min(runs_a, runs_b) > 1 else Question.MODELS


def compare_groups(a: Mapping[int, float], b: Mapping[int, float]) -> GroupComparison:
    """Compare the scores of two groups of runs.

    A seed fixes the order of the reviews and the new layer's weights, so runs with the same seed are compared pair by
    pair: if at least five seeds are in both groups, and these are at least half of the smaller one. Seeds that only one
    group has are then left out. Otherwise two independent groups of at least five are compared by Welch's test.

    Args:
        a, b: Score by seed, all on the same rows. Neither is empty.
    """
    matched = sorted(a.keys() & b.keys())
    smaller = min(len(a), len(b))
    method, seeds, tested = Method.RANGES, smaller, None
    if len(matched) >= max(FEWEST_SEEDS, smaller / 2):
        method, seeds = Method.PAIRED, len(matched)
        tested = _paired(np.array([a[seed] - b[seed] for seed in matched]))
    elif smaller >= FEWEST_SEEDS:
        method, tested = Method.WELCH, _welch(np.array(list(a.values())), np.array(list(b.values())))
    return GroupComparison(_spread(a), _spread(b), method, seeds, tested)


def _spread(scores: Mapping[int, float]) -> Spread:
    values = list(scores.values())
    return Spread(len(values), float(np.mean(values)), min(values), max(values))


def _paired(differences: np.ndarray) -> Difference | None:
    count = len(differences)
    return _t_test(float(differences.mean()), float(differences.var(ddof=1)) / count, count - 1)


def _welch(a: np.ndarray, b: np.ndarray) -> Difference | None:
    parts = [float(group.var(ddof=1)) / len(group) for group in (a, b)]
    weights = [part**2 / (len(group) - 1) for part, group in zip(parts, (a, b), strict=True)]
    freedom = sum(parts) ** 2 / sum(weights) if sum(weights) else 1.0
    return _t_test(float(a.mean() - b.mean()), sum(parts), freedom)


def _t_test(difference: float, variance: float, freedom: float) -> Difference | None:
    """Test a mean with this variance of its own and these degrees of freedom; None if the variance is but rounding."""
    error = sqrt(variance)
    if error < 1e-12:
        return None
    half = float(stdtrit(freedom, 1 - SIGNIFICANCE / 2)) * error
    p_value = 2 * float(stdtr(freedom, -abs(difference) / error))
    return Difference(difference, difference - half, difference + half, p_value)
