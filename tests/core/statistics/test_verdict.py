"""Verdicts: what each needs, that nothing is said of equal models, and that the sentence shows what the verdict saw."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.statistics.difference import Difference, reconciled
from core.statistics.paired import PairedOutcomes, compare_accuracy, count_outcomes
from core.statistics.verdict import Verdict, judge, sentence
from tests.core.statistics.simulated import right_answers

fractions = st.floats(-0.2, 0.2)
margins = st.sampled_from([0.0, 0.005, 0.01, 0.02])
REVERSED = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}


@st.composite
def differences(draw: st.DrawFn) -> Difference:
    low, middle, high = sorted(draw(st.tuples(fractions, fractions, fractions)))
    return reconciled(middle, low, high, draw(st.floats(0, 1)))


@pytest.mark.parametrize(
    ("low", "high", "p_value", "margin", "verdict"),
    [
        (0.002, 0.03, 0.01, 0.0, Verdict.BETTER),
        (-0.03, -0.002, 0.01, 0.0, Verdict.WORSE),
        (-0.009, 0.017, 0.5, 0.01, Verdict.NOT_DISTINGUISHABLE),
        (-0.009, 0.008, 0.5, 0.01, Verdict.PRACTICALLY_EQUAL),
        (0.002, 0.008, 0.01, 0.01, Verdict.PRACTICALLY_EQUAL),  # real, but too little to matter
        (0.002, 0.008, 0.01, 0.005, Verdict.BETTER),
        (0.0, 0.0, 1.0, 0.0, Verdict.NOT_DISTINGUISHABLE),  # without a margin nothing is too little
        (-0.001, 0.03, 0.01, 0.0, Verdict.NOT_DISTINGUISHABLE),  # interval and test have to agree
        (0.002, 0.03, 0.06, 0.0, Verdict.NOT_DISTINGUISHABLE),  # one of several comparisons
    ],
)
def test_each_verdict(low: float, high: float, p_value: float, margin: float, verdict: Verdict) -> None:
    assert judge(Difference((low + high) / 2, low, high, p_value), p_value, margin) is verdict


@given(differences(), margins)
def test_exchanging_the_models_exchanges_better_and_worse(difference: Difference, margin: float) -> None:
    verdict = judge(difference, difference.p_value, margin)
    assert judge(difference.reversed(), difference.p_value, margin) is REVERSED.get(verdict, verdict)


@given(differences(), margins, st.floats(1, 10))
def test_more_comparisons_never_make_a_difference(difference: Difference, margin: float, factor: float) -> None:
    alone, among = (judge(difference, min(p, 1), margin) for p in (difference.p_value, factor * difference.p_value))
    assert among in (alone, Verdict.NOT_DISTINGUISHABLE)


def test_two_models_of_one_setting_are_told_apart_in_at_most_one_of_twenty_pairs() -> None:
    """2,000 pairs of correlated models; two standard errors are 1 %. Nor are they called equal on too few rows."""
    generator = np.random.default_rng(15)
    for rows in (60, 377, 1000):
        verdicts = []
        for _ in range(2000):
            found = compare_accuracy(count_outcomes(*right_answers(generator, rows, 0.88, 0.085, 0.0)))
            verdicts.append(judge(found, found.p_value, 0.01))
        assert (verdicts.count(Verdict.BETTER) + verdicts.count(Verdict.WORSE)) / 2000 <= 0.06
        assert Verdict.PRACTICALLY_EQUAL not in verdicts


def test_models_that_differ_by_the_margin_are_rarely_called_equal() -> None:
    """At most 2.5 % of pairs; 20,000 rows are enough for the margin of one point to be reached at all."""
    generator = np.random.default_rng(16)
    said = 0
    for only_a, only_b, same in generator.multinomial(20_000, [0.05, 0.04, 0.91], 2000).tolist():
        found = compare_accuracy(PairedOutcomes(same, only_a, only_b, 0))
        said += judge(found, found.p_value, 0.01) is Verdict.PRACTICALLY_EQUAL
    assert said / 2000 <= 0.025 + 0.007


@pytest.mark.parametrize(
    ("difference", "p_adjusted", "margin", "expected"),
    [
        (
            Difference(0.004, -0.009, 0.017, 0.5),
            0.5,
            0.01,
            "+0.4 points (−0.9…+1.7) on 377 rows: not distinguishable",
        ),
        (
            Difference(-0.021, -0.03, -0.012, 0.001),
            0.001,
            0.01,
            "−2.1 points (−3.0…−1.2) on 377 rows: worse",
        ),
        (
            Difference(0.0, -0.004, 0.004, 1.0),
            1.0,
            0.005,
            "0.0 points (−0.4…+0.4) on 377 rows: practically equal (within ±0.5 points)",
        ),
        (
            Difference(0.004, 0.0003, 0.0077, 0.03),
            0.03,
            0.01,
            "+0.40 points (+0.03…+0.77) on 377 rows: practically equal (a real difference, but within ±1 point)",
        ),
        (
            Difference(0.02, 0.001, 0.039, 0.04),
            0.12,
            0.0,
            "+2.0 points (+0.1…+3.9) on 377 rows: not distinguishable (as one of several comparisons)",
        ),
    ],
)
def test_the_sentence(difference: Difference, p_adjusted: float, margin: float, expected: str) -> None:
    assert sentence(difference, p_adjusted, margin, "on 377 rows") == expected


def test_the_sentence_names_another_figure_and_another_basis() -> None:
    found = sentence(Difference(0.01, -0.01, 0.03, 0.3), 0.3, 0.0, "over 5 seeds", "macro F1")
    assert found == "+1.0 points of macro F1 (−1.0…+3.0) over 5 seeds: not distinguishable"


@settings(max_examples=300)
@given(differences(), margins)
def test_no_rounding_hides_why_a_verdict_was_given(difference: Difference, margin: float) -> None:
    text = sentence(difference, difference.p_value, margin, "on 9 rows")
    low, high = (float(end.replace("−", "-")) for end in re.findall(r"\((\S+)…(\S+)\)", text)[0])
    verdict = judge(difference, difference.p_value, margin)
    if min(abs(difference.low), abs(difference.high)) > 1e-5:
        assert verdict not in REVERSED or low > 0 or high < 0
    if verdict is Verdict.PRACTICALLY_EQUAL:
        assert -100 * margin <= low and high <= 100 * margin
