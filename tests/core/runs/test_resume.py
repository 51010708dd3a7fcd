"""Going on with runs: which can, which are refused and in what words, and which were interrupted."""

from __future__ import annotations

import os

import pytest

from core.base.errors import InputError, ReviewtuiError
from core.runs import queue, resume
from core.runs.folder import RunFolder
from core.runs.queue import enqueue, read_queue
from core.runs.resume import interrupted_runs, queue_interrupted, require_resumable
from tests.tui.made_runs import hold, make_run


def test_only_runs_whose_worker_died_without_a_word_were_interrupted() -> None:
    first, later = make_run(1, end=None), make_run(3, end=None)
    make_run(2), make_run(4, end="stopped"), make_run(5, end="failed")
    alive = make_run(6, end=None)
    lock = hold(alive)
    assert [run.id for run in interrupted_runs()] == [first.id, later.id]
    lock.release()


@pytest.mark.parametrize("end", ["stopped", "failed", None])
def test_a_run_that_is_not_done_can_be_resumed(end: str | None) -> None:
    require_resumable(make_run(1, steps=10, end=end))


def test_a_run_that_is_done_waits_or_has_a_worker_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is finished; there is nothing to resume"):
        require_resumable(make_run(1))
    queued = make_run(3, end="stopped")
    enqueue([queued])
    with pytest.raises(InputError, match="waits in the queue"):
        require_resumable(queued)
    alive = make_run(2, steps=10, end=None)
    lock = hold(alive)
    with pytest.raises(InputError, match="is running; there is nothing to resume"):
        require_resumable(alive)
    monkeypatch.setattr("core.runs.status._unresponsive_since", lambda *_: 1.0)
    with pytest.raises(InputError, match=f"is unresponsive; wait, or end it with `kill -9 {os.getpid()}`"):
        require_resumable(alive)
    lock.release()


def test_a_run_whose_settings_cannot_be_read_is_refused_by_name() -> None:
    run = make_run(1, steps=10, end=None)
    run.settings.write_bytes(b"\xff")
    with pytest.raises(ReviewtuiError, match=r"settings\.toml cannot be read"):
        require_resumable(run)


def test_interrupted_runs_continue_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[RunFolder] = []
    monkeypatch.setattr(queue, "launch_worker", lambda run, **_: started.append(run))
    runs = [make_run(number, steps=10, end=None) for number in (1, 2, 3)]
    assert [run.id for run in queue_interrupted()] == [run.id for run in runs]
    assert [run.id for run in started] == [runs[0].id]
    assert [one.run.id for one in read_queue().waiting][1:] == [run.id for run in runs[1:]]
    assert queue_interrupted() == []


def test_a_run_that_vanishes_meanwhile_is_not_resumed(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(1, steps=10, end=None)
    gone = RunFolder(run.path.with_name("20260901-100009-0009"))
    monkeypatch.setattr(resume, "list_runs", lambda: [gone, run])
    assert [one.id for one in interrupted_runs()] == [run.id]
