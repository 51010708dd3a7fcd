"""Turns segments of points into lines and dots in the unit square, clipped to the window and thinned to its columns.

Every coordinate that comes out is finite and within [0, 1], because the drawing library does not survive a NaN.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise
from operator import itemgetter

from tui.widgets.chart.scale import Window
from tui.widgets.chart.series import Point, Points, downsample

_x = itemgetter(0)


def trace(segments: Sequence[Points], window: Window, columns: int) -> list[Points]:
    """Return the segments as lines in the unit square, a few points per column, clipped at the edges.

    A line leaves the window where it really crosses the edge. A line of one point is a dot. Where there are more
    segments than columns, those narrower than a column are thinned together as dots.
    """
    lines: list[Points] = []
    loose: Points = []
    column_width = window.x_high / columns - window.x_low / columns
    for segment in segments:
        start = max(bisect_left(segment, window.x_low, key=_x) - 1, 0)
        stop = min(bisect_right(segment, window.x_high, key=_x) + 1, len(segment))
        part = segment[start:stop]
        if not part:
            continue
        width = part[-1][0] - part[0][0]
        if len(segments) > columns and width < column_width:
            loose += part
            continue
        share = min(math.ceil(min(width / column_width, columns)), columns) if column_width > 0 else columns
        lines += _clipped([(window.across(x), window.up(y)) for x, y in downsample(part, share)])
    loose.sort(key=_x)
    for x, y in downsample(loose, columns):
        lines += _clipped([(window.across(x), window.up(y))])
    return lines


def scatter(segments: Iterable[Points], window: Window, columns: int) -> Points:
    """Return the points inside `window`, in the unit square: at most two per column, the lowest and the highest."""
    inside = [
        (x, y)
        for segment in segments
        for x, y in segment[bisect_left(segment, window.x_low, key=_x) : bisect_right(segment, window.x_high, key=_x)]
        if window.y_low <= y <= window.y_high
    ]
    return [(window.across(x), window.up(y)) for x, y in downsample(inside, columns)]


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
