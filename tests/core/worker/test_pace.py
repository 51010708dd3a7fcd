"""The speed of a run counts only while the machine was not busy, and as it would have been without the others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.contention import MAX_LOST
from core.worker.pace import Pace


class Machine:
    """What others take of it, until it is changed."""

    def __init__(self, lost: float = 0.0) -> None:
        self.lost = lost

    def look(self) -> float:
        return self.lost


def steps(pace: Pace, count: int, each: float, tokens: int = 100, begin: float = 0.0) -> float:
    for number in range(1, count + 1):
        pace.on_step(tokens, begin + number * each)
    return begin + count * each


def test_a_quiet_run_goes_as_fast_as_it_went() -> None:
    pace = Pace(0.0, Machine().look)
    steps(pace, 10, 0.6)
    assert pace.steps.tokens == 1000 and pace.steps.seconds == pytest.approx(6.0)


@given(lost=st.floats(MAX_LOST, 0.99, exclude_min=True))
def test_steps_of_a_busy_machine_count_for_nothing(lost: float) -> None:
    machine = Machine()
    pace = Pace(0.0, machine.look)
    then = steps(pace, 5, 0.6)
    machine.lost = lost
    then = steps(pace, 5, 6.0, begin=then)
    machine.lost = 0.0
    steps(pace, 5, 0.6, begin=then)
    assert pace.steps.seconds / pace.steps.tokens == pytest.approx(0.006)


@given(lost=st.floats(0, MAX_LOST), quiet=st.floats(0.6, 5))
def test_what_others_took_a_little_of_is_made_good(lost: float, quiet: float) -> None:
    pace = Pace(0.0, Machine(lost).look)
    then = steps(pace, 4, quiet / (1 - lost))
    pace.on_evaluation(then + 2 * quiet / (1 - lost))
    assert pace.steps.seconds == pytest.approx(4 * quiet)
    assert pace.first_evaluation == pytest.approx(2 * quiet)


def test_evaluations_and_the_pass_before_are_no_steps() -> None:
    pace = Pace(4.0, Machine().look)
    then = steps(pace, 3, 1.0, begin=4.0)
    pace.on_evaluation(then + 7.0)
    then = steps(pace, 3, 1.0, begin=then + 7.0)
    pace.on_evaluation(then + 2.0)
    assert pace.steps.seconds == pytest.approx(6.0)
    assert pace.first_evaluation == pytest.approx(7.0) and pace.evaluations == [pytest.approx(2.0)]


def test_short_steps_are_looked_at_together() -> None:
    looks: list[int] = []

    def look() -> float:
        looks.append(1)
        return 0.0

    pace = Pace(0.0, look)
    steps(pace, 1000, 0.001)
    assert len(looks) <= 4


def test_a_first_evaluation_of_a_busy_machine_is_not_known_and_the_next_is_no_first() -> None:
    machine = Machine(0.5)
    pace = Pace(0.0, machine.look)
    pace.on_evaluation(9.0)
    machine.lost = 0.0
    pace.on_evaluation(10.0)
    assert pace.first_evaluation is None and pace.evaluations == [pytest.approx(1.0)]
    assert pace.lost_before == 0.5
