"""How often a classifier errs, from answers that were audited once: a p value and an upper bound for a fixed sample.

Both are exact for a sample whose size was set beforehand, and for one look at it. Read again after every audit, a bound
that covers 95 % fails in about 22 % of cases: `error_evidence` is for audits that are watched as they grow.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaincinv

from core.statistics.mcnemar import at_most


def fixed_p(errors: np.ndarray | int, audited: np.ndarray | int, limit: float) -> np.ndarray:
    """P values of "errors are as frequent as `limit`, or more": so few would be seen with at most this probability.

    Args:
        errors, audited: Counts, of any common shape. limit: An error rate, 0 < limit < 1.
    """
    return at_most(np.asarray(errors), np.asarray(audited), limit)


def fixed_bound(errors: int, audited: int, confidence: float) -> float:
    """Return the one-sided upper bound of Clopper and Pearson (1934) on the error rate; 1 without audits."""
    if errors >= audited:
        return 1.0
    return float(betaincinv(errors + 1, audited - errors, confidence))
