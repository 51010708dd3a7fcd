"""Whether a run is being trained: by a worker of this home, that lives, on this machine."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from core.base.subprocess_env import child_environment
from core.runs.active import is_training
from core.runs.folder import RunFolder, create_run
from core.runs.request import Request

HOLDER = """
import sys
from pathlib import Path
from core.runs.lock import RunLock
lock = RunLock(Path(sys.argv[1]))
lock.sign()
print("held", flush=True)
sys.stdin.readline()
"""


@pytest.fixture
def run() -> RunFolder:
    return create_run(Request(name="run", data="reviews.csv"))


@pytest.fixture
def worker(run: RunFolder) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the run's lock until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(run.lock)],
        env=child_environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None and process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_no_run_and_a_run_that_was_never_started_are_not_trained(run: RunFolder) -> None:
    assert not is_training()


def test_a_run_is_trained_while_its_worker_lives(run: RunFolder, worker: subprocess.Popen[str]) -> None:
    assert is_training()
    worker.kill()
    worker.wait()
    assert not is_training()


def test_a_long_run_shows_by_its_journal(run: RunFolder, worker: subprocess.Popen[str]) -> None:
    hour = time.time() - 3600
    os.utime(run.lock, (hour, hour))
    assert not is_training()
    run.journal.touch()
    assert is_training()
