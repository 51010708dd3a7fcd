"""What a comparison says, in one of four verdicts and one sentence. It loads neither numpy nor scipy.

The margin is what a person calls too little to matter, so it comes first: an interval within ±margin is *practically
equal*, even if the test sees a difference; the sentence then says that there is one. *Better* and *worse* need both the
adjusted p value below 5 % and an interval without 0: of equal models they are said in at most 5 % of all sets of
comparisons that were adjusted together. *Practically equal* is said of models that differ by the margin or more in at
most 2.5 % of comparisons: both ends of a 95 % interval are two one-sided tests (Schuirmann 1987). *Not distinguishable*
says that the rows were too few to decide, never that the models are equal.
"""

from __future__ import annotations

from enum import StrEnum

from core.statistics.difference import SIGNIFICANCE, Difference

_MOST_DECIMALS = 3


class Verdict(StrEnum):
    """Of the first model, compared with the second."""

    BETTER = "better"
    WORSE = "worse"
    PRACTICALLY_EQUAL = "practically equal"
    NOT_DISTINGUISHABLE = "not distinguishable"


def judge(difference: Difference, p_adjusted: float, margin: float) -> Verdict:
    """Return the verdict.

    Args:
        difference: Of the first model to the second. p_adjusted: Its p value, adjusted for the comparisons beside it
        (`multiple.holm`); its own if it is the only one. margin: The largest difference that does not matter, as a
        fraction; 0 if every difference does.
    """
    if margin > 0 and -margin <= difference.low and difference.high <= margin:
        return Verdict.PRACTICALLY_EQUAL
    if p_adjusted < SIGNIFICANCE and difference.low > 0:
        return Verdict.BETTER
    if p_adjusted < SIGNIFICANCE and difference.high < 0:
        return Verdict.WORSE
    return Verdict.NOT_DISTINGUISHABLE


def sentence(difference: Difference, p_adjusted: float, margin: float, basis: str, figure: str = "") -> str:
    """Return the verdict with what it rests on: "+0.4 points (−0.9…+1.7) on 377 rows: not distinguishable".

    Args:
        difference, p_adjusted, margin: As of `judge`.
        basis: What was compared: "on 377 rows", "over 5 seeds".
        figure: What was measured, if not accuracy: "macro F1".
    """
    verdict = judge(difference, p_adjusted, margin)
    decimals = _decimals(difference, margin)
    middle, low, high = (signed(end, decimals) for end in (difference.difference, difference.low, difference.high))
    points = f"points of {figure}" if figure else "points"
    reason = _reason(verdict, difference, p_adjusted, margin)
    return f"{middle} {points} ({low}…{high}) {basis}: {verdict}{reason}"


def _reason(verdict: Verdict, difference: Difference, p_adjusted: float, margin: float) -> str:
    if verdict is Verdict.PRACTICALLY_EQUAL:
        points = 100 * margin
        within = f"within ±{points:.{_MOST_DECIMALS}g} {'point' if points == 1 else 'points'}"
        real = difference.low > 0 or difference.high < 0
        return f" (a real difference, but {within})" if real else f" ({within})"
    if verdict is Verdict.NOT_DISTINGUISHABLE and difference.p_value < SIGNIFICANCE <= p_adjusted:
        return " (as one of several comparisons)"
    return ""


def _decimals(difference: Difference, margin: float) -> int:
    """Decimals that leave both ends of the interval on their side of 0 and of the margin, as the verdict saw them."""

    def side(points: float) -> tuple[bool, bool, bool]:
        return points > 0, points < 0, abs(points) <= 100 * margin

    ends = [100 * difference.low, 100 * difference.high]
    return next(
        (few for few in range(1, _MOST_DECIMALS) if all(side(round(end, few)) == side(end) for end in ends)),
        _MOST_DECIMALS,
    )


def signed(fraction: float, decimals: int) -> str:
    """Return a fraction in points, with a sign if it does not round to 0."""
    points = round(100 * fraction, decimals)
    return f"{points:+.{decimals}f}".replace("-", "−") if points else f"{0:.{decimals}f}"
