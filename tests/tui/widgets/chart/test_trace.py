"""Lines and dots in the unit square, with numbers of every kind."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.chart.scale import Window, limits, widened
from tui.widgets.chart.series import segments
from tui.widgets.chart.trace import scatter, trace

FINITE = st.floats(allow_nan=False, allow_infinity=False)
ANY = st.one_of(st.none(), st.floats(), st.sampled_from([0.0, -0.0, 5e-324, 1.7e308, -1.7e308]))


@given(st.lists(st.tuples(st.floats(), ANY), max_size=120), st.booleans(), st.integers(1, 60), st.data())
def test_whatever_comes_in_only_the_unit_square_comes_out(
    pairs: list[tuple[float, Any]], log: bool, columns: int, data: st.DataObject
) -> None:
    parts = segments([x for x, _ in pairs], [y for _, y in pairs], log=log)
    xs = sorted(data.draw(st.tuples(FINITE, FINITE)))
    window = Window(*widened(*xs), *limits([[data.draw(ANY)]], log=log), log=log)
    lines = [*trace(parts, window, columns), scatter(parts, window, columns)]
    assert all(0 <= u <= 1 and 0 <= v <= 1 for line in lines for u, v in line)
    assert sum(map(len, lines)) <= 40 * (columns + 2)


def test_a_line_leaves_the_window_where_it_crosses_the_edge() -> None:
    window = Window(0, 10, 0, 1)
    (line,) = trace([[(0.0, 0.0), (10.0, 2.0)]], window, 80)
    assert line == [(0.0, 0.0), (pytest.approx(0.5), pytest.approx(1.0))]


def test_a_gap_stays_a_gap_when_thousands_of_points_are_thinned() -> None:
    xs = [float(i) for i in range(5_000)]
    parts = segments(xs, [math.nan if 2_000 < x < 3_000 else 1.0 for x in xs])
    lines = trace(parts, Window(0, 4_999, 0, 2), 80)
    assert [line[0][0] for line in lines] == pytest.approx([0, 3_000 / 4_999])
    assert lines[0][-1][0] == pytest.approx(2_000 / 4_999)


def test_alternating_gaps_do_not_multiply_the_work() -> None:
    ys = [math.nan if i % 3 == 2 else float(i) for i in range(9_000)]
    lines = trace(segments(range(9_000), ys), Window(0, 8_999, 0, 9_000), 80)
    assert sum(map(len, lines)) <= 160
