"""Holm's adjustment: its defining property, by hand, and what it must never do."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.statistics.multiple import holm

p_values = st.lists(st.floats(0, 1), max_size=12)


def test_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.2]) == [0.2] and holm([]) == []


@given(p_values, st.sampled_from([0.01, 0.05, 0.2]))
def test_it_rejects_what_the_step_down_procedure_rejects(values: list[float], level: float) -> None:
    rejected = set()
    for done, index in enumerate(sorted(range(len(values)), key=values.__getitem__)):
        if (len(values) - done) * values[index] > level:
            break
        rejected.add(index)
    assert {index for index, value in enumerate(holm(values)) if value <= level} == rejected


@given(p_values)
def test_no_p_value_falls_and_their_order_stays(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(one <= after <= 1 for one, after in zip(values, adjusted, strict=True))
    assert all(after <= min(len(values) * one, 1) for one, after in zip(values, adjusted, strict=True))
    by_value = sorted(range(len(values)), key=values.__getitem__)
    assert [adjusted[index] for index in by_value] == sorted(adjusted)


@given(p_values.flatmap(lambda values: st.tuples(st.just(values), st.permutations(range(len(values))))))
def test_the_order_of_comparisons_does_not_matter(case: tuple[list[float], list[int]]) -> None:
    values, order = case
    assert holm([values[index] for index in order]) == [holm(values)[index] for index in order]


def test_a_false_difference_among_several_comes_about_in_one_of_twenty_sets() -> None:
    sets = np.random.default_rng(0).random((4000, 6))
    assert np.mean([min(holm(one.tolist())) < 0.05 for one in sets]) == pytest.approx(0.05, abs=0.01)
