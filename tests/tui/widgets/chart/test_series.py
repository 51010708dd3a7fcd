"""Gaps and thinning, with numbers of every kind."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.chart.series import Series, downsample, segments

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308]))
POINTS = st.lists(st.tuples(FINITE, FINITE), max_size=200).map(lambda points: sorted(points, key=lambda p: p[0]))


def drawable(y: float | None, log: bool) -> bool:
    return y is not None and math.isfinite(y) and (y > 0 or not log)


@given(st.lists(st.tuples(st.floats(), ANY), max_size=100), st.booleans())
def test_segments_hold_exactly_the_drawable_points_in_order(pairs: list[tuple[float, Any]], log: bool) -> None:
    parts = segments([x for x, _ in pairs], [y for _, y in pairs], log=log)
    placed = sorted((pair for pair in pairs if math.isfinite(pair[0])), key=lambda pair: pair[0])
    assert [point for part in parts for point in part] == [pair for pair in placed if drawable(pair[1], log)]
    assert all(parts)
    starts = [i for i, pair in enumerate(placed) if drawable(pair[1], log)]
    breaks = sum(later - earlier > 1 for earlier, later in pairwise(starts))
    assert len(parts) == (breaks + 1 if starts else 0)


@given(POINTS, st.integers(-2, 90))
def test_downsampling_keeps_the_extremes_and_the_bound(points: list[tuple[float, float]], columns: int) -> None:
    thin = downsample(points, columns)
    assert len(thin) <= 2 * max(columns, 2)
    assert [x for x, _ in thin] == sorted(x for x, _ in thin)
    assert set(thin) <= set(points)
    if points:
        assert (thin[0], thin[-1]) == (points[0], points[-1])
        ys, thin_ys = [y for _, y in points], [y for _, y in thin]
        assert (min(thin_ys), max(thin_ys)) == (min(ys), max(ys))


def test_a_single_spike_among_many_points_survives_downsampling() -> None:
    points = [(float(i), 99.0 if i == 3_217 else 0.0) for i in range(5_000)]
    assert (3_217.0, 99.0) in downsample(points, 80)


def test_series_copies_its_values_and_refuses_a_missing_one() -> None:
    ys: list[float | None] = [1.0, None]
    series = Series("loss", [0, 1], ys)
    ys.append(3.0)
    assert series.ys == (1.0, None)
    assert Series("huge", [0], [10**400]).ys == (math.inf,)
    with pytest.raises(ValueError, match="each x needs one y"):
        Series("loss", [0, 1], [1.0])


def test_divergence_is_the_first_value_that_is_not_finite() -> None:
    assert Series("loss", [10, 20, 30], [None, 1.0, math.inf]).diverged_at() == 30
    assert Series("loss", [10, 20], [None, 1.0]).diverged_at() is None
