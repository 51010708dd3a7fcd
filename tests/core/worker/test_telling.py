"""Real workers whose user asked to be told: by the process that outlives terminal, workbench and worker."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.notifications.preferences import Notifications, remember_notifications
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.launch import launch_worker
from core.runs.lock import living_worker
from tests.core.made import ROWS, request
from tests.core.notifications.bench import keeping, kept

Write = Callable[..., Path]


@pytest.fixture
def given(tmp_path: Path) -> Path:
    """Where the command that was asked for keeps what it is told."""
    file = tmp_path / "given"
    asked = Notifications(("finished", "failed", "best"), ("command",), keeping(file))
    remember_notifications(asked, time.time())
    return file


def test_a_finished_run_is_told_once_with_its_figures(
    reviews_csv: Write,
    tiny_model: Path,
    given: Path,
    over: Callable[[RunFolder], RunHistory],
    until: Callable[..., Any],
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=3))
    launch_worker(run)
    history = over(run)
    until(lambda: "finished" in {one["event"] for one in kept(given)})
    found = kept(given)
    assert [one["event"] for one in found].count("finished") == 1
    assert {"best", "finished"} >= {one["event"] for one in found}
    last = next(one for one in found if one["event"] == "finished")
    assert (last["run"], last["state"], last["step"]) == (run.id, "finished", history.step)
    assert history.end is not None and history.end.validation is not None
    assert last["accuracy"] == history.end.validation.accuracy


def test_a_worker_that_was_killed_is_told_by_its_supervisor(
    reviews_csv: Write,
    tiny_model: Path,
    given: Path,
    at_step: Callable[[RunFolder, int], None],
    until: Callable[..., Any],
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1000))
    launch_worker(run)
    at_step(run, 3)
    worker = living_worker(run.lock)
    assert worker is not None
    os.kill(worker.pid, signal.SIGKILL)
    until(lambda: "failed" in {one["event"] for one in kept(given)})
    [last] = [one for one in kept(given) if one["event"] == "failed"]
    assert last["state"] == "interrupted" and "died at step" in last["text"]
