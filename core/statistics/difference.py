"""The difference between two scores, with an interval and a p value that do not contradict each other."""

from __future__ import annotations

from dataclasses import dataclass

SIGNIFICANCE = 0.05
"""Below this, a p value counts as a difference. Intervals have the matching level, 95 %."""


@dataclass(frozen=True)
class Difference:
    """What the first model scores more than the second, as a fraction of 1."""

    difference: float
    low: float
    """Of the 95 % interval."""
    high: float
    p_value: float
    """Two-sided: how often chance alone would make two equal models differ at least this much."""

    def reversed(self) -> Difference:
        """The second model against the first."""
        return Difference(-self.difference, -self.high, -self.low, self.p_value)


def reconciled(difference: float, low: float, high: float, p_value: float) -> Difference:
    """Return the difference with an interval that holds it, and that holds 0 wherever the test sees nothing.

    An interval and a test that come from different formulas disagree in a few tables, where no reader could tell which
    to believe. The interval only ever grows here, so it covers at least as often as before.
    """
    low, high = min(low, difference), max(high, difference)
    if p_value >= SIGNIFICANCE:
        low, high = min(low, 0.0), max(high, 0.0)
    return Difference(difference, low, high, p_value)
