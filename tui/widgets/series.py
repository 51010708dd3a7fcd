"""The maths of a chart: smoothing, gaps, thinning, ranges, ticks and the way from values to the unit square.

Pure Python, no drawing. Whatever the numbers are (NaN, infinities, None, zeros on a log axis, 1e308), what comes out
of `trace` is finite and inside the unit square, so the drawing library behind the chart never sees anything else.
How a value is *written* (`Unit`) is here too, because ticks and labels have to agree.

Words: a *point* is `(x, y)`; a *run of points* is a gapless stretch of them, ascending in x; *columns* are of
text.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import itemgetter
from typing import Literal

Point = tuple[float, float]
Points = list[Point]

LARGEST = sys.float_info.max
FAR = 1e9  # unit-square coordinates are held within ±FAR, so that clipping never meets an infinity
WARM_UP = 5  # points at the start that a robust range ignores: a new head's first losses say nothing
PADDING = 0.04  # share of the range left free above and below

_x, _y = itemgetter(0), itemgetter(1)


@dataclass(frozen=True)
class Series:
    """One named sequence of measurements. The values are copied, so later changes to the lists do not show.

    `ys` may hold None (not measured: a gap) and non-finite numbers (diverged: a gap, and the chart says so).
    `style` is how it is drawn: "line" (smoothed when asked), "step" (holds until the next value) or "points".
    `colour` names a theme colour (primary, warning, success, accent, secondary, error); by default the next one.
    """

    name: str
    xs: Sequence[float]
    ys: Sequence[float | None]
    style: Literal["line", "points", "step"] = "line"
    colour: Literal["primary", "warning", "success", "accent", "secondary", "error"] | None = None

    def __post_init__(self) -> None:
        if len(self.xs) != len(self.ys):
            raise ValueError(f"series {self.name!r} has {len(self.xs)} xs and {len(self.ys)} ys; each x needs one y")
        object.__setattr__(self, "xs", tuple(map(_number, self.xs)))
        object.__setattr__(self, "ys", tuple(None if y is None else _number(y) for y in self.ys))

    def diverged_at(self) -> float | None:
        """The x of the first value that is NaN or infinite; None when all are finite."""
        return next((x for x, y in zip(self.xs, self.ys, strict=True) if y is not None and not math.isfinite(y)), None)


@dataclass(frozen=True)
class Unit:
    """How values of one kind are written. `text(value, step)` writes a tick where ticks lie `step` apart, and a
    readout, as exact as is readable, where `step` is None. `base` 2 spaces ticks by powers of two."""

    text: Callable[[float, float | None], str]
    base: Literal[2, 10] = 10


# --- Values ---------------------------------------------------------------------------------------------------


def exponential_average(ys: Iterable[float | None], weight: float) -> list[float]:
    """Debiased exponential moving average, as TensorBoard's: `m = w·m + (1 - w)·y`, shown as `m / (1 - wⁿ)`.

    Values that are None or not finite are passed over: NaN at their place, no trace in what follows.

    Raises:
        ValueError: `weight` is not in [0, 1); at 1 nothing would ever count.
    """
    if not 0 <= weight < 1:
        raise ValueError(f"the smoothing weight is {weight}; it has to be at least 0 and below 1")
    averages: list[float] = []
    mean, decay = 0.0, 1.0
    for value in ys:
        if value is None or not math.isfinite(value):
            averages.append(math.nan)
            continue
        mean = mean * weight + (1 - weight) * value
        decay *= weight
        average = mean / (1 - decay)
        averages.append(average if math.isfinite(average) else value)  # an ulp beyond the largest float
    return averages


def segments(xs: Iterable[float], ys: Iterable[float | None], *, log: bool = False) -> list[Points]:
    """The gapless runs of points, ascending in x. A y that is None, not finite, or (with `log`) not above zero
    splits; a point whose x is not finite has no place and is dropped; equal xs keep their order."""
    points = [(x, math.nan if y is None else y) for x, y in zip(xs, ys, strict=True) if math.isfinite(x)]
    points.sort(key=_x)
    runs: list[Points] = []
    run: Points = []
    for point in points:
        if math.isfinite(point[1]) and (point[1] > 0 or not log):
            run.append(point)
        elif run:
            runs.append(run)
            run = []
    return [*runs, run] if run else runs


def downsample(points: Sequence[Point], columns: int) -> Points:
    """At most two points per column (two columns at least), ascending in x as `points` are.

    The first and the last point stay; the rest is divided into columns of equal width, one fewer than asked, of which
    each keeps its lowest and its highest point. The global extremes therefore stay too.
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


def limits(groups: Iterable[Iterable[float | None]], *, log: bool = False, robust: bool = False) -> tuple[float, float]:
    """A y range, low < high, both finite (and above zero with `log`), with some air around the values.

    Each group is one series. Without `robust` every drawable value is inside. With it each group's first few points
    are ignored, and so is whatever lies above the upper quartile by three interquartile distances (Tukey's "far out",
    in log space on a log axis); the low side is kept. Nothing to draw gives a plain range around one.
    """
    values: list[float] = []
    for group in groups:
        drawable = [y for y in group if y is not None and math.isfinite(y) and (y > 0 or not log)]
        values += drawable[WARM_UP:] if robust and len(drawable) > 4 * WARM_UP else drawable
    if not values:
        return (0.1, 1.0) if log else (0.0, 1.0)
    low, high = min(values), max(values)
    if robust:
        bound = _far_out([math.log10(y) for y in values] if log else values)
        high = max(y for y in values if (math.log10(y) if log else y) <= bound)
    return _log_margin(low, high) if log else _margin(low, high)


# --- Axes -----------------------------------------------------------------------------------------------------


def ticks(
    low: float, high: float, count: int, *, log: bool = False, base: Literal[2, 10] = 10
) -> tuple[list[float], float]:
    """About `count` round values between `low` and `high`, ascending, and the step that their labels have to show.

    Steps are 1, 2 or 5 times a power of ten, or powers of two for `base` 2. A log range that spans a power of ten
    or more gets powers of ten (with 2 and 5 between them where there is room) and step 0: each label stands alone.
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
    if not 0 < rough < LARGEST / 16:
        return [low, high], 0.0
    if base == 2:
        step = 2.0 ** math.ceil(math.log2(rough))
    else:
        power = 10.0 ** math.floor(math.log10(rough))
        step = next((factor * power for factor in (1, 2, 5) if factor * power >= rough), 10 * power)
    if not 0 < step < LARGEST:
        return [low, high], 0.0
    first, last = math.ceil(low / step), math.floor(high / step)
    values = [step * index for index in range(first, min(last, first + 4 * count) + 1)]
    return sorted({value for value in values if low <= value <= high}), step


def widened(low: float, high: float) -> tuple[float, float]:
    """`low, high`, or a range around them where they are one and the same value."""
    if low < high:
        return low, high
    return max(min(low - 0.5, math.nextafter(low, -math.inf)), -LARGEST), min(
        max(high + 0.5, math.nextafter(high, math.inf)), LARGEST
    )


@dataclass(frozen=True)
class Window:
    """The part of the plane that is shown: `x_low < x_high`, `y_low < y_high`, all finite, y above zero with `log`."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    log: bool = False

    def across(self, x: float) -> float:
        """Where `x` lies: 0 at the left edge, 1 at the right one, beyond outside."""
        return _share(x, self.x_low, self.x_high)

    def up(self, y: float) -> float:
        """Where `y` lies: 0 at the bottom, 1 at the top, beyond outside. On a log axis `y` has to be above zero."""
        if self.log:
            return _share(math.log10(y), math.log10(self.y_low), math.log10(self.y_high))
        return _share(y, self.y_low, self.y_high)


def trace(runs: Sequence[Points], window: Window, columns: int, *, steps: bool = False) -> list[Points]:
    """The runs as lines in the unit square: cut to `window`, thinned to a few points per column, clipped at the edges.

    Lines leave the window where they really cross its edge. `steps` holds each value until the next. A line of one
    point is a dot. Where there are more runs than columns, those narrower than a column are thinned together as dots.
    """
    lines: list[Points] = []
    loose: Points = []
    column_width = window.x_high / columns - window.x_low / columns
    for run in runs:
        start = max(bisect_left(run, window.x_low, key=_x) - 1, 0)
        stop = min(bisect_right(run, window.x_high, key=_x) + 1, len(run))
        part = run[start:stop]
        if not part:
            continue
        width = part[-1][0] - part[0][0]
        if len(runs) > columns and width < column_width:
            loose += part
            continue
        share = min(math.ceil(min(width / column_width, columns)), columns) if column_width > 0 else columns
        thin = downsample(part, share)
        if steps:
            corners = [((after[0], before[1]), after) for before, after in pairwise(thin)]
            thin = [thin[0], *(point for corner in corners for point in corner)]
        lines += _clipped([(window.across(x), window.up(y)) for x, y in thin])
    loose.sort(key=_x)
    for x, y in downsample(loose, columns):
        lines += _clipped([(window.across(x), window.up(y))])
    return lines


def scatter(runs: Iterable[Points], window: Window, columns: int) -> Points:
    """The points inside `window`, in the unit square, at most two per column, with their highest and lowest."""
    inside = [
        (x, y)
        for run in runs
        for x, y in run[bisect_left(run, window.x_low, key=_x) : bisect_right(run, window.x_high, key=_x)]
        if window.y_low <= y <= window.y_high
    ]
    return [(window.across(x), window.up(y)) for x, y in downsample(inside, columns)]


# --- Units ----------------------------------------------------------------------------------------------------


def number_text(value: float, step: float | None = None) -> str:
    """`value` as a plain number: `1,200`, `0.25`, `2e-5`; readouts carry six significant digits."""
    if not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    whole = value == math.trunc(value) and abs(value) < 1e15
    if step is None:
        return f"{value:,.0f}" if whole else _short_exponent(f"{value:.6g}")
    if step == 0:  # a log axis: each label stands alone
        return f"{value:,.0f}" if whole and abs(value) < 1e6 else _short_exponent(f"{value:.3g}")
    if step < 1e-4 or abs(value) >= 1e6:
        digits = math.floor(math.log10(abs(value))) - math.floor(math.log10(step))
        return _short_exponent(f"{value:.{min(max(digits, 0), 8)}e}")
    return f"{value:,.{max(0, -math.floor(math.log10(step) + 1e-9))}f}"


def byte_text(value: float, step: float | None = None) -> str:
    """`value` bytes in binary units: `1.2 GiB`. Ticks drop the decimals that they do not need."""
    if not math.isfinite(value):
        return str(value)
    names = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    power = min(max(int(math.log2(abs(value)) // 10), 0), 6) if value else 0
    scaled = value / 1024.0**power
    if abs(scaled) >= 1e5 or 0 < abs(scaled) < 0.01:
        return f"{_short_exponent(f'{scaled:.3g}')} {names[power]}"
    text = f"{scaled:.2f}" if step is not None or abs(scaled) < 10 else f"{scaled:.1f}"
    return f"{text.rstrip('0').rstrip('.')} {names[power]}"


def percent_text(value: float, step: float | None = None) -> str:
    """A share as a percentage: `0.912` is `91.2%`."""
    if not math.isfinite(value) or abs(value) >= 1e6:
        return number_text(value, step)
    decimals = 2 if step is None else max(0, -math.floor(math.log10(min(step, 1.0) * 100) + 1e-9)) if step > 0 else 1
    return f"{value:.{min(decimals, 6)}%}"


NUMBER = Unit(number_text)
BYTES = Unit(byte_text, base=2)
PERCENT = Unit(percent_text)


# --- Helpers --------------------------------------------------------------------------------------------------


def _number(value: float) -> float:
    """`value` as a float; NaN for what is no number, an infinity for an integer too large to be one."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    except (TypeError, ValueError):
        return math.nan


def _share(value: float, low: float, high: float) -> float:
    """`(value - low) / (high - low)`, held within ±FAR, also where a difference is beyond the largest float."""
    if high - low == math.inf or abs(value - low) == math.inf:
        value, low, high = value / 4, low / 4, high / 4
    share = (value - low) / (high - low) if high > low else 0.5
    return min(max(share, -FAR), FAR)


def _far_out(values: list[float]) -> float:
    ordered = sorted(values)
    quarter, three_quarters = ordered[len(ordered) // 4], ordered[(3 * len(ordered)) // 4]
    return three_quarters + 3 * (three_quarters - quarter)


def _margin(low: float, high: float) -> tuple[float, float]:
    """A linear range around `low` to `high`; what is never negative gets no negative axis."""
    if low == high:
        air = abs(low) * 0.1 or (0.0 if low else 1.0)
        low_edge, high_edge = (0.0, 1.0) if low == 0 else (low - air, high + air)
    else:
        air = high * PADDING - low * PADDING
        low_edge, high_edge = (max(low - air, 0.0) if low >= 0 else low - air), high + air
    low_edge, high_edge = max(low_edge, -LARGEST), min(high_edge, LARGEST)
    return (
        (low_edge, high_edge)
        if low_edge < high_edge
        else (math.nextafter(low, -math.inf), math.nextafter(low, math.inf))
    )


def _log_margin(low: float, high: float) -> tuple[float, float]:
    ratio = 2.0 if low == high else 10 ** (PADDING * (math.log10(high) - math.log10(low)))
    return max(low / ratio, math.ulp(0.0)), min(high * ratio, LARGEST)


def _clipped(line: Points) -> list[Points]:
    """The parts of `line` inside the unit square (Liang and Barsky's clipping, edge by edge)."""
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
    """The point at `share` of the way, held inside the unit square against rounding."""
    if share in (0.0, 1.0):
        x, y = end if share else start
    else:
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)


def _short_exponent(text: str) -> str:
    """`2.50e-05` as `2.5e-5`."""
    digits, mark, exponent = text.partition("e")
    if not mark:
        return digits
    return f"{digits.rstrip('0').rstrip('.') if '.' in digits else digits}e{int(exponent)}"
