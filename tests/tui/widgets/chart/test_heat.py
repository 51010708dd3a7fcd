"""A heat map says where values are high, in any size."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.widgets.chart.heat import SHADES, heat_map
from tui.widgets.chart.series import Series
from tui.widgets.chart.track import Track
from tui.widgets.chart.widget import Chart

NAMES = ["embeddings", "layer 1", "layer 2", "layer 3", "head"]


def rows(values: list[list[float]]) -> list[Track]:
    return [Track(Series(name, range(len(ys)), ys, "heat")) for name, ys in zip(NAMES, values, strict=False)]


def test_the_first_is_at_the_bottom_and_the_shades_are_logarithmic() -> None:
    found = heat_map(rows([[1e-4] * 4, [1e-2] * 4, [1.0] * 4]), 0, 3, 4, 3, None)
    assert ["".join(one for one, _ in line) for line in found.cells] == ["████", "▒▒▒▒", "····"]
    assert found.labels == {0: "layer 2", 1: "layer 1", 2: "embeddings"}
    assert (found.low, found.high) == (1e-4, 1.0)


def test_fewer_lines_than_series_show_the_higher_of_neighbours() -> None:
    found = heat_map(rows([[1.0], [2.0], [3.0], [9.0], [2.0]]), 0, 1, 2, 3, None)
    assert found.labels == {0: "head", 1: "layer 2–3", 2: "embeddings–layer 1"}
    more = heat_map(rows([[1.0], [2.0], [3.0]]), 0, 1, 2, 8, None)
    assert len(more.cells) == 8 and list(more.labels.values()) == ["layer 2", "layer 1", "embeddings"]
    assert [line[0][0] for line in found.cells] == [SHADES[0], SHADES[-1], SHADES[0]]


def test_a_column_shows_its_highest_value_and_one_without_the_last_before_it() -> None:
    track = Track(Series("head", [0.0, 0.1, 0.2, 9.0], [1.0, 5.0, 1.0, 2.0], "heat"))
    (line,) = heat_map([track], 0.0, 10.0, 10, 1, None).cells
    assert line[0][0] == "█" and {cell for cell, _ in line[1:8]} == {"·"} and line[9][0] == "▒"


@given(
    st.lists(st.lists(st.floats(), max_size=30), min_size=1, max_size=5),
    st.integers(1, 130),
    st.integers(1, 42),
    st.booleans(),
)
def test_every_frame_fits_its_size(values: list[list[float]], width: int, height: int, read: bool) -> None:
    chart = Chart("Gradient norm by layer")
    chart.show([Series(name, range(len(ys)), ys, "heat") for name, ys in zip(NAMES, values, strict=False)])
    if read:
        chart.action_cursor(1)
    frame = ["".join(text for text, _ in row) for row in chart.frame(width, height)]
    assert len(frame) <= height and all(cell_len(row) <= width for row in frame)


def test_the_cursor_reads_every_row_and_the_scale_is_said() -> None:
    chart = Chart("Gradient norm by layer")
    chart.show([Series(name, [1, 2], [0.1, 0.25 * place], "heat") for place, name in enumerate(NAMES, start=1)])
    chart.view.place_cursor(2.0)
    frame = ["".join(text for text, _ in row) for row in chart.frame(100, 14)]
    assert "embeddings 0.25  L1 0.5  L2 0.75  L3 1  head 1.2" in frame[-1]
    assert f"0.1 {SHADES} 1.2" in frame[-2]
    assert [name for name in NAMES if any(row.lstrip().startswith(name) for row in frame)] == NAMES


def test_values_that_were_not_measured_leave_the_cell_empty() -> None:
    chart = Chart("Update ratio")
    chart.show([Series("head", [1, 2], [math.nan, math.nan], "heat", gaps=True)])
    assert not set(SHADES) & set("".join(text for row in chart.frame(60, 10) for text, _ in row))
