"""Differences in accuracy: Tango's interval by another route, its coverage, and that it never contradicts the test."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import multinomial

from core.statistics.difference import Difference
from core.statistics.mcnemar import critical_counts
from core.statistics.paired import PairedOutcomes, compare_accuracy, count_outcomes, score_interval

tables = st.builds(PairedOutcomes, *[st.integers(0, 400)] * 4).filter(lambda table: table.rows > 0)


def of(only_a: int, only_b: int, rows: int) -> Difference:
    return compare_accuracy(PairedOutcomes(rows - only_a - only_b, only_a, only_b, 0))


@settings(max_examples=200)
@given(st.lists(st.tuples(st.booleans(), st.booleans())))
def test_outcomes_count_each_row_once(rows: list[tuple[bool, bool]]) -> None:
    a, b = (np.array([row[model] for row in rows], dtype=bool) for model in (0, 1))
    found = count_outcomes(a, b)
    assert (found.both_right, found.only_a, found.only_b, found.neither) == tuple(
        rows.count(kind) for kind in ((True, True), (True, False), (False, True), (False, False))
    )
    assert found.rows == len(rows) and found.discordant == (a != b).sum()


def test_other_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="3 rows cannot be paired with 2"):
        count_outcomes(np.ones(3, bool), np.ones(2, bool))


@settings(max_examples=1000)
@given(tables)
def test_at_its_ends_the_score_is_z(table: PairedOutcomes) -> None:
    """Given the difference, the likeliest share of rows that only b gets right is searched for, not solved for."""
    only_a, only_b, rows = table.only_a, table.only_b, table.rows
    same = rows - only_a - only_b
    for end in score_interval(only_a, only_b, rows):
        if abs(end) > 1 - 1e-6:
            continue
        lowest, highest = max(0.0, -end), (1 - end) / 2

        def unlikelihood(share: float, end: float = end) -> float:
            parts = zip((only_a, only_b, same), (share + end, share, 1 - 2 * share - end), strict=True)
            return -sum(count * np.log(max(part, 1e-300)) for count, part in parts if count)

        found = minimize_scalar(unlikelihood, bounds=(lowest, highest), method="bounded", options={"xatol": 1e-12}).x
        shares = [found, lowest, highest]
        share = min(shares, key=unlikelihood)
        score = (only_a - only_b - rows * end) / np.sqrt(rows * (2 * share + end - end**2))
        assert abs(score) == pytest.approx(1.959964, rel=1e-3)


found_of = cache(of)


@pytest.mark.parametrize("rows", [20, 50, 100, 200])
def test_the_interval_covers_the_truth_nineteen_times_of_twenty(rows: int) -> None:
    """By the sum over all tables; Tango's interval is known to miss by up to 1.4 points somewhere."""
    counts = np.array([(a, b, rows - a - b) for a in range(rows + 1) for b in range(rows + 1 - a)])
    for discordant in (0.01, 0.03, 0.1, 0.2):
        for part in (0.0, 0.5, 0.9, 1.0):
            difference = part * discordant
            shares = [(discordant + difference) / 2, (discordant - difference) / 2, 1 - discordant]
            chances = multinomial.pmf(counts, rows, shares)
            likely = chances > 1e-6
            found = [found_of(a, b, rows) for a, b, _ in counts[likely].tolist()]
            holds = np.array([one.low - 1e-12 <= difference <= one.high + 1e-12 for one in found])
            assert chances[likely][holds].sum() >= 0.936 - 1e-3


def contradict(found: Difference) -> bool:
    return (found.low > 0 or found.high < 0) != (found.p_value < 0.05)


@settings(max_examples=1000)
@given(st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 10_000_000))
def test_interval_and_test_never_contradict_each_other(only_a: int, only_b: int, same: int) -> None:
    assert not contradict(compare_accuracy(PairedOutcomes(same, only_a, only_b, 0)))


@pytest.mark.parametrize("factor", [1, 2, 100])
def test_they_do_not_where_the_test_changes_its_mind(factor: int) -> None:
    numbers = np.concatenate([np.arange(1, 700), np.geomspace(700, 900_000, 60).astype(int)])
    for number, count in zip(numbers.tolist(), critical_counts(numbers).tolist(), strict=True):
        for smaller in {max(count, 0), min(count + 1, number)}:
            assert not contradict(of(number - smaller, smaller, factor * number))


@settings(max_examples=300)
@given(tables)
def test_exchanging_the_models_changes_the_sign(table: PairedOutcomes) -> None:
    exchanged = PairedOutcomes(table.both_right, table.only_b, table.only_a, table.neither)
    assert compare_accuracy(exchanged) == compare_accuracy(table).reversed()


@settings(max_examples=300)
@given(tables)
def test_the_interval_holds_the_difference_and_stays_within_what_is_possible(table: PairedOutcomes) -> None:
    found = compare_accuracy(table)
    assert -1 <= found.low <= found.difference <= found.high <= 1
    assert found.difference == pytest.approx((table.only_a - table.only_b) / table.rows)


@settings(max_examples=300)
@given(st.integers(0, 200), st.integers(0, 200), st.integers(0, 5000))
def test_one_more_row_for_a_moves_the_interval_up(only_a: int, only_b: int, same: int) -> None:
    rows = only_a + only_b + same + 1
    before, after = score_interval(only_a, only_b, rows), score_interval(only_a + 1, only_b, rows)
    assert before[0] < after[0] + 1e-9 and before[1] < after[1] + 1e-9


@pytest.mark.parametrize(("rows", "end"), [(20, 0.161), (1000, 0.0038)])
def test_agreement_on_few_rows_leaves_doubt(rows: int, end: float) -> None:
    found = of(0, 0, rows)
    assert (found.low, found.high) == pytest.approx((-end, end), rel=0.01) and found.p_value == 1


def test_without_rows_everything_is_possible() -> None:
    assert compare_accuracy(PairedOutcomes(0, 0, 0, 0)) == Difference(0, -1, 1, 1)
