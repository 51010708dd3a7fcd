"""A worker that is stuck is told from one that is slow, one that sleeps with its machine, and one that is dead."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.memory import MemorySampler
from core.base.subprocess_env import child_environment
from core.runs.folder import RunFolder, create_run
from core.runs.heartbeat import Heartbeat, Pulse, unresponsive_since
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.lock import living_worker
from core.runs.records import Record
from core.runs.request import Request
from core.runs.status import OVER, RunStatus, run_status
from core.runs.summary import summarize, summary_of
from tests.core.runs.whole_records import record

HERE, AWAKE = 1_790_000_000.0, 5_000.0
"""A moment since 1970, and the same on a clock that counts since boot."""
QUICK: dict[str, Any] = {"quiet": False, "longest_step": 0.5}


def sign(**fields: Any) -> Any:
    return record("memory", **{"time": HERE, "idle": 0.0, "awake": AWAKE, **fields})


def since(sign: Any, later: float = 1.0, slept: float = 0.0, **fields: Any) -> float | None:
    """What is thought `later` seconds after the record, in which the machine slept for `slept`."""
    given = {**QUICK, "last": sign.time, "now": HERE + later, "awake": AWAKE + later - slept, **fields}
    return unresponsive_since(sign, given.pop("last"), **given)


def test_a_pulse_is_the_time_since_the_last_beat() -> None:
    now = 100.0
    heartbeat = Heartbeat(lambda: now)
    assert heartbeat.read() == (0.0, 100.0)
    now = 107.34
    assert heartbeat.read() == (7.3, 107.3)
    heartbeat.beat()
    assert heartbeat.read().idle == 0.0


def test_the_sampler_goes_on_telling_of_a_main_thread_that_does_not(until: Callable[..., Any]) -> None:
    now, readings = 0.0, list[Pulse]()
    heartbeat = Heartbeat(lambda: now)
    sampler = MemorySampler(lambda sample: readings.append(heartbeat.read()), every=0.001, records_every=1)
    sampler.start()
    until(lambda: readings)
    now = 90.0
    until(lambda: readings[-1].idle == 90.0)
    sampler.stop()


@pytest.mark.parametrize(
    ("idle", "fields", "stuck"),
    [
        (59.0, {}, False),
        (61.0, {}, True),
        (61.0, {"longest_step": 7.0}, False),
        (71.0, {"longest_step": 7.0}, True),
        (599.0, {"quiet": True}, False),
        (601.0, {"quiet": True}, True),
    ],
)
def test_a_main_thread_may_take_its_time_where_steps_do(idle: float, fields: dict[str, Any], stuck: bool) -> None:
    assert since(sign(idle=idle), **fields) == (HERE - idle if stuck else None)


@pytest.mark.parametrize(
    ("later", "slept", "fields", "stuck"),
    [
        (29.0, 0.0, {}, False),
        (31.0, 0.0, {}, True),
        (8 * 3600.0, 8 * 3600.0 - 2, {}, False),  # the lid was closed for a night
        (8 * 3600.0, 8 * 3600.0 - 32, {}, True),
        (-3600.0, -3605.0, {}, False),  # the clock was set back by an hour
        (-3600.0, -3700.0, {}, True),
        (3600.0, 3598.0, {}, False),  # and forward
        (59.0, 0.0, {"awake": None}, False),  # on another host only the clock can be asked
        (61.0, 0.0, {"awake": None}, True),
        (8 * 3600.0, 8 * 3600.0 + 0.05, {}, False),  # looked at at once: a reading is rounded
        (61.0, 0.0, {"awake": 3.0}, True),  # a clock that counts from elsewhere is not believed
    ],
)
def test_silence_is_counted_while_the_machine_is_awake(
    later: float, slept: float, fields: dict[str, Any], stuck: bool
) -> None:
    assert since(sign(), later, slept, **fields) == (HERE if stuck else None)


def test_libraries_may_take_long_to_load() -> None:
    started = record("started", time=HERE, awake=AWAKE)
    assert since(started, 599.0) is None and since(started, 601.0) == HERE


@given(st.floats(0, 29.9), st.floats(0, 59.9), st.floats(0, 1e6), st.floats(0, 1e4))
def test_one_that_gives_signs_is_never_called_stuck_however_long_the_machine_slept(
    later: float, idle: float, slept: float, step: float
) -> None:
    assert since(sign(idle=idle), later + slept, slept, longest_step=step) is None


def step(number: int, seconds: float) -> Record:
    return record("step", step=number, seconds=seconds)


def test_a_pause_or_a_gap_in_what_was_read_is_no_long_step() -> None:
    history = RunHistory()
    history.update([step(1, 1.0), step(2, 3.0), record("paused"), record("continued"), step(3, 4.0)])
    assert history.longest_step == 2.0
    history.update([step(50, 500.0), step(51, 501.0)])
    assert history.longest_step == 2.0


@pytest.fixture
def run() -> RunFolder:
    return create_run(Request(name="chairs", data="/data/reviews.csv"))


WORKER = """
import sys, time
from pathlib import Path
from core.base.memory import MemorySampler
from core.runs.heartbeat import Heartbeat
from core.runs.folder import RunFolder
from core.runs.journal import JournalWriter
from core.runs.lock import RunLock
from tests.core.runs.whole_records import record

run = RunFolder(Path(sys.argv[1]))
lock = RunLock(run.lock)
lock.sign()
journal, heartbeat = JournalWriter(run.journal), Heartbeat()
journal.write(record("started", awake=heartbeat.read().awake))
journal.write(record("plan"))
journal.write(record("phase", name="training", fraction=None))
sampler = MemorySampler(
    lambda sample: journal.write(record("memory", **{**sample, **heartbeat.read()._asdict()})), every=0.02
)
sampler.start()
print("up", flush=True)
while True:
    time.sleep(0.01)
    heartbeat.beat()
"""


@pytest.fixture
def worker(run: RunFolder) -> Iterator[Popen[str]]:
    """A process that does what a worker does, but for the work."""
    process = Popen([sys.executable, "-c", WORKER, str(run.path)], env=child_environment(), stdout=PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "up\n"
    yield process
    process.kill()
    process.communicate()


def test_a_stopped_worker_is_unresponsive_goes_on_by_itself_and_is_interrupted_once_it_is_dead(
    run: RunFolder, worker: Popen[str], until: Callable[..., Any]
) -> None:
    history, reader = RunHistory(), JournalReader(run.journal)

    def stands(later: float = 0.0) -> RunStatus:
        """What somebody thinks who looks `later` from now."""
        history.update(reader.read_new())
        return run_status(run, history, time.time() + later, time.monotonic() + later)

    until(lambda: stands().state == "running" and history.sign and history.sign.kind == "memory")
    os.kill(worker.pid, signal.SIGSTOP)
    until(lambda: Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    stopped = stands()
    assert stopped.state == "running", "half a minute is not over yet"
    found = stands(later=31)
    assert found.state == "unresponsive" not in OVER and found.worker is not None and found.worker.pid == worker.pid
    assert found.unresponsive_since == history.last_time
    assert living_worker(run.lock) is not None, "stuck is not dead"
    records = len(history.memory)
    os.kill(worker.pid, signal.SIGCONT)
    until(lambda: stands().state == "running" and len(history.memory) > records)
    assert stands().unresponsive_since is None
    os.kill(worker.pid, signal.SIGSTOP)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    assert stands(later=31) == RunStatus("interrupted")
    assert "its worker died before its first step" in summary_of(run, history).message


def test_a_summary_says_since_when(run: RunFolder, worker: Popen[str], monkeypatch: pytest.MonkeyPatch) -> None:
    os.kill(worker.pid, signal.SIGSTOP)
    now, awake = time.time, time.monotonic
    monkeypatch.setattr(time, "time", lambda: now() + 700)
    monkeypatch.setattr(time, "monotonic", lambda: awake() + 700)
    summary = summarize(run)
    monkeypatch.undo()
    found = summary.to_json()
    assert (found["state"], found["pid"]) == ("unresponsive", worker.pid)
    assert abs(found["unresponsive_since"] - now()) < 60
