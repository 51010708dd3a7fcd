"""What others take of the processors is seen by what threads waited for, whoever the others are."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import contention as module
from core.base.contention import Contention

SECOND = 10**9


def says(folder: Path, **threads: tuple[float, float]) -> None:
    """Have the kernel say how many seconds each thread ran and waited."""
    for name, (ran, waited) in threads.items():
        (folder / name).mkdir(exist_ok=True)
        (folder / name / "schedstat").write_text(f"{int(ran * SECOND)} {int(waited * SECOND)} 7\n")


def test_the_thread_that_is_worst_off_decides_since_the_last_look(tmp_path: Path) -> None:
    says(tmp_path, a=(100, 50), b=(100, 0))
    contention = Contention(tmp_path)
    says(tmp_path, a=(102, 50), b=(101, 1))
    assert contention.lost() == pytest.approx(0.5)
    says(tmp_path, a=(104, 50), b=(103, 1))
    assert contention.lost() == 0.0


def test_from_the_start_of_threads_on_if_that_is_wanted(tmp_path: Path) -> None:
    says(tmp_path, a=(3, 1))
    assert Contention(tmp_path, since_start=True).lost() == pytest.approx(0.25)
    assert Contention(tmp_path).lost() == 0.0


def test_a_thread_that_wants_little_decides_nothing_and_one_that_began_meanwhile_counts(tmp_path: Path) -> None:
    says(tmp_path, main=(0, 0))
    contention = Contention(tmp_path)
    says(tmp_path, main=(10, 0), sampler=(0.01, 0.05))
    assert contention.lost() == 0.0
    says(tmp_path, main=(20, 0), new=(5, 5))
    assert contention.lost() == pytest.approx(0.5)


def test_threads_that_end_and_files_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    says(tmp_path, a=(1, 0), b=(1, 0))
    contention = Contention(tmp_path)
    says(tmp_path, a=(2, 0))
    (tmp_path / "b" / "schedstat").write_text("torn")
    (tmp_path / "c").mkdir()
    assert contention.lost() == 0.0


@given(load=st.floats(0, 1000), processors=st.integers(1, 128))
def test_without_such_files_it_is_what_a_fair_scheduler_takes(load: float, processors: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.os, "getloadavg", lambda: (load, 0.0, 0.0))
        patch.setattr(module.os, "cpu_count", lambda: processors)
        lost = Contention(Path("/nowhere")).lost()
    assert lost == (pytest.approx(1 - processors / load) if load > processors else 0.0)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the load is all that is known there")
def test_more_threads_of_python_than_it_lets_run_are_seen() -> None:
    """Not a real contender, which a test could not time: that real files are read at all, and give a share."""
    contention, over = Contention(), threading.Event()

    def spin() -> None:
        while not over.is_set():
            pass

    threads = [threading.Thread(target=spin) for _ in range(2)]
    for thread in threads:
        thread.start()
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass
    assert 0.0 <= contention.lost() < 1.0
    over.set()
    for thread in threads:
        thread.join()
    assert contention._before
