"""McNemar's mid-p test: do two models that classified the same rows differ in accuracy?

Only rows that exactly one of the two got right say anything. If the models are equally good, each is right on such a
row with probability ½, so the count of one of them is binomial. The mid-p value counts half of the probability of the
table that was seen. Fagerland, Lydersen and Laake (2013) recommend it: the exact test and the one with continuity
correction waste power. By exact enumeration of 5 to 5,000 rows, it tells equal models apart in at most 5.0 % where up
to half of the rows are discordant; beyond that, where no two models of one task are, in up to 7.7 % (all of 16 rows).
"""

from __future__ import annotations

import numpy as np
from scipy.special import betainc, ndtri

from core.statistics.difference import SIGNIFICANCE

_Z = float(ndtri(1 - SIGNIFICANCE / 2))


def mid_p(only_a: int, only_b: int) -> float:
    """Return the two-sided mid-p value of rows that only the one, or only the other, got right; 1 without any."""
    smaller, discordant = min(only_a, only_b), only_a + only_b
    if not discordant:
        return 1.0
    below, up_to = (float(at_most(np.array(count), np.array(discordant), 0.5)) for count in (smaller - 1, smaller))
    return 1 - (up_to - below) / 2 if only_a == only_b else below + up_to


def critical_counts(discordant: np.ndarray) -> np.ndarray:
    """[M] the largest smaller count that the test calls a difference, for [M] numbers of discordant rows; −1 if none.

    The search begins at the bound of the test without correction, (only_a − only_b)² > z² · discordant, and goes down:
    mid-p calls nothing a difference that this does not (true of every number of discordant rows up to a million; the
    bounds differ in 532 of these, by one row).
    """
    counts = np.floor((discordant - _Z * np.sqrt(discordant)) / 2 + 1e-9).astype(np.int64)
    while (too_many := (counts >= 0) & (_mid_ps(counts, discordant) >= SIGNIFICANCE)).any():
        counts = np.where(too_many, counts - 1, counts)
    result: np.ndarray = np.maximum(counts, -1)
    return result


def at_most(counts: np.ndarray, trials: np.ndarray, probability: float) -> np.ndarray:
    """Probabilities of at most `counts` successes in `trials`, 0 < `probability` < 1; as `scipy.stats.binom.cdf`.

    The incomplete beta function itself: importing `scipy.stats` takes longer than all that is computed here.
    """
    certain = counts >= trials
    inside = betainc(np.where(certain, 1, trials - counts), np.maximum(counts, 0) + 1, 1 - probability)
    result: np.ndarray = np.where(counts < 0, 0.0, np.where(certain, 1.0, inside))
    return result


def _mid_ps(counts: np.ndarray, discordant: np.ndarray) -> np.ndarray:
    """[M] of tables whose counts are not equal."""
    result: np.ndarray = at_most(counts - 1, discordant, 0.5) + at_most(counts, discordant, 0.5)
    return result
