"""`Track`: a series as its chart reads and draws it: in the order of x, smoothed, and as curves.

A series that grows is followed: only what is new is computed.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from itertools import pairwise
from operator import le
from typing import TypeAlias

from core.base.smoothing import MovingAverage
from tui.widgets.chart.curve import Curve
from tui.widgets.chart.series import Series

Values: TypeAlias = "array[float]"


class Track:
    """What a chart computes of one series."""

    def __init__(self, series: Series) -> None:
        self.series = series
        self.xs: Values = array("d")
        """Finite and ascending."""
        self.ys: Values = array("d")
        self.count = 0
        """How many values count; the arrays may hold more."""
        self.diverged: float | None = None
        """The x of the first value that is not finite; None if there is none."""
        self._average: MovingAverage | None = None
        self._curves: dict[tuple[bool, bool], tuple[Curve, int]] = {}
        """(logarithmic, smoothed) → the curve, and how many values are in it."""
        self._begin()

    def _begin(self) -> None:
        xs, ys = self.series.arrays
        self.xs, self.ys, self.count = xs, ys, self.series.count
        if not _ascends(xs, 0, self.count):
            self.xs, self.ys = _sorted(xs[: self.count], ys[: self.count])
            self.count = len(self.xs)
        self._look_for_divergence(0)

    def follow(self, series: Series) -> bool:
        """Take over what is new of a series; return False if it has not grown out of the one that is followed."""
        done = self.count
        xs, ys = series.arrays
        alike = (series.style, series.gaps) == (self.series.style, self.series.gaps)
        if not (alike and xs is self.xs and ys is self.ys and series.count >= done):
            return False
        if not _ascends(self.xs, max(done - 1, 0), series.count):
            return False
        self.series, self.count = series, series.count
        if self.diverged is None:
            self._look_for_divergence(done)
        return True

    def place(self, x: float) -> int:
        """Return how many values are at or before `x`."""
        return bisect_right(self.xs, x, 0, self.count)

    def smoothed(self, weight: float) -> Values:
        """Return the moving average of all values."""
        if self._average is None or self._average.weight != weight:
            self._average = MovingAverage(weight)
            self._curves = {key: kept for key, kept in self._curves.items() if not key[1]}
        done = len(self._average.values)
        if done < self.count:
            self._average.extend(self.ys[done : self.count])
        return self._average.values

    def curve(self, *, log: bool, weight: float = 0.0) -> Curve:
        """Return what can be drawn of the values or, with a weight, of their average."""
        values = self.smoothed(weight) if weight else self.ys
        key = (log, bool(weight))
        curve, done = self._curves.get(key, (Curve(above_zero=log), 0))
        if done < self.count:
            curve.extend(self.xs[done : self.count], values[done : self.count])
        self._curves[key] = (curve, self.count)
        return curve

    def _look_for_divergence(self, start: int) -> None:
        ys = self.ys[start : self.count]
        if math.isfinite(sum(ys)):
            return
        for place, y in enumerate(ys, start):
            if math.isinf(y) or (math.isnan(y) and not self.series.gaps):
                self.diverged = self.xs[place]
                return


def _ascends(xs: Values, start: int, stop: int) -> bool:
    """Return whether some xs are finite and ascend."""
    some = xs[start:stop]
    if not some:
        return True
    ends_are_finite = math.isfinite(some[0]) and math.isfinite(some[-1])
    return ends_are_finite and all(le(one, other) for one, other in pairwise(some))


def _sorted(xs: Values, ys: Values) -> tuple[Values, Values]:
    """Return points in the order of x, without those whose x is not finite."""
    kept = sorted((place for place, x in enumerate(xs) if math.isfinite(x)), key=xs.__getitem__)
    return array("d", (xs[place] for place in kept)), array("d", (ys[place] for place in kept))
