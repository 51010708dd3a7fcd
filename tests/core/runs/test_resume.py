"""Going on with runs: which can, which are refused and in what words, and which were interrupted."""

from __future__ import annotations

import os
from typing import Any

import pytest

from core.base.errors import InputError, ReviewtuiError
from core.runs import queue, resume
from core.runs.folder import RunFolder
from core.runs.launch import Launched
from core.runs.logout import Detachment
from core.runs.queue import read_queue
from core.runs.resume import interrupted_runs, queue_interrupted, resume_run
from tests.tui.made_runs import hold, make_run


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """Runs whose worker was started; no process is."""
    runs: list[RunFolder] = []

    def launch(run: RunFolder, *, resume: bool) -> Launched:
        assert resume
        runs.append(run)
        return Launched(1, Detachment("session", True, "for a test"))

    monkeypatch.setattr(resume, "launch_worker", launch)
    return runs


def test_only_runs_whose_worker_died_without_a_word_were_interrupted(started: list[RunFolder]) -> None:
    first, later = make_run(1, end=None), make_run(3, end=None)
    make_run(2), make_run(4, end="stopped"), make_run(5, end="failed")
    alive = make_run(6, end=None)
    lock = hold(alive)
    assert [run.id for run in interrupted_runs()] == [first.id, later.id]
    lock.release()


@pytest.mark.parametrize("end", ["stopped", "failed", None])
def test_a_run_that_is_not_done_goes_on(end: str | None, started: list[RunFolder]) -> None:
    run = make_run(1, steps=10, end=end)
    assert resume_run(run).detachment.survives and started == [run]


def test_a_run_that_is_done_or_has_a_worker_is_refused(
    started: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match="is finished; there is nothing to resume"):
        resume_run(make_run(1))
    alive = make_run(2, steps=10, end=None)
    lock = hold(alive)
    with pytest.raises(InputError, match="is running; there is nothing to resume"):
        resume_run(alive)
    monkeypatch.setattr("core.runs.status._unresponsive_since", lambda *_: 1.0)
    with pytest.raises(InputError, match=f"is unresponsive; wait, or end it with `kill -9 {os.getpid()}`"):
        resume_run(alive)
    lock.release()
    assert started == []


def test_a_run_whose_settings_cannot_be_read_is_refused_by_name(started: list[Any]) -> None:
    run = make_run(1, steps=10, end=None)
    run.settings.write_bytes(b"\xff")
    with pytest.raises(ReviewtuiError):
        resume_run(run)
    assert started == []


def test_interrupted_runs_continue_one_after_the_other(
    started: list[RunFolder], monkeypatch: pytest.MonkeyPatch
) -> None:
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
