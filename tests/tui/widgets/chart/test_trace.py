"""Lines and dots in the unit square, with numbers of every kind."""

from __future__ import annotations

import math
from array import array
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.chart.curve import Curve
from tui.widgets.chart.scale import Window, limits, widened
from tui.widgets.chart.series import Series
from tui.widgets.chart.trace import beyond, scatter, trace
from tui.widgets.chart.track import Track

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308]))


def curve(*points: tuple[float, float]) -> Curve:
    made = Curve()
    made.extend(array("d", (x for x, _ in points)), array("d", (y for _, y in points)))
    return made


@given(st.lists(st.tuples(st.floats(), ANY), max_size=120), st.booleans(), st.integers(1, 60), st.data())
def test_whatever_comes_in_only_the_unit_square_comes_out(
    pairs: list[tuple[float, Any]], log: bool, columns: int, data: st.DataObject
) -> None:
    drawn = Track(Series("loss", [x for x, _ in pairs], [y for _, y in pairs])).curve(log=log)
    xs = sorted(data.draw(st.tuples(FINITE, FINITE)))
    window = Window(*widened(*xs), *limits([data.draw(ANY)], log=log), log=log)
    lines = [*trace(drawn, window, columns), scatter(drawn, window, columns)]
    assert all(0 <= u <= 1 and 0 <= v <= 1 for line in lines for u, v in line)
    assert sum(map(len, lines)) <= 40 * (columns + 2)


def test_a_line_leaves_the_window_where_it_crosses_the_edge() -> None:
    (line,) = trace(curve((0.0, 0.0), (10.0, 2.0)), Window(0, 10, 0, 1), 80)
    assert line == [(0.0, 0.0), (pytest.approx(0.5), pytest.approx(1.0))]


def test_a_gap_stays_a_gap_when_thousands_of_points_are_thinned() -> None:
    whole = curve(*((float(x), math.nan if 2_000 < x < 3_000 else 1.0) for x in range(5_000)))
    lines = trace(whole, Window(0, 4_999, 0, 2), 80)
    assert [line[0][0] for line in lines] == pytest.approx([0, 3_000 / 4_999])
    assert lines[0][-1][0] == pytest.approx(2_000 / 4_999)


def test_what_lies_beyond_the_window_is_said() -> None:
    found = beyond(curve((0.0, 0.5), (5.0, 9.0), (10.0, -3.0)), Window(0, 10, 0, 1), 80)
    assert found == ([0.5], [1.0])
