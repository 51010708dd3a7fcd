"""Evidence about an error rate from audits that are watched as they grow, valid however often one looks.

**Evidence that errors are rarer than a limit α.** After n audits with k errors,

    E = ∫ p^k (1 − p)^(n − k) dπ(p) / (α^k (1 − α)^(n − k)),     π = Beta(½, 2/α) cut to [0, α],

a ratio of likelihoods, averaged over rates below the limit. Suppose that the true rate is r ≥ α. The next audit
multiplies the ratio of each p by p/α if it is an error, else by (1 − p)/(1 − α). The mean of this factor falls as r
grows, because p/α ≤ (1 − p)/(1 − α), and is 1 at r = α; so it is at most 1. E therefore starts at 1 and never rises on
average, and by Ville's inequality it *ever* reaches 1/δ with a probability of at most δ. That is what allows looking
after every audit, and stopping whenever one likes: 1 / (largest E so far) is a p value at all times at once.

**Evidence that errors are more frequent than α** is the same ratio with a π on [α, 1], Beta(1, 0.4/α); there it is a
rate r ≤ α at which E never rises on average.

The rate is that of independent audits. The audits of a pile are drawn from it without replacement, which only makes
false certificates rarer: enumerated exactly, a pile of 100, 1,000 or 5,000 reviews of which 2 % are wrong is ever
certified with probability 0.0 %, 2.5 % or 3.9 % (`tests/core/statistics/test_error_evidence.py`).

The integral is an incomplete beta function. For a limit of 2 % and 95 % confidence, certainty takes 171, 323, 440 or
543 audits with 0, 1, 2 or 3 errors; a fixed sample that is read once takes 149, 236, 313 or 386.
"""

from __future__ import annotations

from math import exp, isfinite, log

import numpy as np
from scipy.special import betainc, betaincc, betaln

_SHAPE, _SCALE = 0.5, 2.0
"""π is Beta(_SHAPE, _SCALE / α): its mean is about a quarter of the limit, whatever the limit is."""
_SHAPE_ABOVE, _SCALE_ABOVE = 1.0, 0.4
_MOST_AUDITS = 10_000_000
"""More audits than anybody makes: a search that gets there has no answer."""
_BISECTIONS = 30


def log_evidence(audited: np.ndarray | float, errors: np.ndarray | float, limit: float) -> np.ndarray:
    """Logarithm of the evidence that errors are rarer than `limit`.

    Args:
        audited, errors: Counts, of any common shape; they need not be whole. limit: An error rate, 0 < limit < 1.
    """
    n, k = np.asarray(audited, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    a, b = _SHAPE, _SCALE / limit
    with np.errstate(divide="ignore"):  # evidence of 0, where there are far more errors than the limit allows
        below = np.log(betainc(a + k, b + n - k, limit)) - np.log(betainc(a, b, limit))
    result: np.ndarray = below + _log_ratio(n, k, a, b, limit)
    return result


def log_evidence_above(audited: np.ndarray | float, errors: np.ndarray | float, limit: float) -> np.ndarray:
    """Logarithm of the evidence that errors are more frequent than `limit`. Arguments as of `log_evidence`."""
    n, k = np.asarray(audited, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    a, b = _SHAPE_ABOVE, _SCALE_ABOVE / limit
    with np.errstate(divide="ignore"):
        above = np.log(betaincc(a + k, b + n - k, limit)) - np.log(betaincc(a, b, limit))
    result: np.ndarray = above + _log_ratio(n, k, a, b, limit)
    return result


def anytime_p(wrong: np.ndarray, limit: float) -> float:
    """Return the p value of "errors are as frequent as `limit`, or more", valid after every audit.

    Args:
        wrong: [n] booleans, the audits in the order in which they were made.
    """
    return min(1.0, exp(-_most_evidence(*_peaks(wrong), limit)))


def anytime_bound(wrong: np.ndarray, confidence: float) -> float:
    """Return the upper bound on the error rate that holds after every audit, with probability `confidence`.

    It is the lowest limit of which it was ever shown that errors are rarer, and 1 if none was. For each limit this is a
    test of its own, so the bound holds at all times at once.
    """
    peaks, needed = _peaks(wrong), -log(1 - confidence)
    low, high = 0.0, 1.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _most_evidence(*peaks, middle) >= needed:
            high = middle
        else:
            low = middle
    return high


def shows_more_errors(wrong: np.ndarray, limit: float, confidence: float) -> bool:
    """Return whether the audits have ever shown that errors are more frequent than `limit`.

    If they are not, this is ever true with a probability of at most 1 − `confidence`.
    """
    audited = np.arange(1, len(wrong) + 1)
    found = log_evidence_above(audited, np.cumsum(wrong), limit)
    return bool(len(found)) and float(found.max()) >= -log(1 - confidence)


def audits_needed(audited: int, errors: int, limit: float, confidence: float, rate: float = 0.0) -> int | None:
    """Return how many further audits show that errors are rarer than `limit`, if they come at `rate` from now on.

    Returns:
        0 if the audits so far show it; None if no number does at this rate.
    """
    needed = -log(1 - confidence)

    def enough(more: int) -> bool:
        return float(log_evidence(audited + more, errors + rate * more, limit)) >= needed

    low, high = -1, 1
    if enough(0):
        return 0
    while not enough(high):
        low, high = high, 2 * high
        if high > _MOST_AUDITS:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def _log_ratio(n: np.ndarray, k: np.ndarray, a: float, b: float, limit: float) -> np.ndarray:
    """Logarithm of the ratio of likelihoods, averaged over the whole of Beta(a, b)."""
    ratio: np.ndarray = betaln(a + k, b + n - k) - betaln(a, b) - k * log(limit) - (n - k) * np.log1p(-limit)
    return ratio


def _peaks(wrong: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the counts of audits and errors at the moments when the evidence may have been largest.

    It grows with every right answer and falls with every error, so these are the moments before an error, and now.
    """
    at = np.flatnonzero(wrong)
    return np.append(at, len(wrong)), np.arange(len(at) + 1)


def _most_evidence(audited: np.ndarray, errors: np.ndarray, limit: float) -> float:
    most = float(np.max(log_evidence(audited, errors, limit)))
    return most if isfinite(most) else 0.0
