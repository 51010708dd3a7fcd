"""Curves and what is drawn of them equal what is computed from all points, with numbers of every kind."""

from __future__ import annotations

import math
from array import array
from bisect import bisect_right
from itertools import groupby, pairwise

from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.chart.curve import Curve

FINITE = st.floats(allow_nan=False, allow_infinity=False)
YS = st.lists(st.one_of(st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308, 1.0])), max_size=80)
MANY = st.sampled_from([0, 300, 9_000])


def drawable(y: float, log: bool) -> bool:
    return math.isfinite(y) and (y > 0 or not log)


def made(xs: list[float], ys: list[float], *, log: bool = False, parts: int = 1) -> Curve:
    curve = Curve(above_zero=log)
    size = max(-(-len(xs) // parts), 1)
    for start in range(0, len(xs), size):
        curve.extend(array("d", xs[start : start + size]), array("d", ys[start : start + size]))
    return curve


def long(ys: list[float], filler: int) -> tuple[list[float], list[float]]:
    """Values at whole xs, with many ordinary ones before them, so that there are blocks."""
    whole = [math.sin(place) for place in range(filler)] + ys
    return [float(x) for x in range(len(whole))], whole


@given(YS, MANY, st.booleans(), st.integers(1, 7))
def test_a_curve_holds_exactly_the_drawable_points_in_stretches(
    ys: list[float], many: int, log: bool, parts: int
) -> None:
    xs, ys = long(ys, many)
    curve = made(xs, ys, log=log, parts=parts)
    assert list(zip(curve.xs, curve.ys, strict=True)) == [
        (x, y) for x, y in zip(xs, ys, strict=True) if drawable(y, log)
    ]
    stretches = [len(list(group)) for good, group in groupby(ys, lambda y: drawable(y, log)) if good]
    starts = [0]
    for length in stretches:
        starts.append(starts[-1] + length)
    assert curve.starts == starts[:-1]


@given(YS, MANY, st.data())
def test_extremes_of_any_range_are_those_of_its_points(ys: list[float], many: int, data: st.DataObject) -> None:
    curve = made(*long(ys, many))
    if not len(curve):
        return
    start = data.draw(st.integers(0, len(curve) - 1))
    stop = data.draw(st.integers(start + 1, len(curve)))
    some = list(curve.ys[start:stop])
    assert curve.lowest(start, stop) == start + some.index(min(some))
    assert curve.highest(start, stop) == start + some.index(max(some))
    bound = data.draw(st.one_of(FINITE, st.sampled_from(some)))
    assert curve.highest_up_to(bound, start, stop) == max((y for y in some if y <= bound), default=None)
    sample = curve.sample(start, stop)
    assert set(sample) <= set(some) and len(sample) <= 4096


@given(YS, MANY, st.integers(1, 90), st.data())
def test_what_is_drawn_has_the_extremes_of_every_column(
    ys: list[float], many: int, columns: int, data: st.DataObject
) -> None:
    curve = made(*long(ys, many))
    ends = st.floats(-10, many + 90)
    low, high = sorted(data.draw(st.tuples(ends, ends)))
    if not low < high:
        return
    thin = curve.points(low, high, columns)
    inside = [(x, y) for x, y in zip(curve.xs, curve.ys, strict=True) if low <= x <= high]
    assert set(thin) <= set(inside) and len(thin) <= 2 * columns + 2
    assert all(one[0] < other[0] for one, other in pairwise(thin))
    assert thin[:1] + thin[-1:] == inside[:1] + inside[-1:]

    width = (high - low) / columns * (1 + 1e-9)
    for x, y in inside:
        near = [other for at, other in thin if abs(at - x) <= width]
        assert min(near) <= y <= max(near)


@given(YS, MANY, st.integers(1, 90))
def test_lines_are_the_stretches_and_never_cross_a_gap(ys: list[float], many: int, columns: int) -> None:
    xs, ys = long(ys, many)
    curve = made(xs, ys)
    lines, loose = curve.lines(0.0, float(max(len(xs) - 1, 1)), columns)
    assert sum(map(len, lines)) + len(loose) <= 40 * (columns + 2)
    gaps = [x for x, y in zip(xs, ys, strict=True) if not math.isfinite(y)]
    for line in lines:
        assert bisect_right(gaps, line[0][0]) == bisect_right(gaps, line[-1][0])
    if len(curve.starts) <= columns:
        assert not loose and [line[0][0] for line in lines] == [curve.xs[start] for start in curve.starts]
    if len(curve):
        drawn = [y for line in lines for _, y in line] + [y for _, y in loose]
        assert (min(drawn), max(drawn)) == (min(curve.ys), max(curve.ys))


def test_a_single_spike_among_a_hundred_thousand_points_is_drawn() -> None:
    xs = [float(x) for x in range(100_000)]
    curve = made(xs, [99.0 if x == 32_170 else 0.0 for x in xs])
    assert (32_170.0, 99.0) in curve.points(0, 99_999, 80)


def test_a_part_that_is_looked_at_closely_begins_and_ends_outside() -> None:
    xs = [float(x) for x in range(100)]
    (line,), _ = made(xs, xs).lines(10.5, 12.5, 80)
    assert line == [(10.0, 10.0), (11.0, 11.0), (12.0, 12.0), (13.0, 13.0)]


def test_alternating_gaps_do_not_multiply_the_work() -> None:
    xs = [float(x) for x in range(9_000)]
    lines, loose = made(xs, [math.nan if x % 3 == 2 else x for x in xs]).lines(0, 8_999, 80)
    assert sum(map(len, lines)) + len(loose) <= 162
