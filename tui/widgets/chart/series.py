"""The data of a chart: named series of values, smoothed, split at gaps and thinned to what a screen can show.

A *point* is `(x, y)`. A *segment* is a stretch of points without a gap, ascending in x.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Literal

Point = tuple[float, float]
Points = list[Point]

_x, _y = itemgetter(0), itemgetter(1)


@dataclass(frozen=True)
class Series:
    """A named sequence of measurements. The values are copied, so later changes to the lists do not show.

    `ys` may hold None (not measured: a gap) and non-finite numbers (diverged: a gap, and the chart says so).
    A "line" is smoothed when the chart smooths; "points" never are. `colour` is a theme colour; by default each
    series takes the next one.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float | None]
    style: Literal["line", "points"] = "line"
    colour: Literal["primary", "warning", "success", "accent", "secondary", "error"] | None = None

    def __post_init__(self) -> None:
        if len(self.xs) != len(self.ys):
            raise ValueError(f"series {self.name!r} has {len(self.xs)} xs and {len(self.ys)} ys; each x needs one y")
        object.__setattr__(self, "xs", tuple(map(_number, self.xs)))
        object.__setattr__(self, "ys", tuple(None if y is None else _number(y) for y in self.ys))

    def diverged_at(self) -> float | None:
        """Return the x of the first value that is NaN or infinite; None when all are finite."""
        return next((x for x, y in zip(self.xs, self.ys, strict=True) if y is not None and not math.isfinite(y)), None)


def segments(xs: Iterable[float], ys: Iterable[float | None], *, log: bool = False) -> list[Points]:
    """Return the segments of a series.

    A y that is None, not finite or, with `log`, not above zero ends a segment. A point whose x is not finite is
    dropped. Points with equal xs keep their order.
    """
    points = [(x, math.nan if y is None else y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x)]
    points.sort(key=_x)
    found: list[Points] = []
    segment: Points = []
    for point in points:
        if math.isfinite(point[1]) and (point[1] > 0 or not log):
            segment.append(point)
        elif segment:
            found.append(segment)
            segment = []
    return [*found, segment] if segment else found


def downsample(points: Sequence[Point], columns: int) -> Points:
    """Thin `points` to at most two per column (of at least two columns), keeping them ascending in x.

    The first and last points stay. The rest is divided into columns of equal width, each of which keeps its lowest
    and highest point, so the extremes of the whole series stay too.
    """
    columns = max(columns, 2)
    if len(points) <= 2 * columns:
        return list(points)
    kept = [points[0]]
    x_low, x_high = points[0][0], points[-1][0]
    start, end = 1, len(points) - 1
    for column in range(1, columns):
        edge = x_low + (x_high / (columns - 1) - x_low / (columns - 1)) * column
        stop = end if column == columns - 1 else bisect_right(points, edge, start, end, key=lambda point: point[0])
        if start < stop:
            inside = points[start:stop]
            kept += sorted({min(inside, key=_y), max(inside, key=_y)})
            start = stop
    return [*kept, points[-1]]


def _number(value: float) -> float:
    """Return `value` as a float: NaN if it is not a number, infinity for an integer too large for a float."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan
