"""The lock: one worker a run, whoever races for it and however it dies; a forged or stale note is not believed."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.runs import lock as lock_module
from core.runs.lock import Holder, RunLock, RunLocked, boot_id, living_worker, read_holder

CONTENDER = """
import sys
from pathlib import Path
from core.runs.lock import RunLock, RunLocked
print("ready", flush=True)
sys.stdin.readline()
try:
    lock = RunLock(Path(sys.argv[1]))
except RunLocked as error:
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
    lock.release()
    holder = read_holder(path)
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


def test_a_killed_holder_frees_the_lock(path: Path, contend: Callable[[int], list[subprocess.Popen[str]]]) -> None:
    (process,) = contend(1)
    tell(process)
    assert answer(process) == "won"
    with pytest.raises(RunLocked, match=str(process.pid)):
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
        with pytest.raises(RunLocked):
            RunLock(path)
    finally:
        os.kill(child, signal.SIGKILL)
        parent.stdout.close()
    until(lambda: living_worker(path) is None)


@pytest.mark.parametrize(
    "forgery",
    [{"pid": 1}, {"started": 5.0}, {"boot": "another"}, {"pid": 2**22 + 1}, {"pid": -1}, {"pid": 0}],
    ids=str,
)
def test_a_forged_note_is_not_believed(path: Path, forgery: dict[str, Any]) -> None:
    forge(path, **forgery)
    assert living_worker(path) is None


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
    assert living_worker(path) == Holder(1, own.started, own.boot, "elsewhere")
    lock.release()
    assert living_worker(path) is None


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
