"""p values of several comparisons, so that the chance of any false difference among them stays at the level of one."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's (1979) adjusted p values, in the order given.

    The k-th smallest of N is multiplied by N − k + 1, and is at least as large as the ones before it. Nothing is
    assumed of how the comparisons depend on each other. (`scipy.stats.false_discovery_control` controls another, weaker
    rate.)
    """
    adjusted = [1.0] * len(p_values)
    largest = 0.0
    for done, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min((len(p_values) - done) * p_values[index], 1.0))
        adjusted[index] = largest
    return adjusted
