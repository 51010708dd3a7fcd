"""The bar of the time gives every part its share, at any width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.records import TimeRecord
from tui.screens.train.time_bar import shared_out, time_line
from tui.time_text import PARTS, seconds_by_part

SECONDS = st.floats(0, 1e6)


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=9), st.integers(0, 60))
def test_all_cells_are_given_out_and_nobody_gets_a_whole_cell_too_many(amounts: list[float], cells: int) -> None:
    given_out, total = shared_out(amounts, cells), sum(amounts)
    assert sum(given_out) == (cells if total > 0 else 0)
    for amount, got in zip(amounts, given_out, strict=True):
        assert total == 0 or abs(amount / total * cells - got) < 1 + 1e-6


@given(st.lists(SECONDS, min_size=7, max_size=7), st.floats(0, 100), st.integers(10, 200))
def test_the_line_fits_and_its_shares_are_those_of_the_record(parts: list[float], other: float, width: int) -> None:
    fields = dict(zip([part for part in PARTS if part != "other"], parts, strict=True))
    spent = TimeRecord(step=1, elapsed=sum(parts) + other + 1e-3, **fields)
    line = time_line(spent, width)
    assert line.cell_length <= width
    whole = time_line(spent, 400).plain
    seconds = seconds_by_part(spent)
    assert sum(seconds.values()) == pytest.approx(spent.elapsed, abs=1e-3)
    if width >= 29:
        assert sum(line.plain.count(mark) for mark in "█▓▒░·") >= 24
    largest = max(seconds, key=seconds.__getitem__)
    assert f"{seconds[largest] / spent.elapsed:.0%}" in whole
