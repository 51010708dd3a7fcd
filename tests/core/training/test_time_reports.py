"""What a run spends its time on is told in parts that are right, not too often, and wherever somebody looks for it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from core.learners.time_spent import PARTS, TimeSpent
from core.runs.records import TimeRecord
from core.training.loop import DivergedError, TrainingLoop
from core.training.time_reports import TimeReports
from tests.core.learners.test_time_spent import Clock

MakeLoop = Callable[..., tuple[TrainingLoop, Any]]
Takes = Callable[..., None]


def check(times: list[TimeRecord]) -> None:
    for record in times:
        parts = [getattr(record, part) for part in PARTS]
        assert min(parts) >= 0 and sum(parts) <= record.elapsed + 1e-3


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def calls() -> Counter[str]:
    """How often each method was called that takes time."""
    return Counter()


@pytest.fixture
def takes(clock: Clock, calls: Counter[str], monkeypatch: pytest.MonkeyPatch) -> Takes:
    """`takes(seconds, owner, name)`: a method takes that long, at its end, beside what it calls."""

    def slow_down(seconds: float, owner: Any, name: str) -> None:
        plain = getattr(owner, name)

        def slow(*given: Any, **more: Any) -> Any:
            found = plain(*given, **more)
            clock.now += seconds
            calls[name] += 1
            return found

        monkeypatch.setattr(owner, name, slow)

    return slow_down


def test_each_kind_of_work_is_counted_as_such(
    make_loop: MakeLoop, path: str, clock: Clock, calls: Counter[str], takes: Takes
) -> None:
    loop, recorder = make_loop(rows=22, epochs=2, clock=clock, micro_batch_size=8, max_grad_norm=0)
    learner: Any = loop.learner
    reads, passes = ("_pack", "_embed") if path == "native" else ("_inputs", "_outputs")
    takes(1, learner, reads)
    takes(10, learner._network if path == "native" else learner, passes)
    takes(100, learner, "learn")  # at its end: the backward pass
    takes(1000, learner, "update")
    takes(5000, loop._evaluator, "logits")
    takes(1e5, recorder, "on_checkpoint")
    takes(1e6, recorder, "on_step")  # bookkeeping
    takes(1e7, recorder, "on_evaluation")
    loop.run()
    found = recorder.times[-1]
    learned, evaluated = calls["learn"], calls[reads] - calls["learn"]
    assert (found.step, calls["logits"], learned) == (6, 2, 6) and evaluated
    assert (found.input, found.forward, found.backward, found.optimizer) == (learned, 10 * learned, 600, 6000)
    assert found.evaluation == 2 * 5000 + 11 * evaluated
    assert (found.checkpoint, found.paused) == (1e5 * calls["on_checkpoint"], 0)
    assert found.elapsed == clock.now - 5
    check(recorder.times)


def test_waiting_for_tokens_and_for_the_tensors_of_a_checkpoint_is_counted(
    make_loop: MakeLoop, clock: Clock, calls: Counter[str], takes: Takes
) -> None:
    loop, recorder = make_loop(rows=22, epochs=1, clock=clock)
    takes(1, loop.train.tokens, "lengths")
    takes(1000, recorder, "settle")
    before = calls["lengths"]
    loop.run()
    found = recorder.times[-1]
    assert 3 <= found.input <= calls["lengths"] - before and found.checkpoint == 3000
    check(recorder.times)


def test_a_pause_is_told_when_it_begins_and_when_it_is_over(make_loop: MakeLoop, recorder: Any, clock: Clock) -> None:
    def sleep(seconds: float) -> None:
        clock.now += 60

    told = recorder(asks={2: ["pause"]}, later=[[], [], ["continue"]])
    loop, _ = make_loop(rows=22, epochs=1, recorder=told, clock=clock, sleep=sleep)
    loop.run()
    assert {0.0, 180.0} == {record.paused for record in told.times}
    assert [record.step for record in told.times if not record.paused][-1] == 2
    assert told.times[-1].paused == told.times[-1].elapsed == 180
    assert told.steps[-1].seconds == 0  # a pause is no training time
    check(told.times)


def test_it_is_told_after_every_evaluation_and_at_the_end_however_a_run_ends(
    make_loop: MakeLoop, recorder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, told = make_loop(rows=40, evaluate_every=2)
    loop.run()
    assert {one.step for one in told.evaluations} <= {one.step for one in told.times}
    for asks in ("stop", "stop_and_save"):
        loop, told = make_loop(rows=40, recorder=recorder(asks={3: [asks]}))
        loop.run()
        assert told.times[-1].step == 3
    loop, told = make_loop(rows=40)
    monkeypatch.setattr(loop._loss_watch, "complaint", lambda *given: "no")
    with pytest.raises(DivergedError):
        loop.run()
    assert told.times[-1].step == 1


def test_nothing_is_told_twice_within_a_second_unless_it_is_asked_for() -> None:
    clock, told = Clock(), []
    reports = TimeReports(TimeSpent(clock), clock, told.append)
    for step in range(1000):
        reports.report_if_due(step)
        clock.now += 0.07
        if step % 100 == 50:
            reports.report(step)
    often = [after.elapsed - before.elapsed for before, after in pairwise(told) if after.step % 100 != 50]
    assert min(often) >= 1 and 60 < len(told) < 90


def test_a_real_run_spends_its_time_on_what_it_does(make_loop: MakeLoop) -> None:
    loop, recorder = make_loop(rows=64, epochs=3, clock=time.monotonic)
    before = time.monotonic()
    loop.run()
    whole = time.monotonic() - before
    check(recorder.times)
    last = recorder.times[-1]
    assert last.elapsed <= whole + 1e-3 and min(last.forward, last.backward, last.optimizer, last.evaluation) > 0
    assert sum(getattr(last, part) for part in PARTS) > 0.5 * last.elapsed
    for earlier, later in pairwise(recorder.times):
        assert all(getattr(later, part) >= getattr(earlier, part) for part in (*PARTS, "elapsed", "step"))
