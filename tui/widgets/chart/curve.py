"""`Curve`: the points of a series that can be drawn, however many they are.

A chart with a million points has a few hundred columns. Which points lie in a column is found by bisection, and the
lowest and highest of them among the extremes of blocks, which are kept. What is drawn is therefore exact, and takes as
long with a million points as with a thousand.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable

from tui.widgets.chart.scale import cell_at, share_of
from tui.widgets.chart.series import Points

_BLOCK = 64
"""Points whose extremes are kept together."""
_CHUNK = 4096
"""Points that are looked at together when they are added."""
_LONG, _MOST_KNOWN = 50_000, 100
"""Points of a range whose extremes are remembered, and how many are."""
_SAMPLE = 4096
"""Values from which quartiles are estimated."""


class Curve:
    """Points with finite coordinates, ascending in x, in stretches between gaps."""

    def __init__(self, *, above_zero: bool = False) -> None:
        """Args: above_zero: Whether only values above zero can be drawn, as on a logarithmic axis."""
        self.xs: array[float] = array("d")
        self.ys: array[float] = array("d")
        self.starts: list[int] = []
        """Places of the first point of every stretch, ascending."""
        self._lows: array[float] = array("d")
        self._highs: array[float] = array("d")
        self._known: dict[tuple[int, int, bool], int] = {}
        """(start, stop, whether it is the highest) → the place of an extreme; points are only ever added."""
        self._above_zero = above_zero
        self._open = False
        """Whether the next point goes on with the last stretch."""

    def __len__(self) -> int:
        return len(self.xs)

    def extend(self, xs: array[float], ys: array[float]) -> None:
        """Add points, whose xs are finite and ascending. A y that cannot be drawn is a gap."""
        for start in range(0, len(ys), _CHUNK):
            some_xs, some_ys = xs[start : start + _CHUNK], ys[start : start + _CHUNK]
            if math.isfinite(sum(some_ys)) and not (self._above_zero and min(some_ys) <= 0):
                self._add(some_xs, some_ys)
                continue
            for x, y in zip(some_xs, some_ys, strict=True):
                if math.isfinite(y) and (y > 0 or not self._above_zero):
                    self._add(array("d", (x,)), array("d", (y,)))
                else:
                    self._open = False
        for start in range(len(self._lows) * _BLOCK, len(self.ys) - _BLOCK + 1, _BLOCK):
            block = self.ys[start : start + _BLOCK]
            self._lows.append(min(block))
            self._highs.append(max(block))

    def _add(self, xs: array[float], ys: array[float]) -> None:
        if not self._open:
            self.starts.append(len(self.xs))
            self._open = True
        self.xs.extend(xs)
        self.ys.extend(ys)

    # What is in a range

    def between(self, low: float, high: float) -> tuple[int, int]:
        """Return the places of the first point from `low` on, and of the first after `high`."""
        return bisect_left(self.xs, low), bisect_right(self.xs, high)

    def lowest(self, start: int, stop: int) -> int:
        """Return the place of the first of the lowest points in a range that is not empty."""
        return self._found(start, stop, min, self._lows)

    def highest(self, start: int, stop: int) -> int:
        """Return the place of the first of the highest points in a range that is not empty."""
        return self._found(start, stop, max, self._highs)

    def sample(self, start: int, stop: int) -> array[float]:
        """Return the values of a range or, of a large one, some thousands of them at equal distances."""
        return self.ys[start : stop : max(-(-(stop - start) // _SAMPLE), 1)]

    def highest_up_to(self, bound: float, start: int, stop: int) -> float | None:
        """Return the highest value of a range that is not above `bound`; None if all are."""
        if start < stop and (highest := self.ys[self.highest(start, stop)]) <= bound:
            return highest
        first, last = self._blocks(start, stop)
        begin, end = (first * _BLOCK, last * _BLOCK) if first < last else (stop, stop)
        blocks, fits = self._highs[first:last], bound.__ge__
        mixed = [self.ys[at * _BLOCK : (at + 1) * _BLOCK] for at, high in enumerate(blocks, first) if high > bound]
        parts = (self.ys[start:begin], blocks, self.ys[end:stop], *mixed)
        return max((max(fitting) for part in parts if (fitting := list(filter(fits, part)))), default=None)

    def _blocks(self, start: int, stop: int) -> tuple[int, int]:
        """Return the numbers of the first whole block in a range, and of the one after the last."""
        return -(-start // _BLOCK), min(stop // _BLOCK, len(self._highs))

    def _found(self, start: int, stop: int, best: Callable[..., float], extremes: array[float]) -> int:
        """Return `_place`, of a long range from memory: a frame asks several times for the same."""
        if stop - start < _LONG:
            return self._place(start, stop, best, extremes)
        key = (start, stop, best is max)
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = self._place(start, stop, best, extremes)
        return self._known[key]

    def _place(self, start: int, stop: int, best: Callable[..., float], extremes: array[float]) -> int:
        ys = self.ys
        first, last = self._blocks(start, stop)
        if first >= last:
            return ys.index(best(ys[start:stop]), start, stop)
        begin, end = first * _BLOCK, last * _BLOCK
        before, inside, after = ys[start:begin], extremes[first:last], ys[end:stop]
        value = best(best(part) for part in (before, inside, after) if part)
        if value in before:
            return ys.index(value, start, begin)
        if value in inside:
            at = begin + inside.index(value) * _BLOCK
            return ys.index(value, at, at + _BLOCK)
        return ys.index(value, end, stop)

    # What is drawn

    def lines(self, low: float, high: float, columns: int) -> tuple[list[Points], Points]:
        """Return what `columns` between x `low` and `high` show: lines, and single points of stretches too narrow.

        A line begins with the last point before the range and ends with the first after it. Between the two, each
        column has at most two points, its lowest and its highest.
        """
        first, last = self.between(low, high)
        first, last = max(first - 1, 0), min(last + 1, len(self))
        if first >= last:
            return [], []
        begin, end = bisect_right(self.starts, first) - 1, bisect_left(self.starts, last)
        if end - begin > 4 * columns:
            return [], self._thinned(first, last, low, high, columns)
        width = high / columns - low / columns
        lines: list[Points] = []
        loose: Points = []
        for number in range(begin, end):
            start = max(self.starts[number], first)
            stop = min(self.starts[number + 1] if number + 1 < len(self.starts) else len(self), last)
            part = self._thinned(start, stop, low, high, columns)
            narrow = end - begin > columns and self.xs[stop - 1] - self.xs[start] < width
            if narrow:
                loose += part
            else:
                lines.append(part)
        return lines, loose

    def points(self, low: float, high: float, columns: int) -> Points:
        """Return the points between x `low` and `high`, at most two for each column: its lowest and its highest."""
        return self._thinned(*self.between(low, high), low, high, columns)

    def _thinned(self, start: int, stop: int, low: float, high: float, columns: int) -> Points:
        """Return the first and the last point of a range, and the lowest and highest of each column between them."""
        xs, ys = self.xs, self.ys
        if stop - start <= 4:
            return list(zip(xs[start:stop], ys[start:stop], strict=True))
        places = [start]
        at, end = start + 1, stop - 1
        width = high / columns - low / columns
        while at < end:
            column = cell_at(share_of(xs[at], low, high), columns)
            upto = bisect_left(xs, low + width * (column + 1), at, end) if column < columns - 1 else end
            upto = max(upto, at + 1)
            places += sorted({self.lowest(at, upto), self.highest(at, upto)})
            at = upto
        places.append(end)
        return [(xs[place], ys[place]) for place in places]
