"""Playing a recording, with a clock of the test's own: the recorded records, at the recorded pace times the speed."""

from __future__ import annotations

import time
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.runs.control import ControlRequest, send
from core.runs.folder import RunFolder
from core.runs.history import read_history
from core.runs.journal import JournalReader
from core.runs.records import Record
from core.runs.status import run_status
from tests.core.notifications.bench import empty_run
from tests.core.runs.whole_records import record
from tests.tui.made_runs import hold
from tui.demo.player import Player

T0 = 1_790_000_000.0


def at(moment: float, kind: str, /, **fields: object) -> Record:
    return msgspec.structs.replace(record(kind, **fields), time=T0 + moment)


RECORDS = [
    at(0, "started", host="elsewhere"),
    at(2, "plan"),
    at(4, "memory"),
    *(at(4 + number, "step", step=number, seconds=float(number)) for number in range(1, 21)),
    at(30, "evaluation", step=20, best=True),
    at(31, "finished"),
]


@pytest.fixture
def run() -> RunFolder:
    return empty_run()


def player(run: RunFolder, speed: float = 1.0, date: float | None = None) -> Player:
    return Player(RECORDS, run, speed, now=100.0, date=time.time() if date is None else date)


def kinds(run: RunFolder) -> list[str]:
    return [one.kind for one in JournalReader(run.journal).read_new() if one.kind != "memory"]


@pytest.mark.parametrize("speed", [0.5, 1.0, 10.0])
def test_a_record_comes_when_it_is_due_and_no_earlier(run: RunFolder, speed: float) -> None:
    played = player(run, speed)
    played.play(100.0, 0.0)
    assert kinds(run) == ["started"]
    played.play(100.0 + 1.9 / speed, 0.0)
    assert kinds(run) == ["started"]
    assert played.play(100.0 + 2.0 / speed, 0.0) <= 0.25
    assert kinds(run) == ["started", "plan"]
    played.play(100.0 + 10.01 / speed, 0.0)
    assert read_history(run.journal).step == 6
    played.play(100.0 + 31.01 / speed, 0.0)
    assert played.is_over and kinds(run)[-1] == "finished"


@given(waits=st.lists(st.floats(0.0, 5.0), min_size=20, max_size=40), speed=st.floats(0.5, 20))
def test_however_often_it_is_called_the_same_records_come_in_the_same_order(
    tmp_path_factory: pytest.TempPathFactory, waits: list[float], speed: float
) -> None:
    run = RunFolder(tmp_path_factory.mktemp("run"))
    played, now = player(run, speed), 100.0
    for wait in [*waits, 100.0]:
        now += wait
        played.play(now, 0.0)
    assert played.is_over
    assert kinds(run) == [one.kind for one in RECORDS if one.kind != "memory"]


@pytest.mark.parametrize("speed", [0.5, 1.0, 10.0])
def test_as_much_time_lies_between_records_as_was_recorded_and_none_is_from_the_future(
    run: RunFolder, speed: float
) -> None:
    began = 1_800_000_000.0
    played = player(run, speed, date=began)
    for moment in range(800):
        played.play(100.0 + moment / 10, 77.0)
    found = [one for one in JournalReader(run.journal).read_new() if one.kind not in ("memory", "started")]
    expected = [one for one in RECORDS if one.kind not in ("memory", "started")]
    between = [later.time - earlier.time for earlier, later in pairwise(found)]
    assert between == pytest.approx([later.time - earlier.time for earlier, later in pairwise(expected)], abs=0.01)
    assert found[-1].time <= began + 31.0 / speed + 0.01
    assert [msgspec.structs.replace(one, time=0.0) for one in found] == [
        msgspec.structs.replace(one, time=0.0) for one in expected
    ]


def test_a_pause_holds_it_and_it_goes_on_where_it_was(run: RunFolder) -> None:
    played = player(run)
    played.play(106.0, 0.0)
    send(run.control, "pause")
    played.play(106.1, 0.0)
    for second in range(200):
        played.play(107.0 + second, 0.0)
    history = read_history(run.journal)
    assert history.paused and history.step == 2
    send(run.control, "continue")
    played.play(310.0, 0.0)
    assert read_history(run.journal).step == 2
    played.play(311.0, 0.0)
    assert read_history(run.journal).step == 3 and not read_history(run.journal).paused


def test_it_beats_while_it_is_paused_so_that_nobody_calls_it_stuck(run: RunFolder) -> None:
    now = time.time()
    lock = hold(run)
    played = player(run, date=now)
    played.play(106.0, 0.0)
    send(run.control, "pause")
    for second in range(120):
        played.play(107.0 + second, time.monotonic())
    assert run_status(run, read_history(run.journal), now=now + 127).state == "paused"
    lock.release()


@pytest.mark.parametrize("how", ["stop", "stop_and_save"])
def test_a_stop_ends_it_with_words_that_promise_nothing(run: RunFolder, how: ControlRequest) -> None:
    played = player(run)
    played.play(106.0, 0.0)
    send(run.control, how)
    played.play(106.1, 0.0)
    assert played.is_over
    history = read_history(run.journal)
    assert history.end is not None and history.end.kind == "stopped" and history.end.steps == 2
    assert "nothing to save" in history.end.message
    played.play(999.0, 0.0)
    assert read_history(run.journal).step == 2


def test_what_was_asked_after_the_end_changes_nothing(run: RunFolder) -> None:
    played = player(run)
    played.play(1000.0, 0.0)
    before = run.journal.read_bytes()
    for request in ("pause", "stop", "continue", "checkpoint"):
        send(run.control, request)  # type: ignore[arg-type]
        played.play(1001.0, 0.0)
    assert run.journal.read_bytes() == before
