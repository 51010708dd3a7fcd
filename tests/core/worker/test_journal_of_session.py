"""Journals of real sessions, with memory that runs out wherever it can: no line of them is damaged or unknown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.checked_lines import decode
from core.runs.control import ControlReader, ControlRequest, send
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.journal import JournalReader, JournalWriter
from core.runs.records import KINDS, OutOfMemoryRecord, UnknownRecord, to_fields
from core.training import micro_batching
from core.training.loop import TrainingLoop
from core.worker.session import Session
from tests.core.made import PER_EPOCH, ROWS, history_of, request
from tui.screens.train.log import Narrator

Write = Callable[..., Path]
Work = Callable[..., RunHistory]
Failing = Callable[[str, Callable[[int], bool]], None]


def stumbling(work: Callable[..., Any], when: Callable[[int], bool]) -> Callable[..., Any]:
    """`work`, but for calls that run out of memory: those for whose number, from 0 on, `when` holds."""
    numbers = iter(range(1 << 30))

    def stumble(*given: Any, **named: Any) -> Any:
        if when(next(numbers)):
            raise MemoryError
        return work(*given, **named)

    return stumble


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> Failing:
    """`failing(name, when)`: calls of `learner.name` for whose number `when` holds run out of memory."""
    rules: dict[str, Callable[[int], bool]] = {}
    build = TrainingLoop.__init__

    def built(self: TrainingLoop, *arguments: Any, **named: Any) -> None:
        build(self, *arguments, **named)
        for name, when in rules.items():
            setattr(self.learner, name, stumbling(getattr(self.learner, name), when))

    monkeypatch.setattr(TrainingLoop, "__init__", built)

    def fail(name: str, when: Callable[[int], bool]) -> None:
        rules[name] = when

    return fail


def actions_of(run: RunFolder) -> list[str]:
    """What was done about memory; every line of the journal is a known record, and says just what it declares."""
    reader = JournalReader(run.journal)
    records = reader.read_new()
    assert reader.damaged == 0
    assert not [record for record in records if isinstance(record, UnknownRecord)]
    for record, line in zip(records, run.journal.read_bytes().splitlines(), strict=True):
        fields = decode(line)
        assert fields is not None and fields.keys() == to_fields(record).keys() and record.kind in KINDS
    memory = [record for record in records if isinstance(record, OutOfMemoryRecord)]
    assert len(list(Narrator().lines(memory))) == len(memory), "each is said in the log"
    return [record.what for record in memory]


def test_smaller_and_larger_micro_batches(
    failing: Failing, work: Work, reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(micro_batching, "_CALM_STEPS", 4)
    failing("learn", lambda number: number == 3)
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=2))
    history = work(run)
    first, *rest = actions_of(run)
    assert first == "smaller" and set(rest) == {"larger"}
    (*_, last) = [one for one in JournalReader(run.journal).read_new() if isinstance(one, OutOfMemoryRecord)]
    assert history.plan is not None and history.plan.micro_batch_tokens == last.micro_batch_tokens


def test_a_step_is_tried_again_and_activations_are_recomputed(
    failing: Failing, work: Work, reviews_csv: Write, tiny_model: Path
) -> None:
    failing("update", lambda number: number == 1)
    failing("learn", lambda number: 3 <= number < 7)
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1, batch_size=8, precision="fp32"))
    work(run)
    assert {"again", "recompute", "smaller"} <= set(actions_of(run))


def test_a_checkpoint_is_tried_again_and_skipped(
    failing: Failing, work: Work, reviews_csv: Write, tiny_model: Path
) -> None:
    failing("moments", lambda number: number < 2)
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1))
    history = work(run)
    assert actions_of(run) == ["again", "skipped"] and history.step == PER_EPOCH


def test_an_evaluation_in_smaller_batches(failing: Failing, work: Work, reviews_csv: Write, tiny_model: Path) -> None:
    failing("logits", lambda number: number == 0)
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1))
    work(run)
    assert actions_of(run) == ["smaller"]


def test_pauses_stops_and_resumes(work: Work, reviews_csv: Write, tiny_model: Path) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=3, checkpoint_seconds=0))
    requests: list[ControlRequest] = ["pause", "continue", "checkpoint", "stop_and_save"]
    work(run, control_requests=tuple(requests))
    assert actions_of(run) == [] and history_of(run).end is not None
    history = work(run, resume=True)
    assert actions_of(run) == [] and history.step == 3 * PER_EPOCH


def test_a_run_that_diverges(work: Work, reviews_csv: Write, tiny_model: Path) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=40, learning_rate=1.0, optimizer="sgd"))
    work(run)
    assert actions_of(run) == []


def test_a_request_that_nobody_makes_is_ignored(tmp_path: Path) -> None:
    control = ControlReader(tmp_path / "control.jsonl")
    send(tmp_path / "control.jsonl", "pause")
    with (tmp_path / "control.jsonl").open("ab") as file:
        file.write(b'{"request": "dance"}\n[]\n\xff\n{"request": "stop"}\n')
    assert control.read_new() == ["pause", "stop"]


def test_a_session_that_writes_what_its_reader_refuses_ends(
    reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1))
    journal = JournalWriter(run.journal)
    session = Session(run, journal, ControlReader(run.control), threading.Event())
    monkeypatch.setattr(session, "_notice", lambda text: None)
    with pytest.raises(ValueError, match="does not match its declaration"):
        session.on_memory(
            OutOfMemoryRecord(
                step=-1, where="", what="again", was=None, micro_batch_size=None, micro_batch_tokens=None, batch_size=8
            )
        )
    journal.close()
