"""The supervisor's telling: each event once, whoever else sees it, and never at the cost of the run."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.base.files import private_folder
from core.notifications import teller as telling
from core.notifications.events import Event
from core.notifications.teller import RunTeller
from core.notifications.told import claim
from core.runs.folder import RunFolder
from tests.core.notifications.bench import BEGAN, ask, empty_run, keeping, kept, step, write
from tests.tui.made_runs import hold


@pytest.fixture
def run() -> Iterator[RunFolder]:
    """A run with a living worker that has made a step."""
    made = empty_run()
    lock = hold(made)
    write(made, 1, "started")
    write(made, 2, "plan")
    write(made, 3, "step", **step(1))
    yield made
    lock.release()


def begun(run: RunFolder, at: float = 0.0) -> RunTeller:
    return RunTeller(run, clock=lambda: BEGAN + at)


def test_without_asking_nothing_is_told_and_nothing_is_left(run: RunFolder) -> None:
    teller = begun(run)
    write(run, 5, "finished")
    teller.look()
    teller.finish()
    assert not run.told.exists() and not run.notify_log.exists()


def test_each_event_that_was_asked_for_is_told_once(run: RunFolder, tmp_path: Path) -> None:
    ask(keeping(tmp_path / "given"), events=("finished", "best"))
    teller = begun(run)
    teller.look()
    write(run, 5, "evaluation", step=1, best=True, tie_margin=None)
    write(run, 6, "step", **step(2, float("nan")))
    write(run, 7, "finished")
    for _ in range(3):
        teller.look()
    teller.finish()
    found = kept(tmp_path / "given")
    assert sorted(one["event"] for one in found) == ["best", "finished"]
    assert {one["name"] for one in found} == {"lamps"} and {one["folder"] for one in found} == {str(run.path)}
    assert not run.notify_log.exists()


def test_two_that_see_an_event_tell_it_once(run: RunFolder, tmp_path: Path) -> None:
    ask(keeping(tmp_path / "given"))
    tellers = [begun(run) for _ in range(4)]
    write(run, 7, "finished")
    threads = [threading.Thread(target=one.look) for one in tellers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in tellers:
        one.finish()
    assert [one["event"] for one in kept(tmp_path / "given")] == ["finished"]
    again = begun(run)
    again.look()
    again.finish()
    assert len(kept(tmp_path / "given")) == 1


def test_asking_while_the_run_is_at_work_tells_what_happens_from_then_on(run: RunFolder, tmp_path: Path) -> None:
    teller = begun(run)
    teller.look()
    write(run, 5, "evaluation", step=1, best=True, tie_margin=None)
    ask(keeping(tmp_path / "given"), at=6)
    teller.look()
    write(run, 7, "evaluation", step=2, best=True, tie_margin=None)
    teller.look()
    teller.finish()
    assert [(one["event"], one["time"]) for one in kept(tmp_path / "given")] == [("best", BEGAN + 7)]


def test_asking_for_nothing_any_more_is_heard_at_once(run: RunFolder, tmp_path: Path) -> None:
    ask(keeping(tmp_path / "given"))
    teller = begun(run)
    teller.look()
    ask(keeping(tmp_path / "given"), at=4, ways=("bell",))
    write(run, 7, "finished")
    teller.look()
    teller.finish()
    assert kept(tmp_path / "given") == []


def test_what_goes_wrong_with_the_command_is_noted_once(run: RunFolder) -> None:
    ask("/no/such/program")
    teller = begun(run)
    for number in range(3):
        write(run, 5 + number, "evaluation", step=number, best=True, tie_margin=None)
        teller.look()
    teller.finish()
    [line] = run.notify_log.read_text().splitlines()
    assert "could not be started" in line
    assert run.notify_log.stat().st_mode & 0o777 == 0o600


def test_nothing_that_goes_wrong_here_reaches_the_run(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ask("true")

    def broken(*_: Any) -> None:
        raise RuntimeError("\x1b[2J")

    monkeypatch.setattr(telling, "FollowedRun", broken)
    teller = begun(run)
    teller.look()
    teller.look()
    said = capsys.readouterr().err
    assert said.count("Traceback") == 1 and "\x1b" not in said


def test_a_worker_that_is_silent_for_too_long_is_told_once(tmp_path: Path) -> None:
    silent = empty_run(number=3)
    lock = hold(silent)
    write(silent, -100, "started")
    write(silent, -90, "step", **step(4))
    write(silent, -89, "memory", idle=0.0, awake=1e9)
    ask(keeping(tmp_path / "given"), at=-150)
    teller = begun(silent, at=-150)
    for _ in range(3):
        teller.look()
    teller.finish()
    lock.release()
    assert [(one["event"], one["state"]) for one in kept(tmp_path / "given")] == [("stalled", "unresponsive")]


def test_where_no_marker_can_be_written_it_is_told_all_the_same(run: RunFolder) -> None:
    event = Event("failed", "failed-1", BEGAN)
    run.told.write_text("a file where the folder should be")
    assert claim(run, event, "command")


def test_a_run_that_was_deleted_is_told_no_more_and_not_made_anew(run: RunFolder, tmp_path: Path) -> None:
    gone = RunFolder(tmp_path / "home" / "runs" / "20260901-100000-9999")
    assert not claim(gone, Event("failed", "failed-1", BEGAN), "command") and not gone.path.exists()


def test_a_marker_that_is_a_link_is_not_followed(run: RunFolder, tmp_path: Path) -> None:
    private_folder(run.told)
    (run.told / "failed-1.command").symlink_to(tmp_path / "elsewhere")
    claim(run, Event("failed", "failed-1", BEGAN), "command")
    assert not (tmp_path / "elsewhere").exists()


def test_a_worker_that_was_killed_is_told_once_its_lock_is_free(tmp_path: Path) -> None:
    dead = empty_run(number=2)
    write(dead, 1, "started", pid=1)
    write(dead, 2, "step", **step(4))
    ask(keeping(tmp_path / "given"), events=("failed",))
    lock = hold(dead)
    teller = begun(dead)
    teller.look()
    lock.release()
    teller.look()
    teller.finish()
    [told] = kept(tmp_path / "given")
    assert told["event"] == "failed" and told["state"] == "interrupted" and "step 4" in told["text"]
