"""A real run writes down what its steps did by layer, what its time went to, and how busy the processors were."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from core.learners.time_spent import PARTS
from core.runs.control import send
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.journal import JournalWriter
from core.runs.records import StepRecord
from core.worker.session import Session
from tests.core.made import PER_EPOCH, ROWS, request
from tests.core.runs.whole_records import record

Write = Callable[..., Path]
Work = Callable[..., RunHistory]


def begun(run: RunFolder) -> None:
    """Write what a worker process writes first."""
    journal = JournalWriter(run.journal)
    journal.write(record("started"))
    journal.close()


def test_layers_and_time_are_in_the_journal_and_a_resumed_run_adds_to_them(
    work: Work, reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, max_steps=2 * PER_EPOCH))
    tell = Session.on_step

    def stop_after_three(self: Session, record: StepRecord) -> None:
        tell(self, record)
        if record.step == 3:
            send(run.control, "stop_and_save")

    monkeypatch.setattr(Session, "on_step", stop_after_three)
    begun(run)
    first = work(run).time_spent()
    assert first is not None and first.step == 3
    begun(run)
    history = work(run, resume=True)
    assert history.end is not None and history.end.kind == "finished" and history.step == 2 * PER_EPOCH
    assert {1, 4} <= {one.step for one in history.layers}, "the first step of each worker"
    steps = {one.step: one for one in history.steps}
    for one in history.layers:
        whole = sum(part.gradient_norm**2 for part in one.parts) ** 0.5
        assert abs(whole - steps[one.step].gradient_norm) <= 1e-3 * whole
        assert [part.name for part in one.parts] == ["embeddings", "layer 1", "layer 2", "head"]
    both = history.time_spent()
    assert both is not None and both.elapsed > first.elapsed and both.step == 2 * PER_EPOCH
    for time in (*history.times, both):
        parts = [getattr(time, part) for part in PARTS]
        assert min(parts) >= 0 and sum(parts) <= time.elapsed + 1e-3
    assert len(history.times_by_worker()) == 2


def test_it_is_told_right_after_every_evaluation_what_the_time_went_to(
    work: Work, reviews_csv: Write, tiny_model: Path
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, max_steps=3 * PER_EPOCH, evaluate_every=4))
    history = work(run)
    evaluated = [one.step for one in history.evaluations]
    assert set(evaluated) <= {one.step for one in history.times}
    whole = history.times[-1]
    assert whole.evaluation > 0 and whole.forward > 0 and whole.backward > 0 and whole.optimizer > 0


def test_memory_records_say_how_busy_the_processors_are(work: Work, reviews_csv: Write, tiny_model: Path) -> None:
    history = work(create_run(request(reviews_csv(ROWS), tiny_model, max_steps=PER_EPOCH)))
    assert history.memory and all(one.processors for one in history.memory)
    for one in history.memory:
        if one.processors_ours is not None:
            assert one.processors_busy is not None and one.processors_ours <= one.processors_busy
            assert one.lost is not None
