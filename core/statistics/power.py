"""What a number of rows can show: the difference in accuracy that McNemar's mid-p test would see, before it is made.

Two things decide: the rows, and the share of them that are discordant, which exactly one of two models gets right. All
is exact for any number of rows, without a normal approximation: the number of discordant rows is binomial, and so is,
among these, how many the better model got right. Probabilities are summed over all numbers of discordant rows but the
outermost, which together come less often than once in a million.
"""

from __future__ import annotations

from math import ceil, log, sqrt

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, ndtri

from core.statistics.mcnemar import at_most, critical_counts

POWER = 0.8
"""A difference counts as visible if this share of comparisons of its kind would see it."""
MOST_ROWS = 10_000_000
CORRELATION = 0.6
"""Usual between the rows that two fine-tuned models of one kind get right."""


def discordant_share(accuracy: float, correlation: float = CORRELATION) -> float:
    """The share of discordant rows to expect of two models of one accuracy, before they exist.

    Args:
        accuracy: Of both, between 0 and 1.
        correlation: Between the two models, of whether a row is right.
    """
    return 2 * accuracy * (1 - accuracy) * (1 - correlation)


def row_power(rows: int, discordant: float, difference: float) -> float:
    """The probability that the test sees the difference, and on the right side.

    Args:
        rows: That both models classify.
        discordant: Share of them that exactly one gets right, between 0 and 1.
        difference: True difference in accuracy, between 0 and `discordant`.

    Raises:
        ValueError: Models cannot differ more in accuracy than on discordant rows.
    """
    _check(discordant, difference)
    return _Table(rows, discordant).power(difference)


def smallest_visible(rows: int, discordant: float, power: float = POWER) -> float | None:
    """The smallest difference in accuracy that the test sees with probability `power`; None if it would see none.

    Arguments are as of `row_power`.
    """
    _check(discordant, 0.0)
    table = _Table(rows, discordant)
    if table.power(discordant) < power:
        return None
    # The probit of the power is nearly linear in the difference, so that few steps find it.
    found: float = brentq(
        lambda difference: _probit(table.power(difference)) - _probit(power), 0.0, discordant, xtol=1e-6
    )
    return found


def rows_needed(difference: float, discordant: float, power: float = POWER) -> int | None:
    """The rows from which on the test sees a difference with probability `power`; None if more than ten million.

    Raises:
        ValueError: As `row_power`, and for a difference of 0, which no number of rows shows.
    """
    _check(discordant, difference)
    if difference <= 0:
        raise ValueError("no number of rows shows a difference of 0")
    low, high = 0, min(max(ceil(8 * discordant / difference**2), 4), MOST_ROWS)  # the normal approximation, at most
    while _Table(high, discordant).power(difference) < power:
        if high >= MOST_ROWS:
            return None
        low, high = high, min(2 * high, MOST_ROWS)
    while high - low > 1:
        middle = (low + high) // 2
        enough = _Table(middle, discordant).power(difference) >= power
        low, high = (low, middle) if enough else (middle, high)
    return high


class _Table:
    """The numbers of discordant rows that may come, how likely each is, and what the test needs to see in each."""

    def __init__(self, rows: int, share: float) -> None:
        self._share = share
        middle, reach = rows * share, 5 * sqrt(rows * share * (1 - share)) + 10
        self._numbers = np.arange(max(int(middle - reach), 0), min(ceil(middle + reach), rows) + 1)
        self._critical = critical_counts(self._numbers)
        self._chances = _chances(self._numbers, rows, share)

    def power(self, difference: float) -> float:
        right_of_worse = (1 - difference / self._share) / 2
        if right_of_worse <= 0:
            return float(self._chances[self._critical >= 0].sum())
        return float(self._chances @ at_most(self._critical, self._numbers, right_of_worse))


def _chances(numbers: np.ndarray, rows: int, share: float) -> np.ndarray:
    """Probabilities of [M] numbers of successes in `rows`, as `scipy.stats.binom.pmf`."""
    if share == 1:
        certain: np.ndarray = (numbers == rows).astype(np.float64)
        return certain
    ways = gammaln(rows + 1) - gammaln(numbers + 1) - gammaln(rows - numbers + 1)
    result: np.ndarray = np.exp(ways + numbers * log(share) + (rows - numbers) * log(1 - share))
    return result


def _probit(power: float) -> float:
    return float(ndtri(min(max(power, 1e-9), 1 - 1e-9)))


def _check(discordant: float, difference: float) -> None:
    if not 0 < discordant <= 1 or not 0 <= difference <= discordant:
        raise ValueError(
            f"a difference of {difference} cannot come from a share {discordant} of rows that one model gets right"
        )
