"""Tracks of several series at once: `Bundle`, runs as their mean and range, and `Difference`, one minus another."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left
from collections.abc import Sequence

from tui.widgets.chart.curve import Curve
from tui.widgets.chart.series import Series
from tui.widgets.chart.track import Track, Values

MOST_PLACES = 2000
"""Places at which a bundle is computed. If no run has more values, it is computed at each of their xs."""


class Bundle(Track):
    """Runs that are smoothed one by one and then taken together, wherever there are at least two of them."""

    def __init__(self, series: Series) -> None:
        self._runs = [Track(one) for one in series.members]
        self.lows: Values = array("d")
        self.highs: Values = array("d")
        self._state: tuple[float, ...] = ()
        super().__init__(series)

    def _begin(self) -> None:
        self.smoothed(0.0)

    def follow(self, series: Series) -> bool:
        if series.style != "bundle" or len(series.members) != len(self._runs):
            return False
        grown = [run.follow(one) for run, one in zip(self._runs, series.members, strict=True)]
        if not all(grown):
            return False
        self.series = series
        return True

    def smoothed(self, weight: float) -> Values:
        """Return the mean of the moving averages of the runs."""
        state = (weight, *(run.count for run in self._runs))
        if state != self._state:
            self._state, self._curves = state, {}
            self._compute(weight)
        return self.ys

    def curve(self, *, log: bool, weight: float = 0.0) -> Curve:
        self.smoothed(weight)
        return super().curve(log=log)

    def range_at(self, x: float) -> tuple[float, float] | None:
        """Return the lowest and the highest of the runs at `x`; None before the first and after the last place."""
        place = self.place(x)
        if not place or x > self.xs[self.count - 1]:
            return None
        return self.lows[place - 1], self.highs[place - 1]

    def extremes(self, low: float, high: float) -> list[float]:
        """Return the lowest and the highest of the runs between two xs; empty if there is nothing between them."""
        start, stop = bisect_left(self.xs, low), self.place(high)
        return [min(self.lows[start:stop]), max(self.highs[start:stop])] if start < stop else []

    def _compute(self, weight: float) -> None:
        runs = [run for run in self._runs if run.count]
        values = [run.smoothed(weight) if weight else run.ys for run in runs]
        self.xs, self.ys, self.lows, self.highs = (array("d") for _ in range(4))
        for x in _places(runs):
            around = [run for run in zip(runs, values, strict=True) if run[0].xs[0] <= x <= run[0].xs[run[0].count - 1]]
            there = [y for run, ys in around if math.isfinite(y := ys[run.place(x) - 1])]
            if len(there) >= min(len(runs), 2):
                self.xs.append(x)
                self.ys.append(math.fsum(one / len(there) for one in there))
                self.lows.append(min(there))
                self.highs.append(max(there))
        self.count = len(self.xs)


class Difference(Track):
    """One series minus another, both smoothed, wherever there are both."""

    def __init__(self, one: Track, other: Track) -> None:
        self.one, self.other = one, other
        self._state: tuple[float, ...] = ()
        super().__init__(one.series)

    def _begin(self) -> None:
        self.smoothed(0.0)

    def smoothed(self, weight: float) -> Values:
        """Return the difference of the moving averages."""
        state = (weight, self.one.count, self.other.count)
        if state != self._state:
            self._state, self._curves = state, {}
            self._compute(weight)
        return self.ys

    def curve(self, *, log: bool, weight: float = 0.0) -> Curve:
        self.smoothed(weight)
        return super().curve(log=log)

    def _compute(self, weight: float) -> None:
        pair = (self.one, self.other)
        values, others = (track.smoothed(weight) if weight else track.ys for track in pair)
        self.xs, self.ys = array("d"), array("d")
        for x in _places(pair) if self.one.count and self.other.count else ():
            at, there = self.one.place(x), self.other.place(x)
            if at and there and x <= min(track.xs[track.count - 1] for track in pair):
                y = values[at - 1] - others[there - 1]
                if math.isfinite(y):
                    self.xs.append(x)
                    self.ys.append(y)
        self.count = len(self.xs)


def track_of(series: Series) -> Track:
    """Return the track of a series."""
    return Bundle(series) if series.style == "bundle" else Track(series)


def _places(runs: Sequence[Track]) -> Sequence[float]:
    """Return the xs at which runs are taken together: all there are or, if there are many, some at equal distances."""
    if all(run.count <= MOST_PLACES for run in runs):
        return sorted({x for run in runs for x in run.xs[: run.count]})
    low = min(run.xs[0] for run in runs)
    high = max(run.xs[run.count - 1] for run in runs)
    step = high / (MOST_PLACES - 1) - low / (MOST_PLACES - 1)
    return [min(low + step * number, high) for number in range(MOST_PLACES)]
