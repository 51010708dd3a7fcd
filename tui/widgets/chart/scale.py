"""The axes of a chart: the range of values, tick positions, and where in the window a value lies.

All numbers that come out are finite, whatever goes in: NaN, infinities, zeros on a logarithmic axis, 1e308.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass

from tui.widgets.chart.units import Base

MAX_FLOAT = sys.float_info.max
MAX_SHARE = 1e9
"""Coordinates in the unit square stay within ± this, so that clipping never meets an infinity."""
_TIMES = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400)
"""Seconds between round times of day."""
ROOM = 0.1
"""Share of the width that a curve which has outgrown its window gets to grow into."""
_WELL_FILLED = 0.75
"""Share of the height below which what is shown gets a smaller window."""
PADDING = 0.04
"""Share of the range that is left free above and below."""


@dataclass(frozen=True)
class Window:
    """The visible part of the plane: `x_low < x_high`, `y_low < y_high`, all finite; y above zero with `log`."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log: bool = False

    def across(self, x: float) -> float:
        """Return where `x` lies: 0 at the left edge, 1 at the right; outside of [0, 1] beyond the edges."""
        return share_of(x, self.x_low, self.x_high)

    def up(self, y: float) -> float:
        """Return where `y` lies: 0 at the bottom, 1 at the top. On a logarithmic axis `y` must be above zero."""
        if self.log:
            return share_of(math.log10(y), math.log10(self.y_low), math.log10(self.y_high))
        return share_of(y, self.y_low, self.y_high)


def steady(before: Window, now: Window) -> Window:
    """Return a window for a curve that grows: the one of before as long as it fits well, otherwise one with some room.

    With every step, a window that fits exactly would be another one, and every cell of the chart would change.
    """
    x_low, x_high = now.x_low, now.x_high
    room = (x_high - x_low) * ROOM
    if not math.isfinite(room):
        return now
    kept = 0 <= x_low - before.x_low <= 2 * room and 0 <= before.x_high - x_high <= 2 * room
    if kept:
        x_low, x_high = before.x_low, before.x_high
    elif x_high > before.x_high:
        x_high += room
    inside = before.y_low <= now.y_low and now.y_high <= before.y_high
    if inside and before.up(now.y_high) - before.up(now.y_low) >= _WELL_FILLED:
        return Window(x_low, x_high, before.y_low, before.y_high, before.log)
    return Window(x_low, x_high, now.y_low, now.y_high, now.log)


def limits(values: Iterable[float | None], *, log: bool = False) -> tuple[float, float]:
    """Return a y range around the values, low < high, both finite and, with `log`, above zero.

    Values that cannot be drawn do not count. Without any others the range is a plain one around one.
    """
    drawable = [y for y in values if y is not None and math.isfinite(y) and (y > 0 or not log)]
    if not drawable:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = min(drawable), max(drawable)
    return _log_margin(low, high) if log else _margin(low, high)


def ticks(low: float, high: float, count: int, *, log: bool = False, base: Base = 10) -> tuple[list[float], float]:
    """Return about `count` round values from `low` to `high`, ascending, and the step their labels must resolve.

    Steps are 1, 2 or 5 times a power of ten, powers of two for `base` 2, or seconds to round times of day for 60. A
    logarithmic range of a decade or more gets powers of ten, with 2 and 5 between them where there is room, and step
    0: each label stands alone.
    """
    count = max(count, 1)
    if log and high / low >= 10:
        first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
        every = max(1, math.ceil((last - first) / count))
        exponents = range(max(first - first % every, -307), min(last, 308) + 1, every)
        for factors in (1, 2, 5), (1,):
            values = [factor * 10.0**exponent for exponent in exponents for factor in factors]
            values = [value for value in values if low <= value <= high]
            if 1 < len(values) <= (count + 2 if every == 1 else len(exponents)):
                return values, 0.0
    rough = high / count - low / count
    if not 0 < rough < MAX_FLOAT / 16:
        return [low, high], 0.0
    if base == 2:
        step = 2.0 ** math.ceil(math.log2(rough))
    elif base == 60 and rough <= _TIMES[-1]:
        step = next(float(seconds) for seconds in _TIMES if seconds >= rough)
    else:
        power = 10.0 ** math.floor(math.log10(rough))
        step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)
    if not 0 < step < MAX_FLOAT:
        return [low, high], 0.0
    if base == 2 and math.floor(high / step) <= math.ceil(low / step):
        step /= 2  # a single tick says nothing about the scale
    first, last = math.ceil(low / step), math.floor(high / step)
    values = [step * index for index in range(first, min(last, first + 4 * count) + 1)]
    return sorted({value for value in values if low <= value <= high}), step


def widened(low: float, high: float) -> tuple[float, float]:
    """Return `low, high`, or a range around them where they are the same value."""
    if low < high:
        return low, high
    below = max(min(low - 0.5, math.nextafter(low, -math.inf)), -MAX_FLOAT)
    above = min(max(high + 0.5, math.nextafter(high, math.inf)), MAX_FLOAT)
    return below, above


def cell_at(share: float, count: int) -> int:
    """Return the index of the cell, of `count`, at this share of the way."""
    return min(max(math.floor(share * count), 0), count - 1)


def share_of(value: float, low: float, high: float) -> float:
    """Return `(value - low) / (high - low)` within ±MAX_SHARE, also where a difference overflows."""
    if high - low == math.inf or abs(value - low) == math.inf:
        value, low, high = value / 4, low / 4, high / 4
    share = (value - low) / (high - low) if high > low else 0.5
    return min(max(share, -MAX_SHARE), MAX_SHARE)


def _margin(low: float, high: float) -> tuple[float, float]:
    """Return a linear range around `low` to `high`; values that are never negative get no negative axis."""
    if low == high:
        air = abs(low) * 0.1 or (0.0 if low else 1.0)
        low_edge, high_edge = (0.0, 1.0) if low == 0 else (low - air, high + air)
    else:
        air = high * PADDING - low * PADDING
        low_edge, high_edge = (max(low - air, 0.0) if low >= 0 else low - air), high + air
    low_edge, high_edge = max(low_edge, -MAX_FLOAT), min(high_edge, MAX_FLOAT)
    return (
        (low_edge, high_edge)
        if low_edge < high_edge
        else (math.nextafter(low, -math.inf), math.nextafter(low, math.inf))
    )


def _log_margin(low: float, high: float) -> tuple[float, float]:
    ratio = 2.0 if low == high else 10 ** (PADDING * (math.log10(high) - math.log10(low)))
    return max(low / ratio, math.ulp(0.0)), min(high * ratio, MAX_FLOAT)
