"""What a series takes, and when two of them show the same."""

from __future__ import annotations

import math
from array import array

import pytest

from tui.widgets.chart.series import Series, bundle
from tui.widgets.chart.track import Track


def test_lists_are_copied_and_a_missing_value_is_refused() -> None:
    ys: list[float | None] = [1.0, None]
    series = Series("loss", [0, 1], ys)
    ys.append(3.0)
    assert series.count == 2 and series.ys[0] == 1.0 and math.isnan(series.ys[1] or 0.0) and series.gaps
    assert list(Series("huge", [0, 1], [10**400, -(10**400)]).ys) == [math.inf, -math.inf]
    with pytest.raises(ValueError, match="each x needs one y"):
        Series("loss", [0, 1], [1.0])


def test_arrays_are_shared_as_far_as_both_have_grown() -> None:
    xs, ys = array("d", [1, 2, 3]), array("d", [0.5, 0.25])
    series = Series("loss", xs, ys)
    assert series.xs is xs and series.ys is ys and series.count == 2
    ys.append(0.125)
    assert series.count == 2 and Series("loss", xs, ys).count == 3


def test_series_that_show_the_same_are_told_from_those_that_do_not() -> None:
    one = Series("loss", [0, 1], [1.0, math.nan])
    assert one.same_as(Series("loss", [0, 1], [1.0, math.nan]))
    assert not one.same_as(Series("loss", [0, 1], [1.0, None]))
    assert not one.same_as(Series("loss", [0, 1], [1.0, 2.0]))
    assert not one.same_as(Series("other", [0, 1], [1.0, math.nan]))
    assert bundle("runs", [one, one]).same_as(bundle("runs", [one, one]))
    assert not bundle("runs", [one, one]).same_as(bundle("runs", [one]))
    xs, ys = array("d", [1.0]), array("d", [1.0])
    before = Series("loss", xs, ys)
    xs.append(2.0)
    ys.append(2.0)
    assert not before.same_as(Series("loss", xs, ys))


def test_divergence_is_the_first_value_that_is_not_finite() -> None:
    assert Track(Series("loss", [10, 20, 30], [None, 1.0, math.inf])).diverged == 30
    assert Track(Series("loss", [10, 20, 30], [1.0, math.nan, math.inf])).diverged == 20
    assert Track(Series("loss", [10, 20], [None, 1.0])).diverged is None
