"""The y range of the visible parts of curves, with or without outliers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tui.widgets.chart.curve import Curve
from tui.widgets.chart.scale import limits

WARM_UP = 5
"""Values at the start that do not count without outliers: the first losses of a new head are not representative."""

Part = tuple[Curve, int, int]
"""A curve, the place of its first visible point, and the place after the last."""


def extent(parts: Sequence[Part], others: Iterable[float], *, log: bool, robust: bool) -> tuple[float, float]:
    """Return a y range around the visible parts of curves, and around other values.

    With `robust`, outliers do not count, nor do the first few values of a curve. An outlier is among the highest
    hundredth, and more than three interquartile ranges above the upper quartile (Tukey's "far out"; in log space on a
    logarithmic axis): a spike is one, and a loss that falls for a twentieth of the run is not. Quartiles and hundredth
    are those of some thousands of values at equal distances.
    """
    visible = [(curve, start, stop) for curve, start, stop in parts if start < stop]
    if robust:
        visible = [(curve, start + WARM_UP * (stop - start > 4 * WARM_UP), stop) for curve, start, stop in visible]
    lows = [curve.ys[curve.lowest(start, stop)] for curve, start, stop in visible]
    if robust and visible:
        bound = _far_out([y for part in visible for y in part[0].sample(*part[1:])], log=log)
        found = (curve.highest_up_to(bound, start, stop) for curve, start, stop in visible)
        highs = [high for high in found if high is not None]
        lows = [low for low in lows if low <= bound]
    else:
        highs = [curve.ys[curve.highest(start, stop)] for curve, start, stop in visible]
    return limits([*lows, *highs, *others], log=log)


def _far_out(values: Sequence[float], *, log: bool) -> float:
    ordered = sorted(math.log10(y) for y in values) if log else sorted(values)
    quarter, three_quarters = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
    common = ordered[max(min(len(ordered) * 99 // 100, len(ordered) - 2), 0)]
    bound = max(three_quarters + 3 * (three_quarters - quarter), common)
    if not log:
        return bound
    return 10**bound if bound < math.log10(1.7e308) else math.inf
