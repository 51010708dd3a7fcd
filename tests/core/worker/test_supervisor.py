"""The supervisor, with real child processes: who is begun again, how often, and who is left dead."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.subprocess_env import child_environment

SCRIPT = """
import os, signal, sys
from pathlib import Path
from core.worker.supervisor import supervise

folder, signals = Path(sys.argv[1]), [int(number) for number in sys.argv[2].split(",")]
counts = sys.argv[3] == "counts"

def work(restarts):
    with (folder / "begun").open("a") as file:
        file.write(f"{restarts} ")
    if restarts < len(signals) and signals[restarts]:
        if counts:
            (folder / "kills").write_text("x" * (restarts + 1))
        os.kill(os.getpid(), signals[restarts])

def kills():
    file = folder / "kills"
    return len(file.read_text()) if file.exists() else 0

print(supervise(work, kills))
"""
Watch = Callable[..., tuple[str, str]]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    """`watch(9, 9, 0, counts=True)`: children that get those signals in turn; how it ended, and who was begun."""

    def watch(*signals: int, counts: bool = True) -> tuple[str, str]:
        words = ",".join(map(str, signals)) or "0"
        command = [sys.executable, "-c", SCRIPT, str(tmp_path), words, "counts" if counts else "silent"]
        said = subprocess.check_output(command, env=child_environment(), text=True, timeout=60)
        return said.strip(), (tmp_path / "begun").read_text().strip()

    return watch


def test_a_child_that_ends_is_not_begun_again(watch: Watch) -> None:
    assert watch(0) == ("True", "0")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_one_that_the_kernel_killed_is_begun_again_and_told_how_often(times: int, watch: Watch) -> None:
    assert watch(*[9] * times, 0) == ("True", " ".join(map(str, range(times + 1))))


def test_at_most_three_times(watch: Watch) -> None:
    assert watch(9, 9, 9, 9, 9) == ("False", "0 1 2 3")


@pytest.mark.parametrize("number", [9, 15, 11])
def test_one_that_a_person_or_a_fault_ended_stays_dead(number: int, watch: Watch) -> None:
    assert watch(number, 0, counts=False) == ("True", "0")


def test_a_fault_while_the_kernel_kills_another_process_is_no_want_of_memory(watch: Watch) -> None:
    assert watch(11, 0, counts=True) == ("True", "0")


def test_a_child_never_comes_back_into_its_parents_code(tmp_path: Path) -> None:
    script = (
        "from core.worker.supervisor import supervise\n"
        "def work(restarts): raise RuntimeError('inside')\n"
        "print('over', supervise(work, lambda: 0))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], env=child_environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "over True\n"
    assert os.path.sep not in done.stdout


MEANWHILE = """
import os, sys, time
from core.worker import supervisor
if sys.argv[1] == "refused":
    def refused(pid): raise PermissionError
    os.pidfd_open = refused
supervisor.MEANWHILE_SECONDS = 0.01
read, write = os.pipe()
def work(restarts):
    os.close(write)
    os.read(read, 1)
def meanwhile():
    calls.append(1)
    if len(calls) == 3:
        os.close(read)
        os.close(write)
calls = []
print(supervisor.supervise(work, lambda: 0, meanwhile=meanwhile), len(calls) >= 3)
"""


@pytest.mark.parametrize("descriptors", ["of processes", "refused"])
def test_something_can_be_done_meanwhile_until_the_child_has_ended(descriptors: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEANWHILE, descriptors], env=child_environment(), capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "True True\n"


PATIENT = """
import os, sys, threading, time
from core.worker.supervisor import supervise
terminated = threading.Event()
def work(restarts):
    print(os.getpid(), flush=True)
    while not terminated.is_set():
        time.sleep(0.005)
    print("saved", flush=True)
print("over", supervise(work, lambda: 0, terminated))
"""


@pytest.mark.parametrize("whom", ["the supervisor", "its child", "both"])
def test_sigterm_to_either_lets_the_child_stop_in_order_and_the_supervisor_wait_for_it(whom: str) -> None:
    supervisor = subprocess.Popen(
        [sys.executable, "-c", PATIENT], env=child_environment(), stdout=subprocess.PIPE, text=True
    )
    assert supervisor.stdout is not None
    child = int(supervisor.stdout.readline())
    if whom != "its child":
        os.kill(supervisor.pid, signal.SIGTERM)
    if whom != "the supervisor":
        os.kill(child, signal.SIGTERM)
    said, _ = supervisor.communicate(timeout=60)
    assert said == "saved\nover True\n" and supervisor.returncode == 0


def test_a_sigterm_before_the_child_is_there_is_not_lost() -> None:
    early = PATIENT.replace('print("over"', 'terminated.set()\nprint("over"')
    done = subprocess.run(
        [sys.executable, "-c", early], env=child_environment(), capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines()[1:] == ["saved", "over True"]
