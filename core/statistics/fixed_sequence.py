"""Which part of a classifier's answers can be trusted: a threshold on its confidence, with a promise about the errors.

A threshold t accepts the answers with a confidence of at least t; r(t) is the error rate among them. Its hypothesis is
"r(t) is `limit` or more", and to reject it is to certify t. Thresholds are set before any audit, from the confidences
alone, and are tested strictest first: one is certified only if it and all stricter ones are rejected.

**Why no correction is needed, and why one may look after every audit.** Let t₀ be the strictest threshold of the grid
whose hypothesis is true; the grid and the true rates do not depend on the audits, so neither does t₀. A certificate is
false only if its threshold is t₀ or a looser one, and then t₀ was rejected. So every false certificate, at whatever
moment and of whichever threshold, lies in one single event: t₀ was at some time rejected. With a p value that is valid
at all times at once (`error_evidence.anytime_p`), its probability is at most δ. This holds although the threshold is
loosened step by step, although several are looked at, although it is looked at after every audit, and whether or not
r(t) grows as t falls.

Testing in a fixed sequence without a correction is from Learn then Test (Angelopoulos et al. 2021); there the sample is
read once (`error_rate.fixed_p`). MAPIE has that test, as `control_fwer(…, "fixed_sequence")`, but not the one that may
be watched, and the sequence itself is one line: so it is not a dependency.

What it costs to start too strict: a threshold that accepts a share c of the reviews is audited by a share c of the
audits. `first_coverage` therefore starts where the audits at hand can decide something.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

import numpy as np

from core.statistics.error_evidence import audits_needed

STEPS = 20
"""Thresholds are quantiles: the most confident 1/20 of the reviews, 2/20, …, all."""
_LEAST_SHARE, _USUAL_SHARE = 0.2, 0.4
"""The first threshold accepts at least the one; and the other, unless the audits at hand allow for a stricter one."""


def leading(rejected: Iterable[bool]) -> int:
    """Return how many thresholds are certified: those before the first whose hypothesis is not rejected."""
    return sum(1 for _ in takewhile(bool, rejected))


def fewest_audits(limit: float, confidence: float) -> int:
    """Return how many audits without any error certify a threshold: 171 for 2 % and 95 %."""
    fewest = audits_needed(0, 0, limit, confidence)
    assert fewest is not None
    return fewest


def first_coverage(reviews: int, at_hand: int, fewest: int) -> float:
    """Return the share of the reviews that the first threshold should accept, a multiple of 1 / `STEPS`.

    Args:
        reviews: How many there are. at_hand: How many of them are set apart for audits. fewest: As of `fewest_audits`.
    """
    wanted = max(at_hand, min(reviews, round(fewest / _USUAL_SHARE)), 1)
    share = max(fewest / wanted, _LEAST_SHARE)
    return float(min(np.ceil(STEPS * share - 1e-9) / STEPS, 1.0))


def threshold_grid(confidences: np.ndarray, first: float) -> np.ndarray:
    """[M] thresholds, strictest first: quantiles of the confidences from the share `first` on, without repetitions.

    Args:
        confidences: [N] of all reviews, audited or not. first: As of `first_coverage`.
    """
    if not len(confidences):
        return np.zeros(0)
    falling = np.sort(confidences)[::-1]
    shares = np.arange(round(first * STEPS), STEPS + 1) / STEPS
    places = np.ceil(shares * len(falling) - 1e-9).astype(int) - 1
    thresholds: np.ndarray = falling[np.unique(np.maximum(places, 0))]
    return np.unique(thresholds)[::-1]
