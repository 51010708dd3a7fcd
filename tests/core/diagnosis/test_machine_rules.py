"""What is said of processors, input and memory follows from figures that are there, and only while it lasts."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.diagnosis.finding import Figures
from core.diagnosis.machine_rules import machine_busy, memory_near_limit, slow_input
from core.runs.history import RunHistory
from core.runs.records import Record
from tests.core.runs.whole_records import WHOLE, record

GIB = 1 << 30


def run_of(*records: Record, settings: dict[str, Any] | None = None, **plan: Any) -> Figures:
    history = RunHistory()
    history.update([record("started"), record("plan", **plan), *records])
    return Figures(history, settings or {})


def readings(count: int, lost: float | None, ours: float = 1.0, busy: float = 2.0) -> list[Record]:
    """Readings of the processors while a run makes a step a second."""
    known = {"processors": 2, "processors_ours": ours, "processors_busy": busy, "lost": lost}
    found = []
    for second in range(count):
        found.append(record("step", step=second + 1, time=100.0 + second))
        found.append(record("memory", time=100.0 + second, **(known if lost is not None else {})))
    return found


@given(st.integers(0, 100), st.floats(0, 1), st.floats(0, 4), st.floats(0, 4))
def test_a_busy_machine_is_told_by_what_is_lost_to_others(count: int, lost: float, ours: float, more: float) -> None:
    found = machine_busy(run_of(*readings(count, round(lost, 4), ours, ours + more)))
    assert (found is not None) == (count >= 15 and 1 - round(lost, 4) <= 0.7 and more >= 0.3)
    if found is not None:
        assert re.match(r"Training gets \d+% of its processors; other processes keep \d\.\d busy\.$", found.sentence)


def test_nothing_is_said_of_processors_in_a_run_of_an_earlier_version_and_on_a_gpu() -> None:
    assert machine_busy(run_of(*readings(60, None))) is None
    assert machine_busy(run_of(*readings(60, 0.6), device="cuda")) is None
    assert machine_busy(run_of(*readings(60, 0.6))) is not None
    assert machine_busy(run_of()) is None


def test_a_machine_that_is_not_busy_any_more_is_not_called_so() -> None:
    before, after = readings(60, 0.9), readings(200, 0.0)[120:]
    assert machine_busy(run_of(*before)) is not None
    assert machine_busy(run_of(*before, *after)) is None


def test_what_was_lost_before_the_first_step_does_not_count() -> None:
    early = [record("memory", time=float(second), lost=0.9, processors_busy=2) for second in range(90)]
    assert machine_busy(run_of(*early, *readings(30, 0.0))) is None


def times(*pairs: tuple[float, float], paused: float = 0.0) -> list[Record]:
    """Time records of (elapsed, input)."""
    none = {part: 0.0 for part, value in WHOLE["time"].items() if isinstance(value, float)}
    return [record("time", **{**none, "elapsed": elapsed, "input": read, "paused": paused}) for elapsed, read in pairs]


def test_an_input_that_is_waited_for_all_the_time_is_slow() -> None:
    found = slow_input(run_of(*times((10, 5), (20, 10), (40, 20))))
    assert found is not None and "20 of 40 s" in found.sentence
    assert slow_input(run_of(*times((10, 1), (20, 2), (40, 4)))) is None


def test_waiting_for_the_first_tokens_is_no_slow_input_as_long_as_the_run_goes_on() -> None:
    first = times((12, 11.9), (20, 11.9), (30, 12))
    assert slow_input(run_of(*first[:1])) is slow_input(run_of(*first[:2])) is slow_input(run_of(*first)) is None
    ended = slow_input(run_of(*first, record("finished")))
    assert ended is not None and "12 of 30 s" in ended.sentence


def test_short_runs_heads_alone_pauses_and_earlier_versions_have_no_slow_input() -> None:
    assert slow_input(run_of(*times((5, 2), (15, 9)))) is None
    alone = {"freeze_layers": "encoder"}
    assert slow_input(run_of(*times((10, 5), (20, 10), (40, 20)), settings=alone)) is None
    assert slow_input(run_of(*times((1009, 4), (1018, 8), paused=1000.0))) is None
    assert slow_input(run_of()) is None


@pytest.mark.parametrize(("peak", "near"), [(89, False), (91, True)])
def test_memory_near_its_limit_is_that_of_the_device_that_computes(peak: int, near: bool) -> None:
    gpu = {"index": 3, "name": "H100", "total": 120 * GIB, "ours_reserved": 9, "other": 20 * GIB, "free": 0}
    idle = {**gpu, "index": 0, "ours_reserved": 0, "other": 119 * GIB}
    on_gpu = record("memory", devices=[idle, gpu], device_peak=peak * GIB, process_peak=1, system_total=99)
    found = memory_near_limit(run_of(on_gpu, device="cuda"))
    assert (found is not None) == near
    if found is not None:
        assert found.sentence == "Memory of GPU 3 peaked at 91.0 of 100.0 GiB."
    here = record("memory", devices=[idle, gpu], process_peak=peak * GIB, system_total=100 * GIB)
    assert (memory_near_limit(run_of(here, device="cpu")) is not None) == near


def test_a_gpu_that_cannot_be_read_is_not_near_its_limit() -> None:
    for devices in ([], [{"index": 0, "name": "GPU 0", "error": "lost"}]):
        assert memory_near_limit(run_of(record("memory", devices=devices, device_peak=9), device="cuda")) is None
