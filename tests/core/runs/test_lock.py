"""The lock: one worker a run, whoever races for it and however it dies; a forged or stale note is not believed."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from core.base.errors import ReviewtuiError
from core.runs import lock as lock_module
from core.runs.lock import Holder, RunLock, RunLockedError, boot_id, living_worker, read_holder

CONTENDER = """
import sys
from pathlib import Path
from core.runs.lock import RunLock, RunLockedError
print("ready", flush=True)
sys.stdin.readline()
try:
    lock = RunLock(Path(sys.argv[1]))
except RunLockedError as error:
    print(error, flush=True)
else:
    lock.sign()
    print("won", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lock"


@pytest.fixture
def contend(path: Path) -> Iterator[Callable[[int], list[subprocess.Popen[str]]]]:
    """Processes that wait for a line, try to take the lock, say how it went, and hold it until they are killed."""
    started: list[subprocess.Popen[str]] = []

    def start(count: int) -> list[subprocess.Popen[str]]:
        command = [sys.executable, "-c", CONTENDER, str(path)]
        new = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)
        ]
        started.extend(new)
        for process in new:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        return new

    yield start
    for process in started:
        process.kill()
        process.communicate()


def tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def forge(path: Path, **changes: Any) -> None:
    """Write a note as this process would, but for `changes`."""
    lock = RunLock(path)
    lock.sign()
    holder = read_holder(path)
    lock.release()
    assert holder is not None
    path.write_text(json.dumps(dataclasses.asdict(dataclasses.replace(holder, **changes))))


def test_of_processes_that_race_exactly_one_wins_and_the_others_are_told(
    path: Path, contend: Callable[[int], list[subprocess.Popen[str]]]
) -> None:
    processes = contend(3)
    for process in processes:
        tell(process)
    answers = [answer(process) for process in processes]
    assert sorted(word == "won" for word in answers) == [False, False, True]
    assert all(word.startswith("This run already has a worker (") for word in answers if word != "won")
    winner = processes[answers.index("won")]
    holder = living_worker(path)
    assert holder is not None and holder.pid == winner.pid


RACER = """
import sys, time
from pathlib import Path
from core.runs.lock import RunLock, RunLockedError
print("ready", flush=True)
for line in sys.stdin:
    path, start = line.split()
    while time.monotonic_ns() < int(start):
        pass
    try:
        lock = RunLock(Path(path))
    except RunLockedError as error:
        print(error, flush=True)
    else:
        lock.sign()
        print("won", flush=True)
"""
RACES = 100


def test_two_workers_race_for_one_run_a_hundred_times(tmp_path: Path) -> None:
    """Both are told of a moment on the clock that they share, and wait for it: they begin within microseconds."""
    racers = [
        subprocess.Popen([sys.executable, "-c", RACER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    won = [0, 0]
    try:
        assert [answer(racer) for racer in racers] == ["ready", "ready"]
        for race in range(RACES):
            path, start = tmp_path / f"lock-{race}", time.monotonic_ns() + 2_000_000
            for racer in racers:
                assert racer.stdin is not None
                racer.stdin.write(f"{path} {start}\n")
                racer.stdin.flush()
            answers = [answer(racer) for racer in racers]
            assert answers.count("won") == 1, answers
            winner = answers.index("won")
            won[winner] += 1
            assert answers[1 - winner] == f"This run already has a worker ({racers[winner].pid})."
            holder = living_worker(path)
            assert holder is not None and holder.pid == racers[winner].pid
    finally:
        for racer in racers:
            racer.kill()
            racer.communicate()
    assert sum(won) == RACES


def test_a_killed_holder_frees_the_lock(path: Path, contend: Callable[[int], list[subprocess.Popen[str]]]) -> None:
    (process,) = contend(1)
    tell(process)
    assert answer(process) == "won"
    with pytest.raises(RunLockedError, match=str(process.pid)):
        RunLock(path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert living_worker(path) is None
    lock = RunLock(path)
    lock.sign()
    assert living_worker(path) == read_holder(path) and living_worker(path).pid == os.getpid()  # type: ignore[union-attr]
    lock.release()


def test_a_zombie_is_no_worker(path: Path, contend: Callable[[int], list[subprocess.Popen[str]]]) -> None:
    (process,) = contend(1)
    tell(process)
    assert answer(process) == "won"
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # dead, and not yet waited for
    assert living_worker(path) is None


def test_a_child_that_signs_anew_is_the_holder_and_outlives_its_parent(
    path: Path, tmp_path: Path, until: Callable[..., Any]
) -> None:
    script = (
        "import os, sys, signal; from pathlib import Path; from core.runs.lock import RunLock\n"
        "lock = RunLock(Path(sys.argv[1])); lock.sign()\n"
        "if os.fork(): os._exit(0)\n"
        "lock.sign(); print(os.getpid(), flush=True); signal.pause()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    try:
        assert parent.wait() == 0
        holder = living_worker(path)
        assert holder is not None and holder.pid == child != parent.pid
        with pytest.raises(RunLockedError):
            RunLock(path)
    finally:
        os.kill(child, signal.SIGKILL)
        parent.stdout.close()
    until(lambda: living_worker(path) is None)


@pytest.mark.parametrize(
    "forgery",
    [
        {"pid": 1},
        {"ticks": 5},
        {"ticks": None, "started": 5.0},
        {"ticks": None},
        {"boot": "another"},
        {"host": "elsewhere"},
        {"over": True},
        {"pid": 2**22 + 1},
        {"pid": 2**80},
        {"pid": -1},
        {"pid": 0},
    ],
    ids=str,
)
def test_a_forged_note_is_not_believed(path: Path, forgery: dict[str, Any]) -> None:
    """It names a process that lives, this one, but for what is forged: as a number given anew after a reboot would."""
    forge(path)
    assert living_worker(path) is not None
    forge(path, **forgery)
    assert living_worker(path) is None
    RunLock(path).release()


def test_a_lock_of_an_older_version_is_still_read(path: Path) -> None:
    note = {"pid": os.getpid(), "boot": boot_id(), "host": socket.gethostname()}
    path.write_text(json.dumps({**note, "started": psutil.Process().create_time()}))
    assert living_worker(path) is not None and living_worker(path) == read_holder(path)
    path.write_text(json.dumps({**note, "started": psutil.Process().create_time() + 60}))
    assert living_worker(path) is None


def test_setting_the_clock_does_not_turn_the_living_into_the_dead(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = RunLock(path)
    lock.sign()
    monkeypatch.setattr(lock_module, "_is_locked", lambda path: False)
    monkeypatch.setattr(psutil.Process, "create_time", lambda self: 12.0)
    monkeypatch.setattr(lock_module.time, "time", lambda: 12.0)
    assert living_worker(path) is not None
    lock.release()


def test_where_there_is_no_proc_the_start_time_is_compared(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock_module, "_PROC", tmp_path / "proc")
    lock = RunLock(path)
    lock.sign()
    holder = living_worker(path)
    assert holder is not None and holder.ticks is None and holder.started == psutil.Process().create_time()
    lock.release()
    forge(path, started=5.0)
    assert living_worker(path) is None


@pytest.mark.parametrize("name", ["a) R 1 (b", ") Z", "x y", "\n", ")) ) S 9 9"])
def test_a_processs_name_cannot_forge_its_start(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "7").mkdir()
    rest = " ".join(str(number) for number in range(4, 53))
    (tmp_path / "7" / "stat").write_text(f"7 ({name}) S {rest}\n")
    monkeypatch.setattr(lock_module, "_PROC", tmp_path)
    assert lock_module._start_ticks(7) == 22  # each field holds its own number
    (tmp_path / "7" / "stat").write_text(f"7 ({name}) Z {rest}\n")
    assert lock_module._start_ticks(7) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"7", b'{"pid": 1}', b'{"pid": [1], "started": 1, "boot": "", "host": ""}', b"\xff"],
)
def test_a_damaged_note_names_nobody(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert read_holder(path) is None and living_worker(path) is None
    RunLock(path).release()


@pytest.mark.parametrize(
    "note",
    [
        {"pid": "1", "started": "x", "boot": "b", "host": "h"},
        {"pid": 1, "ticks": "x", "boot": "b", "host": "h"},
        {"pid": 1, "ticks": {}, "boot": "b", "host": "h"},
        {"pid": 1, "started": None, "boot": "b", "host": "h"},
        {"pid": [1], "started": 1.0, "boot": "b", "host": "h"},
        {"pid": 2**80, "started": 1.0, "boot": "b", "host": "h"},
    ],
    ids=str,
)
def test_a_note_of_the_wrong_kinds_names_nobody(path: Path, note: dict[str, Any]) -> None:
    path.write_text(json.dumps({**note, "boot": boot_id(), "host": socket.gethostname()}))
    assert living_worker(path) is None


def test_nobody_holds_a_lock_that_was_never_taken(path: Path) -> None:
    assert read_holder(path) is None and living_worker(path) is None


def test_on_another_host_the_lock_itself_is_asked(path: Path) -> None:
    lock = RunLock(path)
    lock.sign()
    own = read_holder(path)
    assert own is not None
    path.write_text(json.dumps({**dataclasses.asdict(own), "host": "elsewhere", "pid": 1}))
    assert living_worker(path) == Holder(1, own.boot, "elsewhere", own.ticks)
    lock.release()
    assert living_worker(path) is None


def test_where_the_lock_does_not_reach_the_journal_of_another_host_is_its_sign_of_life(
    path: Path, tmp_path: Path
) -> None:
    journal = tmp_path / "events.jsonl"
    forge(path, host="elsewhere", boot="another", pid=4711)
    assert living_worker(path, journal) is None
    journal.touch()
    written = journal.stat().st_mtime
    found = living_worker(path, journal, written + 59)
    assert found is not None and str(found) == "4711 on elsewhere"
    with pytest.raises(RunLockedError, match=r"already has a worker \(4711 on elsewhere\)"):
        RunLock(path, journal)
    assert living_worker(path, journal, written + 61) is None
    os.utime(journal, (written - 61, written - 61))
    RunLock(path, journal).release()


def test_whoever_lets_go_in_order_is_not_waited_for_on_another_host(path: Path, tmp_path: Path) -> None:
    journal = tmp_path / "events.jsonl"
    journal.touch()
    forge(path, host="elsewhere", over=True)
    assert living_worker(path, journal) is None
    RunLock(path, journal).release()


def test_a_file_system_without_locks_knows_of_none(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without(descriptor: int, kind: int) -> None:
        raise OSError(37, "No locks available")

    forge(path, ticks=5)
    monkeypatch.setattr(lock_module.fcntl, "flock", without)
    assert living_worker(path) is None
    with pytest.raises(ReviewtuiError, match=r"cannot be locked \(No locks available\).*REVIEWTUI_HOME"):
        RunLock(path)


def test_a_note_names_this_process_its_start_its_boot_and_its_host(path: Path) -> None:
    lock = RunLock(path)
    lock.sign()
    lock.sign()
    holder = read_holder(path)
    lock.release()
    assert holder is not None and (holder.pid, holder.host) == (os.getpid(), socket.gethostname())
    assert holder.boot == Path("/proc/sys/kernel/random/boot_id").read_text().strip() == boot_id()


def test_without_a_boot_id_the_time_of_the_boot_stands_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(*_: object) -> str:
        raise PermissionError

    monkeypatch.setattr(lock_module.Path, "read_text", unreadable)
    assert boot_id() == boot_id() and boot_id().isdecimal()
