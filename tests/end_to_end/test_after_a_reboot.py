"""After a reboot: what was interrupted is listed and goes on; and a run may be watched from two windows at once.

The reboot is a lock that names a living process, this one, and another boot.
"""

from __future__ import annotations

import dataclasses
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.experiments.state import read_state
from core.runs.folder import RunFolder
from core.runs.group import find_group
from core.runs.history import read_history
from core.runs.lock import RunLock, read_holder
from core.runs.summary import summarize
from tests.end_to_end.conftest import Reviewtui
from tests.tui.made_runs import append, hold, make_run


def rebooted(number: int, name: str, **notes: Any) -> RunFolder:
    """A run that was at work when the machine went down."""
    run = make_run(number, name=name, steps=25, end=None, **notes)
    lock = RunLock(run.lock)
    lock.sign()
    holder = read_holder(run.lock)
    lock.release()
    assert holder is not None
    run.lock.write_text(json.dumps({**dataclasses.asdict(holder), "boot": "the one before"}))
    return run


def test_what_was_interrupted_is_said_with_the_command_that_goes_on(reviewtui: Reviewtui) -> None:
    run, other = rebooted(1, "first"), rebooted(2, "second")
    (run.checkpoints / "step-20").mkdir(mode=0o700)
    sentence = f"its worker died at step 25; it can go on from step 20: `reviewtui resume {run.id}`"
    listed = reviewtui("runs").out
    assert f"first: interrupted: {sentence}" in listed and "second: interrupted: " in listed
    assert "`reviewtui resume --all` resumes every interrupted run." in listed
    assert sentence in reviewtui("status", "first").out
    found = reviewtui("status", "first", "--json").json
    assert (found["state"], found["pid"], found["host"], found["unresponsive_since"]) == (
        "interrupted", None, None, None,
    )  # fmt: skip
    assert found["message"] == "its worker died at step 25; it can go on from step 20"
    assert json.loads(reviewtui("runs", "--json").out.splitlines()[0])["run"] == other.id


@pytest.mark.parametrize("arguments", [(), ("first", "--all")])
def test_resume_wants_one_run_or_all(arguments: tuple[str, ...], reviewtui: Reviewtui) -> None:
    rebooted(1, "first")
    ended = reviewtui("resume", *arguments)
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == "Name one RUN, or give --all for every run that was interrupted.\n"


def test_resume_all_goes_on_with_one_after_the_other(reviewtui: Reviewtui) -> None:
    runs = [rebooted(1, "first", data="/absent.csv"), rebooted(2, "broken"), rebooted(3, "last", data="/absent.csv")]
    make_run(4, name="done"), make_run(5, name="ended", end="stopped")
    runs[1].settings.write_bytes(b"\xff")
    ended = reviewtui("resume", "--all", "--wait", "--json")
    said = [json.loads(line) for line in ended.out.splitlines()]
    assert [(one["run"], one["state"]) for one in said] == [(run.id, "failed") for run in runs] and ended.status == 1
    assert "/absent.csv" in said[0]["message"] and "settings.toml cannot be read" in said[1]["message"]
    starts = [read_history(run.journal).sign for run in runs]  # each worker started after the one before had ended
    ends = [summarize(run).ended for run in runs]
    assert all(end <= start.time for end, start in zip(ends, starts[1:], strict=False))
    assert reviewtui("resume", "--all").out == "No run was interrupted.\n"


def test_a_queue_outlives_its_commands_and_a_kill_of_every_process(
    reviewtui: Reviewtui, until: Callable[..., Any]
) -> None:
    at_work = make_run(1, name="at work", end=None)
    lock = hold(at_work)
    runs = [make_run(number, name=f"later {number}", end="stopped", data="/absent.csv") for number in (2, 3)]
    for run in runs:
        assert "Queued" in reviewtui("resume", run.id, "--queue").out
    assert json.loads(reviewtui("queue", "later 3", "--first", "--json").out) == {
        "training": at_work.id, "waiting": [runs[1].id, runs[0].id], "stopped": False,
    }  # fmt: skip
    lock.release()  # as if it had been killed: nobody starts the next
    said = reviewtui("runs")
    assert "The queue has stopped: 2 runs wait and none trains. `reviewtui queue --start` continues." in said.err
    assert said.status == 0 and "queued" in said.out
    reviewtui("queue", "--start")
    until(lambda: all(summarize(run).state == "failed" for run in runs))  # the first one's supervisor starts the other
    assert (summarize(runs[1]).ended or 0) < (summarize(runs[0]).ended or 0)
    assert json.loads(reviewtui("queue", "--json").out) == {"training": None, "waiting": [], "stopped": False}


@pytest.mark.timeout(450)
def test_the_runs_of_a_group_follow_each_other_without_the_command(
    reviewtui: Reviewtui, until: Callable[..., Any], tmp_path: Path
) -> None:
    csv = tmp_path / "reviews.csv"
    csv.write_text("text,label\n" + "".join(f"review {n} is {w},{w}\n" for n in range(20) for w in ("good", "bad")))
    words = ("--model", "starter", "--set", "max_steps=2", "--seeds", "7,9", "--name", "both", "--json")
    said = reviewtui("train", str(csv), *words).json
    assert (said["name"], said["kind"], said["state"]) == ("both", "seeds", "running")
    group = find_group("both")
    assert group is not None
    until(lambda: read_state(group).word == "finished", seconds=400)
    found = reviewtui("status", "both", "--json").json
    assert [one["settings"] for one in found["runs"]] == [{"seed": 7}, {"seed": 9}]
    scores = [one["validation"]["accuracy"] for one in found["runs"]]
    assert found["result"]["accuracy"]["mean"] == pytest.approx(sum(scores) / 2)
    assert "accuracy: mean " in reviewtui("status", "both").out
    assert {one["group"] for one in map(json.loads, reviewtui("runs", "--json").out.splitlines())} == {found["group"]}


def test_without_anything_interrupted_there_is_nothing_to_do(reviewtui: Reviewtui) -> None:
    make_run(1)
    ended = reviewtui("resume", "--all")
    assert (ended.status, ended.out) == (0, "No run was interrupted.\n")
    assert reviewtui("resume", "--all", "--json").out == ""


def test_two_workbenches_watch_one_run_and_both_show_what_it_does(opened: Callable[..., Any]) -> None:
    run = make_run(1, name="watched", steps=10, end=None)
    lock = hold(run)
    terminals = [opened(), opened()]
    for terminal in terminals:
        terminal.wait_for("running", "watched")
        terminal.press("\r")
        terminal.wait_for("[Train]", "step 10/40")
    append(run, "step", step=11, epoch=0.55, loss=0.4321, learning_rate=3e-5, gradient_norm=1, reviews=16, tokens=9,
           seconds=2.75)  # fmt: skip
    for terminal in terminals:
        terminal.wait_for("step 11/40", "0.4321")
    terminals[0].kill(signal.SIGKILL)
    append(run, "paused")
    terminals[1].wait_for("paused")
    terminals[1].press("x")
    terminals[1].wait_for("Stop this run?")
    terminals[1].press("2")
    terminals[1].wait_for("stopping after this step, then saving")
    lock.release()
    terminals[1].wait_for("interrupted", "its worker died")
    terminals[1].press("\x11")  # ctrl+q
    assert terminals[1].wait_for_end() == 0
    assert [json.loads(line)["request"] for line in Path(run.control).read_text().splitlines()] == ["stop_and_save"]
