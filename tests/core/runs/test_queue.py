"""The queue: runs start one at a time, in order, whoever is killed; nothing is lost, doubled or started twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.base.errors import InputError, ReviewtuiError
from core.runs import queue
from core.runs.folder import RunFolder, create_run
from core.runs.launch import Launched
from core.runs.lock import RunLock
from core.runs.logout import Detachment
from core.runs.queue import enqueue, leave, put_back, read_queue, reorder, start_next, take_out
from core.runs.queue_entry import QueueEntry, read_entry
from core.runs.request import Request
from core.runs.summary import summarize
from tests.tui.made_runs import append, hold, make_run


class Workers:
    """Workers that hold their runs' locks in this process, in place of those that `launch_worker` would start."""

    def __init__(self) -> None:
        self.held: dict[str, RunLock] = {}
        self.started: list[str] = []
        self.resumed: list[bool] = []

    def launch(self, run: RunFolder, *, resume: bool = False, extend: int | None = None) -> Launched:
        self.held[run.id] = hold(run)
        self.started.append(run.id)
        self.resumed.append(resume)
        append(run, "started", pid=1, host="box", awake=1.0)
        return Launched(1, Detachment("session", True, "for a test"))

    def end(self, run: RunFolder, kind: str = "finished") -> None:
        """End a run as its supervisor does."""
        append(run, kind, message="")
        self.kill(run)
        leave(run)
        start_next()

    def kill(self, run: RunFolder) -> None:
        """Kill a run's supervisor: it removes nothing and starts nothing."""
        self.held.pop(run.id).release()

    def close(self) -> None:
        for lock in self.held.values():
            lock.release()
        self.held.clear()


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Workers]:
    made = Workers()
    monkeypatch.setattr(queue, "launch_worker", made.launch)
    yield made
    made.close()


def new(name: str = "waits") -> RunFolder:
    return create_run(Request(name=name, data="/data/reviews.csv"))


def ids(runs: list[RunFolder]) -> list[str]:
    return [run.id for run in runs]


def waiting() -> list[str]:
    return [one.run.id for one in read_queue().waiting]


def test_runs_start_one_after_the_other_in_their_order(workers: Workers) -> None:
    runs = [new() for _ in range(3)]
    enqueue(runs)
    assert start_next() is not None and start_next() is None
    assert workers.started == ids(runs[:1]) and waiting() == ids(runs[1:])
    assert [summarize(run).state for run in runs] == ["starting", "queued", "queued"]
    for run in runs:
        workers.end(run)
    assert workers.started == ids(runs) and waiting() == [] and workers.resumed == [False] * 3
    assert [read_entry(run.queue_entry) for run in runs] == [None] * 3


def test_a_run_that_was_started_without_the_queue_is_waited_for(workers: Workers) -> None:
    alone, later = new(), new()
    workers.launch(alone)
    enqueue([later])
    assert start_next() is None and not read_queue().has_stopped
    workers.end(alone, "failed")
    assert workers.started == ids([alone, later])


def test_after_a_kill_the_queue_has_stopped_and_goes_on_with_the_same_run(workers: Workers) -> None:
    runs = [new(), new()]
    enqueue(runs)
    start_next()
    workers.kill(runs[0])
    assert read_queue().has_stopped and waiting() == ids(runs)
    assert start_next() is not None
    assert workers.started == ids([runs[0], runs[0]])


def test_a_run_that_had_ended_when_its_supervisor_was_killed_is_not_started_again(workers: Workers) -> None:
    runs = [new(), new()]
    enqueue(runs)
    start_next()
    append(runs[0], "finished", message="")
    workers.kill(runs[0])
    assert waiting() == ids(runs[1:]) and summarize(runs[0]).state == "finished"
    start_next()
    assert workers.started == ids(runs)


def test_one_that_cannot_start_leaves_with_the_reason_and_the_next_starts(
    workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [new(), new()]
    enqueue(runs)

    def launch(run: RunFolder, *, resume: bool = False, extend: int | None = None) -> Launched:
        if run.id == runs[0].id:
            raise ReviewtuiError("no process today")
        return workers.launch(run, resume=resume, extend=extend)

    monkeypatch.setattr(queue, "launch_worker", launch)
    start_next()
    assert workers.started == ids(runs[1:])
    failed = summarize(runs[0])
    assert failed.state == "failed" and "no process today" in failed.message


def test_a_run_taken_out_is_stopped_and_can_return_to_its_place(workers: Workers) -> None:
    first, second, third = (new() for _ in range(3))
    busy = new()
    workers.launch(busy)
    enqueue([first, second, third])
    entry = take_out(second)
    assert waiting() == ids([first, third])
    assert summarize(second).state == "stopped" and summarize(second).message == queue.NEVER_STARTED
    put_back(second, entry)
    assert waiting() == ids([first, second, third]) and summarize(second).state == "queued"


def test_a_run_that_waits_to_be_resumed_is_as_it_was_when_taken_out(workers: Workers) -> None:
    stopped = make_run(1, end="stopped")
    before = stopped.journal.read_bytes()
    enqueue([stopped])
    assert summarize(stopped).state == "queued"
    take_out(stopped)
    assert stopped.journal.read_bytes() == before and summarize(stopped).state == "stopped"


def test_a_branch_and_a_stopped_run_are_resumed_when_their_turn_comes(workers: Workers) -> None:
    stopped = make_run(1, end="stopped")
    (stopped.checkpoints / "step-20").mkdir()
    enqueue([stopped], extend=7)
    start_next()
    assert workers.resumed == [True]


def test_what_waits_or_runs_is_not_queued_again(workers: Workers) -> None:
    run = new()
    enqueue([run])
    with pytest.raises(InputError, match="is in the queue already"):
        enqueue([run])
    start_next()
    with pytest.raises(InputError, match="has a worker"):
        enqueue([run])
    with pytest.raises(InputError, match="does not wait"):
        take_out(run)
    with pytest.raises(InputError, match="does not wait"):
        reorder(run, 0)


def test_another_machine_starts_nothing_of_ours(workers: Workers) -> None:
    run = new()
    enqueue([run])
    run.queue_entry.write_bytes(run.queue_entry.read_bytes().replace(b'"host":"', b'"host":"not-'))
    assert start_next() is None and waiting() == []
    assert summarize(run).state == "queued"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"position":"x"}', b"\xff", b'{"position":1}'])
def test_a_damaged_entry_counts_as_none(content: bytes) -> None:
    run = new()
    run.queue_entry.write_bytes(content)
    assert waiting() == [] and summarize(run).state == "starting"


class AnyOrder(RuleBasedStateMachine):
    """Whatever is done, and whoever is killed: one run trains at a time, in the order of a plain list."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = pytest.MonkeyPatch()
        self.home = TemporaryDirectory()
        self.patch.setenv("REVIEWTUI_HOME", self.home.name)
        self.workers = Workers()
        self.patch.setattr(queue, "launch_worker", self.workers.launch)
        self.expected: list[str] = []
        """The runs that wait, in order."""
        self.out: list[tuple[str, QueueEntry]] = []
        self.ended: set[str] = set()
        self.all: set[str] = set()

    def folder(self, run: str) -> RunFolder:
        return RunFolder(Path(self.home.name) / "runs" / run)

    @property
    def training(self) -> str | None:
        return next(iter(self.workers.held), None)

    def begun(self) -> None:
        """Take what started off the expected list."""
        if self.training is not None and self.training in self.expected:
            assert self.expected.pop(0) == self.training

    @rule(count=st.integers(1, 3))
    def queue_some(self, count: int) -> None:
        runs = [new() for _ in range(count)]
        enqueue(runs)
        self.all |= set(ids(runs))
        self.expected += ids(runs)
        start_next()
        self.begun()

    @precondition(lambda self: self.training is not None)
    @rule()
    def end(self) -> None:
        run = self.training
        assert run is not None
        self.workers.end(self.folder(run))
        self.ended.add(run)
        self.begun()

    @precondition(lambda self: self.training is not None)
    @rule(after=st.booleans())
    def kill(self, after: bool) -> None:
        """Kill a supervisor, before or after its run's last record."""
        run = self.training
        assert run is not None
        if after:
            append(self.folder(run), "finished", message="")
            self.ended.add(run)
        else:
            self.expected.insert(0, run)
        self.workers.kill(self.folder(run))

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.expected))
        place = data.draw(st.integers(0, len(self.expected) + 1))
        reorder(self.folder(run), place)
        self.expected.remove(run)
        self.expected.insert(place, run)

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        run = data.draw(st.sampled_from(self.expected))
        self.out.append((run, take_out(self.folder(run))))
        self.expected.remove(run)

    @rule()
    def go_on(self) -> None:
        start_next()
        self.begun()

    @invariant()
    def the_queue_is_the_list(self) -> None:
        assert waiting() == self.expected
        assert len(self.workers.held) <= 1
        assert {*self.expected, *self.workers.held, *self.ended, *(run for run, _ in self.out)} == self.all

    def teardown(self) -> None:
        self.workers.close()
        self.patch.undo()
        self.home.cleanup()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = hypothesis_settings(max_examples=15, stateful_step_count=20, deadline=None)
