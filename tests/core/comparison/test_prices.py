"""What a model costs, in words."""

from __future__ import annotations

import pytest

from core.comparison.prices import mean_price, price
from tests.tui.screens.compare.bench import run_report


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (166.0, "took 2× the time to train"),
        (83.0, "took the same time to train"),
        (8.3, "took 0.1× the time to train"),
        (None, ""),
    ],
)
def test_times_are_ratios(seconds: float | None, words: str) -> None:
    assert price(run_report("a", "a", 0, seconds=seconds), run_report("b", "b", 1), None) == words


def test_a_run_that_found_its_frozen_layers_computed_is_not_called_cheap_in_silence() -> None:
    whole, spared = run_report("a", "a", 0), run_report("b", "b", 1, seconds=8.3, found_layers=True)
    left_out = "frozen layers that an earlier run had computed are not counted"
    assert left_out in price(spared, whole, None) and left_out in price(whole, spared, 1.2)
    assert left_out not in price(spared, spared, None) and left_out not in price(whole, whole, None)
    assert left_out in mean_price([whole, spared], [whole], None)
