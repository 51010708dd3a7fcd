"""Whether a cheaper model is not worse by more than a margin. It loads neither numpy nor scipy.

The lower end of the 95 % interval of the difference has to be above −margin: a one-sided test at 2.5 %, as it is usual
for non-inferiority (Piaggio et al. 2012). That the interval holds 0 shows nothing of the kind.
"""

from __future__ import annotations

from enum import StrEnum

from core.statistics.difference import Difference
from core.statistics.verdict import signed


class Inferiority(StrEnum):
    """Of a model, against the one it could replace."""

    NOT_INFERIOR = "not worse by more than the margin"
    UNDECIDED = "too few rows to exclude more than the margin"
    INFERIOR = "worse by more than the margin"


def judge_inferiority(difference: Difference, margin: float) -> Inferiority:
    """Return whether the first model is worse than the second by more than `margin`, a fraction ≥ 0."""
    if difference.low > -margin:
        return Inferiority.NOT_INFERIOR
    return Inferiority.INFERIOR if difference.high < -margin else Inferiority.UNDECIDED


def inferiority_sentence(difference: Difference, margin: float, rows: int) -> str:
    """Return the outcome and its basis: "−0.3 points (−0.8…+0.2) on 900 rows: not worse by more than 1 point".

    `difference` is that of the first model, as a fraction, and `rows` are what it was measured on.
    """
    decimals = _decimals(difference, margin)
    middle, low, high = (signed(end, decimals) for end in (difference.difference, difference.low, difference.high))
    points = f"{100 * margin:.3g} {'point' if margin == 0.01 else 'points'}"
    said = {
        Inferiority.NOT_INFERIOR: f"not worse by more than {points}",
        Inferiority.UNDECIDED: f"that it is not worse by more than {points} is not shown",
        Inferiority.INFERIOR: f"worse by more than {points}",
    }[judge_inferiority(difference, margin)]
    return f"{middle} points ({low}…{high}) on {rows:,} rows: {said}"


def _decimals(difference: Difference, margin: float) -> int:
    """Decimals that leave both ends of the interval on their side of −margin, in points, as the outcome saw them."""
    ends, edge = (100 * difference.low, 100 * difference.high), -100 * margin
    kept = (few for few in (1, 2) if all((round(end, few) > edge) == (end > edge) for end in ends))
    return next(kept, 3)
