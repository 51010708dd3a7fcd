"""The y range of the visible parts of curves, with or without outliers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from tui.widgets.chart.curve import Curve
from tui.widgets.chart.scale import limits

WARM_UP = 5
"""Values at the start that do not count without outliers: the first losses of a new head are not representative."""

_LEAST = 0.5
"""The share of the height below which what is no outlier gets all of it."""

Part = tuple[Curve, int, int]
"""A curve, the place of its first visible point, and the place after the last."""


def extent(
    parts: Sequence[Part], others: Iterable[float], *, log: bool, robust: bool, raw: Sequence[Part] = ()
) -> tuple[float, float]:
    """Return a y range around the visible parts of curves, and around other values.

    With `robust`, outliers do not count, nor do the first few values of a curve, if both together would leave less than
    half of the height to the rest. An outlier is among the highest hundredth, and more than three interquartile ranges
    above the upper quartile (Tukey's "far out"; in log space on a logarithmic axis): a spike is one, and a loss that
    falls for a twentieth of the run is not. Quartiles and hundredth are those of some thousands of values at equal
    distances: of `raw`, if given, since a spike lifts the average of many steps.
    """
    visible = [(curve, start, stop) for curve, start, stop in parts if start < stop]
    others = list(others)
    ends = [curve.ys[place(start, stop)] for curve, start, stop in visible for place in (curve.lowest, curve.highest)]
    whole = limits([*ends, *others], log=log)
    if not robust or not visible:
        return whole
    settled = _settled(visible)
    judged = _settled([part for part in raw if part[1] < part[2]]) or settled
    bound = _far_out([y for curve, start, stop in judged for y in curve.sample(start, stop)], log=log)
    found = [curve.highest_up_to(bound, start, stop) for curve, start, stop in settled]
    found += [low for curve, start, stop in settled if (low := curve.ys[curve.lowest(start, stop)]) <= bound]
    common = limits([*found, *others], log=log)
    return common if _height(common, log=log) < _LEAST * _height(whole, log=log) else whole


def _settled(parts: Sequence[Part]) -> list[Part]:
    return [(curve, start + WARM_UP * (stop - start > 4 * WARM_UP), stop) for curve, start, stop in parts]


def _height(ends: tuple[float, float], *, log: bool) -> float:
    """Return the height of a range, which is finite: a quarter of it, in log space on a logarithmic axis."""
    low, high = (math.log10(end) if log else end for end in ends)
    return high / 4 - low / 4


def _far_out(values: Sequence[float], *, log: bool) -> float:
    ordered = sorted(math.log10(y) for y in values) if log else sorted(values)
    quarter, three_quarters = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
    common = ordered[max(min(len(ordered) * 99 // 100, len(ordered) - 2), 0)]
    bound = max(three_quarters + 3 * (three_quarters - quarter), common)
    if not log:
        return bound
    return 10**bound if bound < math.log10(1.7e308) else math.inf
