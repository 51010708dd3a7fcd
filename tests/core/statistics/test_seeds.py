"""Groups of runs: scipy's t tests where there are enough seeds, and no claim where there are not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind, ttest_rel

from core.statistics.seeds import Method, Question, compare_groups, question_of

scores = st.floats(0, 1).map(lambda score: round(score, 3))


def groups(seeds_a: range, seeds_b: range, seed: int = 0) -> tuple[dict[int, float], dict[int, float]]:
    generator = np.random.default_rng(seed)
    return (
        {seed: float(generator.normal(0.9, 0.01)) for seed in seeds_a},
        {seed: float(generator.normal(0.89, 0.01)) for seed in seeds_b},
    )


@settings(max_examples=200)
@given(st.lists(st.tuples(scores, scores), min_size=5, max_size=20))
def test_matched_seeds_are_compared_by_scipys_paired_test(pairs: list[tuple[float, float]]) -> None:
    a, b = ({seed: pair[side] for seed, pair in enumerate(pairs)} for side in (0, 1))
    found = compare_groups(a, dict(reversed(b.items())))
    assert found.method is Method.PAIRED and found.seeds == len(pairs)
    if found.tested is None:
        assert np.ptp([one - other for one, other in pairs]) < 1e-9
        return
    expected = ttest_rel(list(a.values()), list(b.values()))
    interval = expected.confidence_interval()
    assert found.tested.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert (found.tested.low, found.tested.high) == pytest.approx((interval.low, interval.high))


@settings(max_examples=200)
@given(st.lists(scores, min_size=5, max_size=12), st.lists(scores, min_size=5, max_size=12))
def test_other_seeds_are_compared_by_scipys_welch_test(one: list[float], other: list[float]) -> None:
    found = compare_groups(dict(enumerate(one)), {100 + seed: score for seed, score in enumerate(other)})
    assert found.method is Method.WELCH and found.seeds == min(len(one), len(other))
    if found.tested is None:
        assert np.ptp(one) < 1e-9 and np.ptp(other) < 1e-9
        return
    expected = ttest_ind(one, other, equal_var=False)
    interval = expected.confidence_interval()
    assert found.tested.p_value == pytest.approx(expected.pvalue, rel=1e-6)
    assert (found.tested.low, found.tested.high) == pytest.approx((interval.low, interval.high))


@given(st.integers(1, 4), st.integers(1, 30))
def test_with_fewer_than_five_seeds_there_are_ranges_and_no_p(few: int, many: int) -> None:
    a, b = groups(range(few), range(many))
    found = compare_groups(a, b)
    assert found.method is Method.RANGES and found.tested is None and found.seeds == min(few, many)
    assert (found.a.low, found.a.high, found.a.seeds) == (min(a.values()), max(a.values()), few)
    assert found.a.mean == pytest.approx(np.mean(list(a.values())))
    assert found.apart == (min(a.values()) > max(b.values()) or max(a.values()) < min(b.values()))


@pytest.mark.parametrize(
    ("seeds_a", "seeds_b", "method", "seeds"),
    [
        (range(5), range(5), Method.PAIRED, 5),
        (range(10), range(5), Method.PAIRED, 5),  # five seeds that b lacks are left out
        (range(20), range(1, 21), Method.PAIRED, 19),
        (range(20), range(15, 35), Method.WELCH, 20),  # five pairs would leave out thirty runs
        (range(8), range(4, 12), Method.WELCH, 8),
        (range(8), range(4, 8), Method.RANGES, 4),
    ],
)
def test_how_groups_are_compared(seeds_a: range, seeds_b: range, method: Method, seeds: int) -> None:
    found = compare_groups(*groups(seeds_a, seeds_b))
    assert (found.method, found.seeds) == (method, seeds)


@given(st.integers(0, 1000), st.sampled_from([range(5), range(50, 57)]))
def test_exchanging_the_groups_changes_the_sign(seed: int, seeds_b: range) -> None:
    a, b = groups(range(6), seeds_b, seed)
    one, other = compare_groups(a, b).tested, compare_groups(b, a).tested
    assert one is not None and other is not None
    back = other.reversed()
    assert (one.difference, one.low, one.high, one.p_value) == pytest.approx(
        (back.difference, back.low, back.high, back.p_value)
    )


def test_runs_without_any_spread_are_not_tested() -> None:
    """Ten equal scores prove that seeds changed nothing, not that two settings differ by exactly so much."""
    for other in (range(5), range(10, 15)):
        found = compare_groups(dict.fromkeys(range(5), 0.9), dict.fromkeys(other, 0.8))
        assert found.tested is None and found.apart


def test_equal_settings_are_told_apart_in_one_of_twenty_groups() -> None:
    generator = np.random.default_rng(1)
    for seeds_b in (range(5), range(5, 10)):
        found = [
            compare_groups(
                dict(zip(range(5), generator.normal(0.9, 0.01, 5), strict=True)),
                dict(zip(seeds_b, generator.normal(0.9, 0.01, 5), strict=True)),
            ).tested
            for _ in range(1500)
        ]
        assert np.mean([one is not None and one.p_value < 0.05 for one in found]) <= 0.065


def test_the_question_is_about_settings_only_if_both_were_trained_more_than_once() -> None:
    assert question_of(1, 1) is question_of(5, 1) is Question.MODELS
    assert question_of(2, 3) is Question.SETTINGS
