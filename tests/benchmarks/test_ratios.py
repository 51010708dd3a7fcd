"""Ratios of pairs, their median and spread, and the geometric mean."""

from __future__ import annotations

import pytest

from benchmarks.ratios import geometric_mean, paired, spread_of


def test_the_ratio_of_pairs_is_not_the_ratio_of_medians() -> None:
    slow_then_fast, peer = [1.0, 10.0, 2.0], [2.0, 20.0, 5.0]
    assert paired(peer, slow_then_fast) == [2.0, 2.0, 2.5]
    assert spread_of(paired(peer, slow_then_fast)).median == 2.0


def test_a_pair_without_its_partner_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        paired([1.0], [1.0, 2.0])


def test_one_outlier_moves_the_spread_and_not_the_median() -> None:
    spread = spread_of([2.0, 1.9, 2.1, 50.0, 2.0])
    assert (spread.median, spread.low, spread.high, spread.count) == (2.0, 1.9, 50.0, 5)


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert spread_of([1.0, 2.0, 4.0, 8.0]).median == 3.0


def test_twice_as_fast_and_half_as_fast_cancel() -> None:
    assert geometric_mean([2.0, 0.5]) == pytest.approx(1.0)
    assert geometric_mean([1.5, 6.0]) == pytest.approx(3.0)


@pytest.mark.parametrize("values", [[], [1.0, 0.0], [-1.0]])
def test_no_mean_is_made_up(values: list[float]) -> None:
    with pytest.raises(ValueError, match="positive"):
        geometric_mean(values)


def test_no_median_is_made_up() -> None:
    with pytest.raises(ValueError, match="no values"):
        spread_of([])
