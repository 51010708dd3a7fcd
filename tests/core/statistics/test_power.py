"""What rows can show: equal to the sum over all tables, the published table, and what simulated models then show."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multinomial

from core.statistics.mcnemar import mid_p
from core.statistics.paired import compare_accuracy, count_outcomes
from core.statistics.power import discordant_share, row_power, rows_needed, smallest_visible
from core.statistics.verdict import Verdict, judge
from tests.core.statistics.simulated import right_answers

shares = st.floats(0.005, 1)
parts = st.floats(0, 1)


@cache
def seen(rows: int) -> np.ndarray:
    """[T, 3] the tables of `rows` rows that the test calls better: only a, only b, the rest."""
    tables = [
        (a, b, rows - a - b) for a in range(rows + 1) for b in range(rows + 1 - a) if a > b and mid_p(a, b) < 0.05
    ]
    return np.array(tables).reshape(-1, 3)


@settings(max_examples=1000)
@given(st.integers(0, 30), shares, parts)
def test_power_is_the_sum_over_all_tables(rows: int, discordant: float, part: float) -> None:
    difference = part * discordant
    chances = [(discordant + difference) / 2, (discordant - difference) / 2, 1 - discordant]
    expected = multinomial.pmf(seen(rows), rows, chances).sum() if len(seen(rows)) else 0
    assert row_power(rows, discordant, difference) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        (200, (None, 4.6, 6.1)),
        (500, (2.1, 3.0, 3.9)),
        (1000, (1.5, 2.1, 2.8)),
        (2000, (1.1, 1.5, 2.0)),
        (10_000, (0.5, 0.7, 0.9)),
    ],
)
def test_smallest_visible_differences_in_points(rows: int, expected: tuple[float | None, ...]) -> None:
    """At 3, 6 and 10 % discordant rows, from an independent enumeration."""
    for discordant, points in zip((0.03, 0.06, 0.1), expected, strict=True):
        found = smallest_visible(rows, discordant)
        assert found == points if points is None or found is None else 100 * found == pytest.approx(points, abs=0.06)


@settings(max_examples=200)
@given(st.integers(0, 100_000), shares)
def test_the_smallest_visible_difference_has_the_power(rows: int, discordant: float) -> None:
    found = smallest_visible(rows, discordant)
    if found is None:
        assert row_power(rows, discordant, discordant) < 0.8
    else:
        assert 0 < found <= discordant
        assert row_power(rows, discordant, found) == pytest.approx(0.8, abs=0.01)


@settings(max_examples=100)
@given(st.integers(1, 20_000), shares, parts, parts)
def test_larger_differences_and_more_rows_are_seen_more_often(
    rows: int, discordant: float, one: float, other: float
) -> None:
    less, more = sorted((one * discordant, other * discordant))
    assert row_power(rows, discordant, less) <= row_power(rows, discordant, more) + 1e-9
    before, after = smallest_visible(rows, discordant), smallest_visible(2 * rows, discordant)
    assert before is None or (after is not None and after < before)


@settings(max_examples=100)
@given(st.floats(0.01, 0.5), st.floats(0.05, 1))
def test_needed_rows_are_the_fewest(discordant: float, part: float) -> None:
    difference = part * discordant
    rows = rows_needed(difference, discordant)
    assert rows is not None
    assert row_power(rows, discordant, difference) >= 0.8 > row_power(rows - 1, discordant, difference)
    found = smallest_visible(rows, discordant)
    assert found is not None and found <= difference + 1e-6


def test_more_rows_than_anyone_has_are_not_counted() -> None:
    assert rows_needed(1e-5, 0.1) is None


def test_impossible_questions_are_refused() -> None:
    for discordant, difference in ((0.05, 0.06), (0.05, -0.01), (0.0, 0.0), (1.5, 0.1)):
        with pytest.raises(ValueError, match="cannot come from a share"):
            row_power(100, discordant, difference)
    with pytest.raises(ValueError, match="no number of rows"):
        rows_needed(0.0, 0.1)


@pytest.mark.parametrize(("rows", "discordant"), [(377, 0.1), (1000, 0.06), (2000, 0.2)])
def test_that_difference_is_seen_in_four_of_five_simulated_pairs(rows: int, discordant: float) -> None:
    """1,000 pairs: 80 % within four standard errors."""
    generator = np.random.default_rng(rows)
    difference = smallest_visible(rows, discordant)
    assert difference is not None
    verdicts = []
    for _ in range(1000):
        found = compare_accuracy(count_outcomes(*right_answers(generator, rows, 0.88, discordant, difference)))
        verdicts.append(judge(found, found.p_value, 0.0))
    assert 0.75 <= verdicts.count(Verdict.BETTER) / 1000 <= 0.85
    assert Verdict.WORSE not in verdicts


def test_expected_discordant_rows_are_those_of_correlated_answers() -> None:
    generator = np.random.default_rng(0)
    discordant = discordant_share(0.9, 0.6)
    assert discordant == pytest.approx(0.072)
    a, b = right_answers(generator, 200_000, 0.9, discordant, 0.0)
    assert a.mean() == pytest.approx(0.9, abs=0.005) and np.corrcoef(a, b)[0, 1] == pytest.approx(0.6, abs=0.02)
