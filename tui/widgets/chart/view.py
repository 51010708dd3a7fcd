"""What a chart shows: its series and the view of them, that is zoom, cursor, scale and smoothing. Draws nothing."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from core.base.text import clean_line
from tui.widgets.chart.bundle import Bundle, Difference, Together, track_of
from tui.widgets.chart.canvas import Drawing, Layer
from tui.widgets.chart.extent import extent
from tui.widgets.chart.scale import Window, steady, widened
from tui.widgets.chart.series import Colour, Series
from tui.widgets.chart.track import Track
from tui.widgets.chart.units import NUMBER, Unit

SMOOTHING = (0.0, 0.6, 0.9, 0.97)
"""Weights of the moving average that the keys step through; 0 is off."""
TAIL = 200
"""Points shown while following the newest."""
COLOURS: tuple[Colour, ...] = ("primary", "warning", "success", "accent", "secondary", "error")
POINT_GLYPHS = "●○◆◇▲△■□"
"""For series of points, in order."""
LINE_GLYPHS = " ▲■▼◆●□△"
"""Set on lines, from the second one on, so that they can be told apart without colour."""
_MOST_STEPS_BACK = 50
_MOST_WITH_RAW = 3
"""Smoothed curves that have their raw values behind them; those of more would be a cloud."""


@dataclass(frozen=True)
class Reading:
    """The last point of a series at or before the cursor. `smoothed` is None without smoothing."""

    name: str
    x: float
    y: float | None
    smoothed: float | None


@dataclass(frozen=True)
class Extremes:
    """The lowest and the highest point of what is drawn of a series."""

    lowest: tuple[float, float]
    """x and y."""
    highest: tuple[float, float]


class ChartView:
    """The series of a chart and how they are looked at. `version` grows with every change of the data."""

    def __init__(self, smoothing: float = 0.0, *, robust: bool = False, log: bool = False) -> None:
        self.series: tuple[Series, ...] = ()
        self.references: tuple[tuple[str, float], ...] = ()
        self.x_label = "step"
        self.x_unit: Unit = NUMBER
        self.version = 0
        self.log, self.robust, self.follow = log, robust, False
        self.smoothing = smoothing
        self.span: tuple[float, float] | None = None
        """The x range zoomed to."""
        self.cursor: float | None = None
        """The x that is read out; None reads the newest point."""
        self.columns = 80
        """Width of the canvas drawn last: one press of an arrow key moves the cursor by one column."""
        self.hidden: frozenset[str] = frozenset()
        """Runs whose series are not drawn."""
        self.front = ""
        """The run whose series are drawn above the others and read out first; empty for none."""
        self.against = ""
        """The run whose values are taken from those of all others; empty for none."""
        self.drawing = Drawing()
        self._tracks: list[Track] = []
        self._window: tuple[tuple[object, ...], Window] = ((), Window(0.0, 1.0, 0.0, 1.0))
        self._before: list[tuple[float, float] | None] = []
        """The spans of before, to go back to."""

    def show(
        self,
        series: Iterable[Series],
        references: Iterable[tuple[str, float]],
        x_label: str,
        x_unit: Unit = NUMBER,
    ) -> bool:
        """Take new data and keep the view. Return whether anything changed."""
        self.x_unit = x_unit
        given, lines, label = tuple(series), tuple(references), clean_line(x_label)
        alike = len(given) == len(self.series) and all(map(Series.same_as, given, self.series))
        if alike and (lines, label) == (self.references, self.x_label):
            return False
        if label != self.x_label:
            self._before.clear()
        kept = {one.series.name: one for one in self._tracks}
        self.series, self.references, self.x_label = given, lines, label
        self._tracks = [self._track(kept.get(one.name), one) for one in given]
        self.version += 1
        self.__dict__.pop("_drawn", None)
        low, high = self.whole()
        if self.span is not None and not low < self.span[1] <= high:
            self.span = None  # the part that was zoomed into no longer exists
        if self.cursor is not None and not (self._tracks and low <= self.cursor <= high):
            self.cursor = None
        return True

    @staticmethod
    def _track(before: Track | None, series: Series) -> Track:
        return before if before is not None and before.follow(series) else track_of(series)

    @property
    def diverged(self) -> float | None:
        """The x of the first value of any series that is not finite; None if all are."""
        return min((one.diverged for one in self._tracks if one.diverged is not None), default=None)

    @property
    def heat(self) -> bool:
        """Whether the series are the rows of a heat map."""
        return any(one.style == "heat" for one in self.series)

    # Which series are drawn

    @cached_property
    def _drawn(self) -> dict[int, Track]:
        """The index of each series that is drawn → its track, back to front."""
        shown = [index for index, one in enumerate(self.series) if one.owner not in self.hidden]
        shown.sort(key=lambda index: self.series[index].owner == self.front)
        taken = {
            one.kind: track
            for one, track in zip(self.series, self._tracks, strict=True)
            if one.owner == self.against and one.style in ("line", "bundle")
        }
        if not taken:
            return {index: self._tracks[index] for index in shown}
        return {
            index: Difference(self._tracks[index], taken[one.kind])
            for index in shown
            if (one := self.series[index]).owner != self.against
            and one.kind in taken
            and one.style in ("line", "bundle")
        }

    def drawn(self) -> list[int]:
        """Return the indexes of the series that are drawn, back to front."""
        return list(self._drawn)

    def look_at(
        self, *, front: str | None = None, hidden: frozenset[str] | None = None, against: str | None = None
    ) -> None:
        """Bring a series to the front, hide some, or take the values of one from the others."""
        self.front = self.front if front is None else front
        self.hidden = self.hidden if hidden is None else hidden
        self.against = self.against if against is None else against
        self.__dict__.pop("_drawn", None)

    def lines(self) -> list[str]:
        """Return the runs, or other owners of lines, that can be brought to the front, hidden and compared."""
        return list(dict.fromkeys(one.owner for one in self.series if one.style in ("line", "bundle")))

    # What is read out

    def reading(self, index: int) -> Reading | None:
        """Return the values of one series at the cursor; None if it is not drawn or has no point at or before it."""
        track = self._drawn.get(index)
        if track is None:
            return None
        weight = self._weight(index)
        averages = track.smoothed(weight) if weight else array("d")
        place = track.place(math.inf if self.cursor is None else self.cursor) - 1
        if place < 0:
            return None
        series, y = self.series[index], track.ys[place]
        missing = series.gaps and math.isnan(y)
        plain = weight and not isinstance(track, Bundle | Difference)
        return Reading(series.name, track.xs[place], None if missing else y, averages[place] if plain else None)

    def readings(self) -> list[tuple[int, Reading]]:
        """Return the index and the reading of each series that has one; that in front comes first."""
        order = sorted(self._drawn, key=lambda index: (self.series[index].owner != self.front, index))
        return [(index, reading) for index in order if (reading := self.reading(index)) is not None]

    def extremes(self, index: int) -> Extremes | None:
        """Return the lowest and the highest visible point of what is drawn of a series; None if there is none."""
        curve = self._drawn[index].curve(log=self.log, weight=self._weight(index))
        start, stop = curve.between(*self.x_range())
        if start >= stop:
            return None
        low, high = curve.lowest(start, stop), curve.highest(start, stop)
        return Extremes((curve.xs[low], curve.ys[low]), (curve.xs[high], curve.ys[high]))

    def smooths(self) -> bool:
        """Return whether any series is drawn smoothed."""
        return any(self._weight(index) for index in self._drawn)

    def _smooths_lines(self) -> bool:
        """Return whether all that is drawn smoothed has raw values of its own."""
        return self.robust and self.smooths() and not any(isinstance(one, Together) for one in self._drawn.values())

    def values(self, index: int) -> Track:
        """Return the values of a series that is drawn."""
        return self._drawn[index]

    def _weight(self, index: int) -> float:
        return self.smoothing if self.series[index].style in ("line", "bundle") else 0.0

    # Moving about

    def smooth(self, by: int) -> None:
        """Smooth more (`by` 1) or less (-1)."""
        place = min(max(SMOOTHING.index(self.smoothing) + by, 0), len(SMOOTHING) - 1)
        self.smoothing = SMOOTHING[place]

    def toggle_follow(self) -> None:
        """Show only the newest points, or everything again."""
        self._remember()
        self.follow, self.span = not self.follow, None

    def show_all(self) -> None:
        """Leave zoom, tail and cursor."""
        self._remember()
        self.follow, self.span, self.cursor = False, None, None

    def go_back(self) -> None:
        """Return to the range of before the last zoom or move."""
        if self._before:
            self.follow, self.span = False, self._before.pop()
            low, high = self.whole()
            if self.span is not None and not low < self.span[1] <= high:
                self.span = None

    def _remember(self) -> None:
        if not self._before or self._before[-1] != self.span:
            self._before = [*self._before[-_MOST_STEPS_BACK:], self.span]

    def move_cursor(self, columns: int) -> None:
        """Move the cursor by this many columns, always onto a point of the data. The first move sets it."""
        if not self._has_points():
            return
        low, high = self.x_range()
        first, last = self._x_from(low), self._x_up_to(high)
        if first is None or last is None:
            return
        if self.cursor is None:
            found: float | None = first if columns > 0 else last
        else:
            aim = self.cursor + columns * (high / self.columns - low / self.columns)
            beyond = math.nextafter(self.cursor, math.inf if columns > 0 else -math.inf)
            found = self._x_from(max(aim, beyond)) if columns > 0 else self._x_up_to(min(aim, beyond))
            if found is None:
                found = self.whole()[1 if columns > 0 else 0]
        self.place_cursor(found)

    def _x_from(self, x: float) -> float | None:
        """Return the first x of any series from `x` on; None if there is none."""
        found = ((track.xs, bisect_left(track.xs, x, 0, track.count), track.count) for track in self._drawn.values())
        return min((xs[place] for xs, place, count in found if place < count), default=None)

    def _x_up_to(self, x: float) -> float | None:
        """Return the last x of any series up to `x`; None if there is none."""
        found = ((track.xs, bisect_right(track.xs, x, 0, track.count)) for track in self._drawn.values())
        return max((xs[place - 1] for xs, place in found if place), default=None)

    def place_cursor(self, x: float | None) -> None:
        """Put the cursor on `x` and bring it into view; None or a value that is not finite removes it."""
        self.cursor = at = x if x is not None and math.isfinite(x) else None
        low, high = self.x_range()
        first, last = self.whole()
        if at is not None and not low <= at <= high and first <= at <= last:
            half = high / 2 - low / 2
            start = min(max(at - half, first), max(last - 2 * half, first))
            self.follow, self.span = False, widened(start, min(start + 2 * half, last))

    def zoom(self, factor: float) -> None:
        """Scale the x range by `factor` around the cursor, or around its middle if the cursor is not in it."""
        if not self._has_points():
            return
        low, high = self.x_range()
        whole_low, whole_high = widened(*self.whole())
        at = self.cursor
        centre = at if at is not None and low <= at <= high else low / 2 + high / 2
        low, high = centre - (centre - low) * factor, centre + (high - centre) * factor
        if factor < 1 and self._x_from(low) == self._x_up_to(high):
            return  # there is nothing finer to see
        low, high = max(low, whole_low), min(high, whole_high)
        self._remember()
        self.follow = False
        self.span = None if (low, high) == (whole_low, whole_high) else (low, high)

    def pan(self, share: float) -> None:
        """Move the visible part by a share of its width, to the right or, if it is negative, to the left."""
        if self.span is None and not self.follow:
            return
        low, high = self.x_range()
        first, last = widened(*self.whole())
        width = high / 2 - low / 2
        start = min(max(low + 2 * width * share, first), max(last - 2 * width, first))
        self._remember()
        self.follow, self.span = False, widened(start, min(start + 2 * width, last))

    # What is drawn

    def _has_points(self) -> bool:
        return any(track.count for track in self._drawn.values())

    def whole(self) -> tuple[float, float]:
        """Return the lowest and the highest x of what is drawn."""
        tracks = [track for track in self._drawn.values() if track.count]
        if not tracks:
            return 0.0, 1.0
        return min(track.xs[0] for track in tracks), max(track.xs[track.count - 1] for track in tracks)

    def x_range(self) -> tuple[float, float]:
        """Return the visible x range: the tail, the zoom, or everything."""
        if not self._has_points():
            return 0.0, 1.0
        low, high = self.whole()
        if self.follow:
            longest = max(self._drawn.values(), key=lambda track: track.count)
            return widened(longest.xs[max(longest.count - TAIL, 0)], high)
        return widened(*(self.span or (low, high)))

    def glyph(self, index: int) -> str:
        """Return the mark that tells this series apart without colour."""
        series = self.series[index]
        before = sum((other.style == "points") == (series.style == "points") for other in self.series[:index])
        glyphs = POINT_GLYPHS if series.style == "points" else LINE_GLYPHS
        return glyphs[(before if series.mark is None else series.mark) % len(glyphs)]

    def colour(self, index: int) -> str:
        """Return the component that colours this series."""
        return self.series[index].colour or COLOURS[index % len(COLOURS)]

    def layers(self) -> list[Layer]:
        """Return what is drawn, back to front. Among many curves, only one has its raw values behind it."""
        few = len(self.lines()) <= _MOST_WITH_RAW
        only = self.front or (self.lines() or [""])[0]
        raw: list[Layer] = []
        lines: list[Layer] = []
        points: list[Layer] = []
        for index, track in self._drawn.items():
            series, weight = self.series[index], self._weight(index)
            curve = track.curve(log=self.log, weight=weight)
            several = isinstance(track, Bundle | Difference)
            if weight and not several and (few or series.owner == only):
                raw.append(Layer(track.curve(log=self.log), "", "raw", "dots"))
            kind = "points" if series.style == "points" else "line"
            front = points if kind == "points" else lines
            front.append(
                Layer(curve, self.glyph(index), self.colour(index), kind, track if isinstance(track, Bundle) else None)
            )
        return raw + lines + points

    def window(self) -> Window:
        """Return the visible part of the plane."""
        key = self._looks()
        if self._window[0] != key:
            low, high = self.x_range()
            layers = self.layers()
            parts = [(layer.curve, *layer.curve.between(low, high)) for layer in layers]
            others = [y for layer in layers if layer.bundle is not None for y in layer.bundle.extremes(low, high)]
            if not self.robust and not self.against and any(start < stop for _, start, stop in parts):
                others += [y for _, y in self.references]
            raw = [self._drawn[index].curve(log=self.log) for index in self._drawn] if self._smooths_lines() else []
            judged = [(curve, *curve.between(low, high)) for curve in raw]
            found = extent(parts, others, log=self.log, robust=self.robust, raw=judged)
            now = Window(low, high, *found, log=self.log)
            (known, before), alike = self._window, self._window[0][1:] == key[1:]
            now = steady(before, now) if known and alike else now
            self._window = (key if self._has_points() else (), now)
            return now
        return self._window[1]

    def cuts_outliers(self) -> bool:
        """Return whether visible points lie beyond the window."""
        if not self.robust or self.heat:
            return False
        window = self.window()
        parts = [(layer.curve, *layer.curve.between(window.x_low, window.x_high)) for layer in self.layers()]
        return any(
            curve.ys[curve.highest(start, stop)] > window.y_high or curve.ys[curve.lowest(start, stop)] < window.y_low
            for curve, start, stop in parts
            if start < stop
        )

    def state(self) -> tuple[object, ...]:
        """Return everything that a picture depends on besides its size."""
        return *self._looks(), self.front, self.cursor

    def _looks(self) -> tuple[object, ...]:
        """Return everything that the visible part of the plane depends on."""
        looks = (self.log, self.robust, self.follow, self.smoothing, self.hidden, self.against)
        return self.version, *looks, self.span
