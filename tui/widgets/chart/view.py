"""What a chart shows: its series and the view of them, that is zoom, cursor, scale and smoothing. Draws nothing."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from operator import itemgetter

from core.base.smoothing import exponential_average
from core.base.text import clean_line
from tui.widgets.chart.canvas import Layer
from tui.widgets.chart.scale import Window, limits, widened
from tui.widgets.chart.series import Series, segments

SMOOTHING = (0.0, 0.6, 0.9, 0.97)
"""Weights of the moving average that the keys step through; 0 is off."""
TAIL = 200
"""Points shown while following the newest."""
COLOURS = ("primary", "warning", "success", "accent", "secondary", "error")
POINT_GLYPHS = "●○◆◇"
"""For series of points, in order."""
LINE_GLYPHS = " ▲■▼◆"
"""Set on lines, from the second one on, so that they can be told apart without colour."""

_x = itemgetter(0)


@dataclass(frozen=True)
class Reading:
    """The last point of a series at or before the cursor. `smoothed` is None without smoothing."""

    name: str
    x: float
    y: float | None
    smoothed: float | None


class ChartView:
    """The series of a chart and how they are looked at. `version` grows with every change of the data."""

    def __init__(self, smoothing: float = 0.0) -> None:
        self.series: tuple[Series, ...] = ()
        self.references: tuple[tuple[str, float], ...] = ()
        self.x_label = "step"
        self.version = 0
        self.log = self.robust = self.follow = False
        self.smoothing = smoothing
        self.span: tuple[float, float] | None = None
        """The x range zoomed to."""
        self.cursor: float | None = None
        """The x that is read out; None reads the newest point."""
        self.columns = 80
        """Width of the canvas drawn last: one press of an arrow key moves the cursor by one column."""
        self.diverged: float | None = None
        self._averages: dict[tuple[int, int, float], list[float]] = {}
        self._places: list[list[tuple[float, int]]] = []  # per series: (x, index into xs), ascending
        self._xs: list[float] = []  # every finite x of all series, ascending, once
        self._layers: tuple[object, list[Layer]] = (None, [])

    def show(self, series: Iterable[Series], references: Iterable[tuple[str, float]], x_label: str) -> bool:
        """Take new data and keep the view. Return whether anything changed."""
        shown = (tuple(series), tuple(references), clean_line(x_label))
        if shown == (self.series, self.references, self.x_label):
            return False
        self.series, self.references, self.x_label = shown
        self.version += 1
        self._averages.clear()
        self._places = [sorted((x, place) for place, x in enumerate(one.xs) if math.isfinite(x)) for one in self.series]
        self._xs = xs = sorted({x for places in self._places for x, _ in places})
        self.diverged = min((x for one in self.series if (x := one.diverged_at()) is not None), default=None)
        if xs and self.span is not None and not xs[0] < self.span[1] <= xs[-1]:
            self.span = None  # the part that was zoomed into no longer exists
        if self.cursor is not None and not (xs and xs[0] <= self.cursor <= xs[-1]):
            self.cursor = None
        return True

    # What is read out

    def reading(self, index: int) -> Reading | None:
        """Return the values of one series at the cursor; None if it has no point at or before it."""
        at = math.inf if self.cursor is None else self.cursor
        place = bisect_right(self._places[index], (at, math.inf)) - 1
        if place < 0:
            return None
        x, measured = self._places[index][place]
        series, average = self.series[index], self.average(index)
        return Reading(series.name, x, series.ys[measured], average[measured] if average else None)

    def readings(self) -> list[tuple[int, Reading]]:
        """Return the index and the reading of each series that has one."""
        return [(i, reading) for i in range(len(self.series)) if (reading := self.reading(i)) is not None]

    def average(self, index: int) -> list[float]:
        """Return the smoothed values of a series, computed from all of its points; empty without smoothing."""
        series = self.series[index]
        if not self.smoothing or series.style != "line":
            return []
        key = (self.version, index, self.smoothing)
        if key not in self._averages:
            self._averages[key] = exponential_average(series.ys, self.smoothing)
        return self._averages[key]

    # Moving about

    def smooth(self, by: int) -> None:
        """Smooth more (`by` 1) or less (-1)."""
        place = min(max(SMOOTHING.index(self.smoothing) + by, 0), len(SMOOTHING) - 1)
        self.smoothing = SMOOTHING[place]

    def toggle_follow(self) -> None:
        """Show only the newest points, or everything again."""
        self.follow, self.span = not self.follow, None

    def show_all(self) -> None:
        """Leave zoom, tail and cursor."""
        self.follow, self.span, self.cursor = False, None, None

    def move_cursor(self, columns: int) -> None:
        """Move the cursor by this many columns, always onto a point of the data. The first move sets it."""
        xs = self._xs
        if not xs:
            return
        low, high = self.x_range()
        first, last = bisect_left(xs, low), max(bisect_right(xs, high) - 1, 0)
        if self.cursor is None:
            place = first if columns > 0 else last
        else:
            aim = self.cursor + columns * (high / self.columns - low / self.columns)
            if columns > 0:
                place = max(bisect_left(xs, aim), bisect_right(xs, self.cursor))
            else:
                place = min(bisect_right(xs, aim), bisect_left(xs, self.cursor)) - 1
        self.place_cursor(xs[min(max(place, 0), len(xs) - 1)])

    def place_cursor(self, x: float | None) -> None:
        """Put the cursor on `x` and bring it into view; None or a value that is not finite removes it."""
        self.cursor = x if x is not None and math.isfinite(x) else None
        low, high = self.x_range()
        xs, at = self._xs, self.cursor
        if at is not None and not low <= at <= high and xs and xs[0] <= at <= xs[-1]:
            half = high / 2 - low / 2
            start = min(max(at - half, xs[0]), max(xs[-1] - 2 * half, xs[0]))
            self.follow, self.span = False, widened(start, min(start + 2 * half, xs[-1]))

    def zoom(self, factor: float) -> None:
        """Scale the x range by `factor` around the cursor, or around its middle without one."""
        xs = self._xs
        if not xs:
            return
        low, high = self.x_range()
        whole_low, whole_high = widened(xs[0], xs[-1])
        centre = low / 2 + high / 2 if self.cursor is None else self.cursor
        low, high = centre - (centre - low) * factor, centre + (high - centre) * factor
        if factor < 1 and bisect_right(xs, high) - bisect_left(xs, low) < 2:
            return  # there is nothing finer to see
        low, high = max(low, whole_low), min(high, whole_high)
        self.follow = False
        self.span = None if (low, high) == (whole_low, whole_high) else (low, high)

    # What is drawn

    def x_range(self) -> tuple[float, float]:
        """Return the visible x range: the tail, the zoom, or everything."""
        xs = self._xs
        if not xs:
            return 0.0, 1.0
        if self.follow:
            longest = max(self._places, key=len)
            return widened(longest[-TAIL:][0][0], xs[-1])
        return widened(*(self.span or (xs[0], xs[-1])))

    def glyph(self, index: int) -> str:
        """Return the mark that tells this series apart without colour."""
        series = self.series[index]
        before = sum((other.style == "points") == (series.style == "points") for other in self.series[:index])
        glyphs = POINT_GLYPHS if series.style == "points" else LINE_GLYPHS
        return glyphs[before % len(glyphs)]

    def colour(self, index: int) -> str:
        """Return the component that colours this series."""
        return self.series[index].colour or COLOURS[index % len(COLOURS)]

    def layers(self) -> list[Layer]:
        """Return what is drawn, back to front; cached until data or view change."""
        key = (self.version, self.log, self.smoothing)
        if self._layers[0] != key:
            raw: list[Layer] = []
            lines: list[Layer] = []
            points: list[Layer] = []
            for index, series in enumerate(self.series):
                parts = segments(series.xs, series.ys, log=self.log)
                if average := self.average(index):
                    raw.append(Layer(parts, "", "raw", "dots"))
                    parts = segments(series.xs, average, log=self.log)
                front = points if series.style == "points" else lines
                front.append(Layer(parts, self.glyph(index), self.colour(index), series.style))
            self._layers = (key, raw + lines + points)
        return self._layers[1]

    def window(self) -> Window:
        """Return the visible part of the plane."""
        low, high = self.x_range()
        groups: list[list[float]] = []
        for layer in self.layers():
            visible = [
                [y for _, y in part[bisect_left(part, low, key=_x) : bisect_right(part, high, key=_x)]]
                for part in layer.segments
                if part[-1][0] >= low and part[0][0] <= high
            ]
            groups.append([y for part in visible for y in part])
        if not self.robust and any(groups):
            groups.append([y for _, y in self.references])
        return Window(low, high, *limits(groups, log=self.log, robust=self.robust), log=self.log)

    def state(self) -> tuple[object, ...]:
        """Return everything that a picture depends on besides its size."""
        return self.version, self.log, self.robust, self.follow, self.smoothing, self.span, self.cursor
