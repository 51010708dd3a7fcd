"""Turns curves into lines and dots in the unit square, clipped to the window and thinned to its columns.

Every coordinate that comes out is finite and within [0, 1], because the drawing library does not survive a NaN.
"""

from __future__ import annotations

from itertools import pairwise

from tui.widgets.chart.curve import Curve
from tui.widgets.chart.scale import Window
from tui.widgets.chart.series import Point, Points


def trace(curve: Curve, window: Window, columns: int) -> list[Points]:
    """Return a curve as lines in the unit square, a few points per column, clipped at the edges.

    A line leaves the window where it really crosses the edge. A line of one point is a dot.
    """
    whole, loose = curve.lines(window.x_low, window.x_high, columns)
    lines: list[Points] = []
    for points in (*whole, *([point] for point in loose)):
        lines += _clipped([(window.across(x), window.up(y)) for x, y in points])
    return lines


def scatter(curve: Curve, window: Window, columns: int) -> Points:
    """Return the points inside `window`, in the unit square: at most two per column, the lowest and the highest."""
    inside = curve.points(window.x_low, window.x_high, columns)
    return [(window.across(x), window.up(y)) for x, y in inside if window.y_low <= y <= window.y_high]


def beyond(curve: Curve, window: Window, columns: int) -> tuple[list[float], list[float]]:
    """Return where in the window, from 0 to 1, points lie above it, and where they lie below it."""
    start, stop = curve.between(window.x_low, window.x_high)
    if start >= stop:
        return [], []
    lowest, highest = curve.ys[curve.lowest(start, stop)], curve.ys[curve.highest(start, stop)]
    if window.y_low <= lowest and highest <= window.y_high:
        return [], []
    points = curve.points(window.x_low, window.x_high, columns)
    above = [window.across(x) for x, y in points if y > window.y_high]
    return above, [window.across(x) for x, y in points if y < window.y_low]


def _clipped(line: Points) -> list[Points]:
    """Return the parts of `line` inside the unit square (Liang and Barsky's clipping, edge by edge)."""
    if len(line) == 1:
        return [line] if 0 <= line[0][0] <= 1 and 0 <= line[0][1] <= 1 else []
    parts: list[Points] = []
    open_part = False
    for start, end in pairwise(line):
        enter, leave = 0.0, 1.0
        for origin, delta in ((start[0], end[0] - start[0]), (start[1], end[1] - start[1])):
            if delta == 0:
                if not 0 <= origin <= 1:
                    enter = 2.0
                continue
            near, far = sorted((-origin / delta, (1 - origin) / delta))
            enter, leave = max(enter, near), min(leave, far)
        if enter > leave:
            open_part = False
            continue
        if not (open_part and enter == 0):
            parts.append([_between(start, end, enter)])
        parts[-1].append(_between(start, end, leave))
        open_part = leave == 1
    return parts


def _between(start: Point, end: Point, share: float) -> Point:
    """Return the point at `share` of the way, held inside the unit square against rounding."""
    if share in (0.0, 1.0):
        x, y = end if share else start
    else:
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
