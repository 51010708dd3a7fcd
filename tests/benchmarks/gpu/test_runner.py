"""Pieces within a limit: which are begun, which are stopped, and what is left for the next call."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu.runner import Deadline, OutOfTimeError, Piece, PieceFailedError, Runner, Stage, command
from benchmarks.gpu.store import Record, Store
from tests.benchmarks.gpu.pieces import NAMES


class Clock:
    """Time that passes when a piece says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def runner(store: Store, clock: Clock, seconds: float, expected: float = 0.0) -> Runner:
    return Runner(store, Deadline(seconds, clock), expected, lambda: None)


def lasting(clock: Clock, seconds: float) -> Callable[[Deadline], Record]:
    def work(deadline: Deadline) -> Record:
        clock.now += seconds
        return {"worked": seconds}

    return work


def names(store: Store) -> list[str]:
    return [record["name"] for record in store.read("part")]


def test_no_piece_begins_that_would_not_end_in_time_and_a_shorter_one_behind_it_does(tmp_path: Path) -> None:
    store, clock = Store(tmp_path), Clock()
    long = [Piece("part", f"long {number}", "long", lasting(clock, 40)) for number in range(3)]
    short = [Piece("part", f"short {number}", "short", lasting(clock, 5)) for number in range(9)]
    runner(store, clock, 100, 15).run([Stage([*long, *short])])
    assert names(store) == ["long 0", "long 1", "short 0", "short 1", "short 2"]
    assert clock.now <= 1100


def test_what_a_piece_took_counts_more_than_what_was_expected(tmp_path: Path) -> None:
    store, clock = Store(tmp_path), Clock()
    pieces = [Piece("part", str(number), "kind", lasting(clock, 30)) for number in range(9)]
    runner(store, clock, 100, 1).run([Stage(pieces)])
    assert names(store) == ["0", "1", "2"], "a fourth one was begun, though only ten seconds were left"


def test_each_piece_is_on_disk_before_the_next_one_begins(tmp_path: Path) -> None:
    store, seen = Store(tmp_path), []

    def work(deadline: Deadline) -> Record:
        seen.append(names(Store(tmp_path)))
        return {}

    runner(store, Clock(), 1).run([Stage([Piece("part", name, "kind", work) for name in NAMES])])
    assert seen == [[], ["first"], ["first", "second"]]


def test_a_piece_that_failed_is_told_and_done_again_by_the_next_call_and_others_are_not(tmp_path: Path) -> None:
    store, calls = Store(tmp_path), []

    def pieces(fails: bool) -> list[Piece]:
        def work(name: str) -> Callable[[Deadline], Record]:
            def do(deadline: Deadline) -> Record:
                calls.append(name)
                if fails and name == "second":
                    raise PieceFailedError("two weights differ")
                return {}

            return do

        return [Piece("part", name, "kind", work(name)) for name in NAMES]

    runner(store, Clock(), 1).run([Stage(pieces(fails=True))], session=1)
    assert store.latest("part")["second"]["failed"] == "two weights differ"
    runner(store, Clock(), 1).run([Stage(pieces(fails=False))], session=2)
    assert calls == [*NAMES, "second"]
    assert [(one["name"], one["session"], "failed" in one) for one in store.read("part")] == [
        ("first", 1, False), ("second", 1, True), ("third", 1, False), ("second", 2, False),
    ]  # fmt: skip


def test_an_error_that_nobody_expected_is_a_failure_with_its_traceback(tmp_path: Path) -> None:
    def work(deadline: Deadline) -> Record:
        raise KeyError("peak_bytes")

    store = Store(tmp_path)
    runner(store, Clock(), 1).run([Stage([Piece("part", "a", "kind", work), Piece("part", "b", "kind", lambda _: {})])])
    assert "KeyError: 'peak_bytes'" in store.latest("part")["a"]["failed"]
    assert "failed" not in store.latest("part")["b"]


def test_a_piece_that_is_stopped_at_the_limit_leaves_no_record(tmp_path: Path) -> None:
    def work(deadline: Deadline) -> Record:
        raise OutOfTimeError

    store = Store(tmp_path)
    runner(store, Clock(), 1).run([Stage([Piece("part", "a", "kind", work)])])
    assert store.read("part") == []


def test_as_many_pieces_run_at_once_as_a_stage_says_and_none_of_the_next_stage(tmp_path: Path) -> None:
    together, now, most = threading.Barrier(3), 0, 0
    lock = threading.Lock()

    def work(deadline: Deadline) -> Record:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        together.wait(30)
        with lock:
            now -= 1
        return {}

    def alone(deadline: Deadline) -> Record:
        assert now == 0
        return {}

    store = Store(tmp_path)
    stages = [Stage([Piece("part", str(number), "kind", work) for number in range(6)], at_once=3)]
    runner(store, Clock(), 1).run([*stages, Stage([Piece("part", "alone", "kind", alone)])])
    assert most == 3 and "failed" not in store.latest("part")["alone"]


def test_a_command_is_gone_with_what_it_started_when_the_limit_comes(tmp_path: Path, until: Any) -> None:
    script = "import os, time; from pathlib import Path; os.fork(); Path(f'{os.getpid()}').touch(); time.sleep(600)"
    deadline = Deadline(600)

    def cut() -> None:
        until(lambda: len(list(tmp_path.iterdir())) == 2)
        deadline.come()

    cutter = threading.Thread(target=cut)
    cutter.start()
    with pytest.raises(OutOfTimeError):
        command(["env", "-C", str(tmp_path), sys.executable, "-c", script], {}, deadline)
    cutter.join()
    until(lambda: not any(Path("/proc", entry.name, "cwd").is_dir() for entry in tmp_path.iterdir()))


def test_killed_half_way_the_next_call_goes_on_where_the_first_one_was(tmp_path: Path, until: Any) -> None:
    words = [sys.executable, "-m", "tests.benchmarks.gpu.pieces", str(tmp_path)]
    first = subprocess.Popen(words)
    until(lambda: (tmp_path / "second began").exists() or first.poll() is not None)
    assert first.poll() is None
    first.kill()
    first.wait()
    store = Store(tmp_path / "results")
    assert names(store) == ["first"]
    (tmp_path / "go").touch()
    subprocess.run(words, check=True)
    assert names(store) == list(NAMES)
    assert (tmp_path / "log").read_text().split() == list(NAMES), "none was done twice"
