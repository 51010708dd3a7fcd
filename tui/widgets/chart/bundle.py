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
"""Places at which series are taken together. If none has more values, it is done at each of their xs."""


class Together(Track):
    """Several series that are smoothed one by one and then taken together, anew whenever one of them has grown."""

    def __init__(self, series: Series, tracks: Sequence[Track]) -> None:
        self._tracks = tracks
        self._state: tuple[float, ...] = ()
        super().__init__(series)

    def _begin(self) -> None:
        self.smoothed(0.0)

    def smoothed(self, weight: float) -> Values:
        """Return what comes of the moving averages of the series."""
        state = (weight, *(track.count for track in self._tracks))
        if state != self._state:
            self._state, self._curves = state, {}
            self.xs, self.ys = array("d"), array("d")
            self._take_together([track.smoothed(weight) if weight else track.ys for track in self._tracks])
            self.count = len(self.xs)
        return self.ys

    def curve(self, *, log: bool, weight: float = 0.0) -> Curve:
        self.smoothed(weight)
        return super().curve(log=log)

    def _take_together(self, values: Sequence[Values]) -> None:
        """Fill `xs` and `ys`, given the values of each of the tracks."""
        raise NotImplementedError


class Bundle(Together):
    """Runs as their mean, with the range from the lowest to the highest, wherever there are at least two of them."""

    def __init__(self, series: Series) -> None:
        self.lows: Values = array("d")
        self.highs: Values = array("d")
        super().__init__(series, [Track(one) for one in series.members])

    def follow(self, series: Series) -> bool:
        if series.style != "bundle" or len(series.members) != len(self._tracks):
            return False
        grown = [track.follow(one) for track, one in zip(self._tracks, series.members, strict=True)]
        self.series = series
        return all(grown)

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

    def _take_together(self, values: Sequence[Values]) -> None:
        self.lows, self.highs = array("d"), array("d")
        pairs = [pair for pair in zip(self._tracks, values, strict=True) if pair[0].count]
        for x in _places([track for track, _ in pairs]):
            around = [pair for pair in pairs if pair[0].xs[0] <= x <= pair[0].xs[pair[0].count - 1]]
            there = [y for track, ys in around if math.isfinite(y := ys[track.place(x) - 1])]
            if len(there) >= min(len(pairs), 2):
                self.xs.append(x)
                self.ys.append(math.fsum(one / len(there) for one in there))
                self.lows.append(min(there))
                self.highs.append(max(there))


class Difference(Together):
    """One series minus another, wherever there are both."""

    def __init__(self, one: Track, other: Track) -> None:
        super().__init__(one.series, (one, other))

    def _take_together(self, values: Sequence[Values]) -> None:
        (one, other), (ones, others) = self._tracks, values
        if not one.count or not other.count:
            return
        end = min(track.xs[track.count - 1] for track in self._tracks)
        for x in _places(self._tracks):
            at, there = one.place(x), other.place(x)
            if at and there and x <= end and math.isfinite(y := ones[at - 1] - others[there - 1]):
                self.xs.append(x)
                self.ys.append(y)


def track_of(series: Series) -> Track:
    """Return the track of a series."""
    return Bundle(series) if series.style == "bundle" else Track(series)


def _places(tracks: Sequence[Track]) -> Sequence[float]:
    """Return the xs at which series are taken together: all there are or, of many, some at equal distances."""
    if all(track.count <= MOST_PLACES for track in tracks):
        return sorted({x for track in tracks for x in track.xs[: track.count]})
    low = min(track.xs[0] for track in tracks)
    high = max(track.xs[track.count - 1] for track in tracks)
    step = high / (MOST_PLACES - 1) - low / (MOST_PLACES - 1)
    return [min(low + step * number, high) for number in range(MOST_PLACES)]
