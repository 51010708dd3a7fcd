"""The watch of an open workbench: each run that trains, each event once, whoever else watches."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.notifications.preferences import Notifications
from core.notifications.watch import RunWatch
from core.runs.folder import RunFolder
from core.runs.lock import RunLock
from tests.core.notifications.bench import BEGAN, ask, empty_run, keeping, kept, step, write
from tests.tui.made_runs import hold

BELL = Notifications(("finished", "failed", "best"), ("bell", "title"), asked=BEGAN)


@pytest.fixture
def run() -> RunFolder:
    made = empty_run()
    write(made, 1, "started")
    write(made, 2, "plan")
    write(made, 3, "step", **step(1))
    return made


@pytest.fixture
def lock(run: RunFolder) -> Iterator[RunLock]:
    held = hold(run)
    yield held
    held.release()


def watch(chosen: Notifications = BELL, at: float = 0.0) -> RunWatch:
    return RunWatch(chosen, BEGAN + at)


def test_an_event_is_told_by_one_of_two_workbenches_and_not_again_when_one_is_reopened(
    run: RunFolder, lock: RunLock
) -> None:
    first, second = watch(), watch()
    assert first.look() == second.look() == []
    write(run, 5, "evaluation", step=1, best=True, tie_margin=None)
    told = [*first.look(), *second.look(), *first.look(), *watch().look()]
    assert [one["event"] for one in told] == ["best"]


def test_what_happened_before_the_workbench_was_opened_is_not_told(run: RunFolder, lock: RunLock) -> None:
    write(run, 5, "evaluation", step=1, best=True, tie_margin=None)
    late = watch(at=6)
    assert late.look() == []
    write(run, 7, "finished")
    assert [one["event"] for one in late.look()] == ["finished"]
    assert late.look() == [], "a run that is over is followed no more"


def test_the_progress_is_that_of_the_run_at_work_and_then_how_it_ended(run: RunFolder, lock: RunLock) -> None:
    found = watch()
    assert found.progress is None
    found.look()
    assert found.progress is not None and (found.progress.name, found.progress.share) == ("lamps", 1 / 40)
    write(run, 7, "finished")
    found.look()
    assert found.progress is not None and found.progress.state == "finished"


def test_a_command_is_left_to_the_supervisor_unless_it_is_dead(run: RunFolder, tmp_path: Path) -> None:
    held = hold(run)
    chosen = ask(keeping(tmp_path / "given"), ways=("command",))
    found = watch(chosen)
    found.look()
    write(run, 5, "evaluation", step=1, best=True, tie_margin=None)
    assert found.look() == []
    held.release()
    assert found.look() == []
    for command in found._commands:
        command.wait()
    assert [(one["event"], one["state"]) for one in kept(tmp_path / "given")] == [("failed", "interrupted")]
    assert found.troubles() == []


def test_a_command_that_fails_is_said_once(run: RunFolder) -> None:
    found = watch(ask("/no/such/program", ways=("command",)))
    for number in range(2):
        held = hold(run)
        write(run, 5 + number, "started")
        found.look()
        held.release()
        found.look()
    assert len(found.troubles()) == 1 and found.troubles() == []


def test_a_run_that_is_deleted_meanwhile_ends_nothing(run: RunFolder, lock: RunLock) -> None:
    found = watch()
    found.look()
    shutil.rmtree(run.path)
    assert found.look() == [] and found.look() == []
