"""Differences in macro F1: scikit-learn's figure, scipy's bootstrap, McNemar's p, and nothing said of equal models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap
from sklearn.metrics import f1_score

from core.inference.metrics import measure
from core.statistics import bootstrap as module
from core.statistics.bootstrap import accuracy, compare_figures
from core.statistics.difference import Difference
from core.statistics.paired import compare_accuracy, count_outcomes
from core.statistics.verdict import Verdict, judge
from tests.core.statistics.simulated import answers

SHARES = [[0.5, 0.5], [0.1, 0.9], [0.6, 0.3, 0.1], [0.4, 0.3, 0.2, 0.06, 0.04]]

cases = st.builds(
    lambda seed, rows, shares, better: answers(
        np.random.default_rng(seed), rows, shares, (0.85 + better, 0.85 - better), 0.5
    ),
    st.integers(0, 10_000),
    st.sampled_from([1, 7, 60, 300]),
    st.sampled_from(SHARES),
    st.sampled_from([0.0, 0.05, 0.15]),
)
Case = tuple[np.ndarray, np.ndarray, np.ndarray]


def compare(case: Case, seed: int = 0, **options: object) -> Difference:
    given = {"resamples": 1000, **options}
    return compare_figures(*case, 5, np.random.default_rng(seed), **given)  # type: ignore[arg-type]


@settings(max_examples=60)
@given(cases)
def test_the_difference_is_that_of_evaluations_and_of_scikit_learn(case: Case) -> None:
    labels, *predictions = case
    found = compare(case, resamples=10).difference
    ours = [measure(np.eye(5)[predicted], labels, "abcde")["macro_f1"] for predicted in predictions]
    theirs = [f1_score(labels, predicted, average="macro", zero_division=0.0) for predicted in predictions]
    assert found == pytest.approx(ours[0] - ours[1], abs=1e-12) == pytest.approx(theirs[0] - theirs[1], abs=1e-12)


@settings(max_examples=60)
@given(cases)
def test_exchanging_the_models_changes_the_sign(case: Case) -> None:
    labels, a, b = case
    found, exchanged = compare((labels, a, b)), compare((labels, b, a)).reversed()
    if found.difference:
        assert exchanged == found
    assert found.low <= found.difference <= found.high and 0 < found.p_value <= 1
    assert found.p_value < 0.05 or found.low <= 0 <= found.high


@settings(max_examples=60)
@given(cases)
def test_of_accuracies_the_p_value_is_mcnemars(case: Case) -> None:
    labels, a, b = case
    expected = compare_accuracy(count_outcomes(a == labels, b == labels))
    found = compare(case, metric=accuracy, resamples=4000)
    if expected.difference:
        assert found.p_value == pytest.approx(expected.p_value, abs=4 * 0.5 / np.sqrt(4000))
        assert found.p_value == pytest.approx(expected.p_value, abs=4 * np.sqrt(expected.p_value / 4000) + 1e-3)


def test_of_accuracies_the_interval_is_close_to_the_score_interval() -> None:
    for seed, rows in ((0, 300), (1, 1000), (2, 5000)):
        case = answers(np.random.default_rng(seed), rows, [0.5, 0.5], (0.9, 0.87), 0.5)
        expected = compare_accuracy(count_outcomes(case[1] == case[0], case[2] == case[0]))
        found = compare(case, metric=accuracy, resamples=10_000)
        width = expected.high - expected.low
        assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=0.08 * width)


def test_on_many_rows_the_interval_is_scipys() -> None:
    """The two rows that are added no longer matter there."""
    case = answers(np.random.default_rng(5), 2000, [0.6, 0.3, 0.1], (0.9, 0.86), 0.5)

    def difference(labels: np.ndarray, a: np.ndarray, b: np.ndarray) -> float:
        one, other = (f1_score(labels, predicted, average="macro") for predicted in (a, b))
        return float(one - other)

    theirs = bootstrap(
        case, difference, paired=True, vectorized=False, n_resamples=250, method="percentile", rng=1
    ).confidence_interval
    found = compare(case, resamples=10_000)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=0.15 * (theirs.high - theirs.low))


def test_two_models_of_one_setting_are_told_apart_in_at_most_one_of_twenty_pairs() -> None:
    """600 pairs of correlated models; three standard errors are 2.7 %."""
    generator = np.random.default_rng(3)
    verdicts = []
    for index in range(600):
        shares = SHARES[index % len(SHARES)]
        found = compare_figures(*answers(generator, 377, shares, (0.88, 0.88), 0.6), 5, generator, resamples=500)
        verdicts.append(judge(found, found.p_value, 0.0))
    assert (len(verdicts) - verdicts.count(Verdict.NOT_DISTINGUISHABLE)) / 600 <= 0.077


def test_a_clear_difference_is_seen() -> None:
    generator = np.random.default_rng(4)
    found = compare(answers(generator, 1000, [0.6, 0.3, 0.1], (0.93, 0.83), 0.5))
    assert judge(found, found.p_value, 0.01) is Verdict.BETTER


def test_a_class_that_never_occurs_changes_nothing() -> None:
    case = answers(np.random.default_rng(8), 300, [0.6, 0.3, 0.1], (0.9, 0.86), 0.5)
    few, many = (compare_figures(*case, classes, np.random.default_rng(0), resamples=500) for classes in (3, 9))
    assert (few.low, few.high, few.p_value) == pytest.approx((many.low, many.high, many.p_value))


def test_agreement_on_few_rows_leaves_doubt() -> None:
    labels = np.arange(20) % 2
    found = compare((labels, labels, labels))
    assert found.low < -0.05 and found.high > 0.05 and found.p_value == 1


@pytest.mark.parametrize("numbers", [1, 700, 20_000])
def test_the_parts_that_fit_into_memory_change_nothing(numbers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = answers(np.random.default_rng(6), 300, SHARES[3], (0.9, 0.86), 0.5)
    whole = compare(case)
    monkeypatch.setattr(module, "_NUMBERS_AT_ONCE", numbers)
    found = compare(case)
    assert (found.low, found.high, found.p_value) == pytest.approx((whole.low, whole.high, whole.p_value))


def test_the_same_generator_gives_the_same_answer() -> None:
    case = answers(np.random.default_rng(7), 300, SHARES[2], (0.9, 0.86), 0.5)
    assert compare(case, seed=1) == compare(case, seed=1) != compare(case, seed=2)


def test_other_rows_are_refused_and_no_rows_leave_everything_possible() -> None:
    with pytest.raises(ValueError, match="3 labels need as many predictions, not 2 and 3"):
        compare((np.zeros(3, int), np.zeros(2, int), np.zeros(3, int)))
    none = np.zeros(0, int)
    assert compare((none, none, none)) == Difference(0, -1, 1, 1)
