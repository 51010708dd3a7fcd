"""The parts of the time are never negative and never more than the time there was, whatever happens in it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.learners.time_on_gpu import TimeSpentOnGpu
from core.learners.time_spent import PARTS, Doing, TimeSpent

DOINGS: tuple[Doing, ...] = (*PARTS, "waiting", None)
seconds = st.floats(0, 100, allow_subnormal=False)
work = st.recursive(
    st.tuples(st.just("switch"), st.sampled_from(DOINGS), seconds),
    lambda inner: st.tuples(st.just("on"), st.sampled_from(DOINGS), st.lists(inner, max_size=4)),
    max_leaves=20,
)


class Clock:
    def __init__(self) -> None:
        self.now = 5.0

    def __call__(self) -> float:
        return self.now


def do(spent: TimeSpent, clock: Clock, tree: Any) -> None:
    how, doing, rest = tree
    if how == "switch":
        spent.switch(doing)
        clock.now += rest
        return
    with spent.on(doing):
        for one in rest:
            do(spent, clock, one)


def check(spent: TimeSpent) -> dict[Any, float]:
    found = spent.seconds()
    assert all(value >= 0 for value in found.values())
    assert sum(found.values()) <= spent.elapsed() * (1 + 1e-9) + 1e-9
    return dict(found)


@given(st.lists(work, max_size=12))
def test_parts_never_add_up_to_more_than_the_time_there_was(trees: list[Any]) -> None:
    clock = Clock()
    spent = TimeSpent(clock)
    for tree in trees:
        before = check(spent)
        do(spent, clock, tree)
        after = check(spent)
        assert all(after[part] >= before[part] for part in PARTS)


def test_time_belongs_to_what_is_under_way_and_afterwards_to_what_was_before() -> None:
    clock = Clock()
    spent = TimeSpent(clock)

    def wait(taken: float) -> None:
        clock.now += taken

    wait(1)  # nothing in particular
    with spent.on("evaluation"):
        wait(2)
        with spent.on("input"):
            wait(4)
            spent.switch("forward")
            wait(8)
        wait(16)
    wait(32)
    found = check(spent)
    assert {part: taken for part, taken in found.items() if taken} == {"evaluation": 18, "input": 4, "forward": 8}
    assert spent.elapsed() == 63


def test_an_error_ends_what_was_under_way() -> None:
    clock = Clock()
    spent = TimeSpent(clock)
    with pytest.raises(MemoryError), spent.on("forward"):
        clock.now += 1
        raise MemoryError
    clock.now += 10
    assert spent.seconds()["forward"] == 1


@pytest.mark.parametrize("make", [TimeSpent, lambda clock: TimeSpentOnGpu(Gpu().event, clock)])
def test_what_was_before_the_beginning_is_forgotten(make: Callable[[Clock], TimeSpent]) -> None:
    clock = Clock()
    spent = make(clock)
    with spent.on("evaluation"):
        clock.now += 7
    spent.begin()
    assert not sum(spent.seconds().values()) and spent.elapsed() == 0


# On a GPU


class Gpu:
    """A device that computes one piece of work after the other, behind the program's clock."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.free_at = 0.0
        self.events = 0

    def launch(self, handing_out: float, computing: float) -> None:
        self.clock.now += handing_out
        self.free_at = max(self.free_at, self.clock.now) + computing

    def wait(self, until: float) -> None:
        self.clock.now = max(self.clock.now, until)

    def event(self) -> Any:
        self.events += 1
        return Event(self)


class Event:
    """A `torch.cuda.Event`, but nobody can wait for it."""

    def __init__(self, gpu: Gpu) -> None:
        self.gpu, self.at = gpu, float("nan")

    def record(self) -> None:
        self.at = max(self.gpu.free_at, self.gpu.clock.now)

    def query(self) -> bool:
        return self.gpu.clock.now >= self.at

    def elapsed_time(self, end_event: Event) -> float:
        assert self.query() and end_event.query()
        return 1000 * (end_event.at - self.at)


def train(gpu: Gpu, spent: TimeSpent, steps: int, read: float, forward: float, backward: float, update: float) -> None:
    """Steps as the loop makes them: each is handed out in 3 ms, then the one before it is waited for."""
    ends: list[float] = []
    for _ in range(steps):
        spent.step()
        with spent.on("input"):
            gpu.clock.now += read
            spent.switch("forward")
            gpu.launch(0.001, forward)
            spent.switch("backward")
            gpu.launch(0.001, backward)
        with spent.on("optimizer"):
            gpu.launch(0.001, update)
        ends.append(gpu.free_at)
        with spent.on("waiting"):
            gpu.wait(ends[-2] if len(ends) > 1 else 0.0)
    with spent.on("waiting"):
        gpu.wait(gpu.free_at)


def test_a_busy_gpus_time_is_divided_as_it_computes_not_as_it_is_handed_out() -> None:
    gpu = Gpu()
    spent = TimeSpentOnGpu(gpu.event, gpu.clock)
    train(gpu, spent, 100, read=0.002, forward=0.03, backward=0.06, update=0.01)
    found = check(spent)
    assert found["forward"] == pytest.approx(3, rel=0.02) and found["backward"] == pytest.approx(6, rel=0.02)
    assert found["optimizer"] == pytest.approx(1, rel=0.02) and found["input"] < 0.05


def test_of_the_input_counts_on_a_gpu_what_it_has_to_wait_for() -> None:
    """Half of each step's 200 ms is hidden by the 100 ms that the step before computes."""
    gpu = Gpu()
    spent = TimeSpentOnGpu(gpu.event, gpu.clock)
    train(gpu, spent, 100, read=0.2, forward=0.03, backward=0.06, update=0.01)
    found = check(spent)
    assert found["input"] == pytest.approx(0.5 * spent.elapsed(), rel=0.05)


def test_only_some_steps_have_events_in_them() -> None:
    gpu = Gpu()
    train(gpu, TimeSpentOnGpu(gpu.event, gpu.clock), 800, 0.001, 0.001, 0.001, 0.001)
    assert 100 <= gpu.events <= 1200


@given(
    st.lists(st.tuples(*[st.floats(0, 0.3) for _ in range(4)], st.sampled_from(PARTS[4:]), st.floats(0, 2))),
    st.integers(1, 20),
)
def test_the_parts_are_sound_at_any_time_on_a_gpu_too(stretches: list[Any], steps: int) -> None:
    gpu = Gpu()
    spent = TimeSpentOnGpu(gpu.event, gpu.clock)
    told = [check(spent)]
    for *taken, between, long in stretches:
        train(gpu, spent, steps, *taken)
        with spent.on(between):
            gpu.clock.now += long
        told.append(check(spent))
    for before, after in pairwise(told):
        assert all(after[part] >= before[part] - 1e-9 for part in PARTS)
    for part in PARTS[4:]:
        assert told[-1][part] == pytest.approx(sum(long for *_, between, long in stretches if between == part))
    assert spent.elapsed() - sum(told[-1].values()) <= 1e-6 + 0.5 * spent.elapsed()


def test_events_that_have_not_passed_are_told_later() -> None:
    gpu = Gpu()
    spent = TimeSpentOnGpu(gpu.event, gpu.clock)
    spent.step()
    with spent.on("forward"):
        gpu.launch(0.5, 100)
    with spent.on("waiting"):
        pass
    assert check(spent)["forward"] == 0
    with spent.on("waiting"):
        gpu.wait(gpu.free_at)
    assert check(spent)["forward"] == pytest.approx(100.5)
