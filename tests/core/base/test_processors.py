"""How busy the processors are: ours are among all, shares are of the time between two readings."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import processors as processors_module
from core.base.memory import MemorySampler
from core.base.processors import Processors, ProcessorTimes, processor_times, usable_processors
from core.runs.records import MemoryRecord
from tests.core.runs.whole_records import WHOLE


class Machine:
    """A clock, and the processor times at it."""

    def __init__(self) -> None:
        self.now, self.ours, self.all = 100.0, 7.0, 900.0

    def __call__(self) -> ProcessorTimes:
        return ProcessorTimes(self.ours, self.all)

    def clock(self) -> float:
        return self.now

    def passes(self, seconds: float, ours: float, others: float) -> None:
        self.now += seconds
        self.ours += ours * seconds
        self.all += (ours + others) * seconds


def test_readings_are_of_the_time_since_the_last_one() -> None:
    machine, lost = Machine(), iter([0.25, 0.0])
    processors = Processors(lambda: next(lost), machine, machine.clock)
    machine.passes(2.0, ours=1.5, others=0.5)
    first = processors.read()
    assert (first["processors_ours"], first["processors_busy"], first["lost"]) == (1.5, 2.0, 0.25)
    machine.passes(1.0, ours=0.0, others=3.0)
    second = processors.read()
    assert (second["processors_ours"], second["processors_busy"], second["lost"]) == (0.0, 3.0, 0.0)
    assert first["processors"] == second["processors"] == usable_processors()


def test_a_reading_right_after_another_says_only_how_many_there_are_and_loses_no_time() -> None:
    machine = Machine()
    processors = Processors(lambda: 0.0, machine, machine.clock)
    machine.passes(0.1, ours=1.0, others=0.0)
    assert processors.read().keys() == {"processors"}
    machine.passes(0.9, ours=1.0, others=0.0)
    assert processors.read()["processors_ours"] == 1.0


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(-1, 400), st.floats(-1, 400), st.floats(-2, 2)), max_size=9))
def test_whatever_the_kernel_says_the_record_can_be_written(readings: list[tuple[float, float, float, float]]) -> None:
    """Counters jump back, for instance when a child has ended and is not counted yet."""
    machine, lost = Machine(), 0.0
    processors = Processors(lambda: lost, machine, machine.clock)
    for seconds, ours, others, lost in readings:  # noqa: B007 -- read by the lambda
        machine.passes(seconds, ours, others)
        found = msgspec.convert({**WHOLE["memory"], **processors.read()}, MemoryRecord)
        if found.processors_ours is not None:
            assert found.processors_busy is not None and 0 <= found.processors_ours <= found.processors_busy


BUSY = (
    "import time\nend = time.process_time() + 0.5\nprint('begun', flush=True)\nwhile time.process_time() < end: pass\n"
)


def test_what_this_process_and_its_children_use_is_ours() -> None:
    before = processor_times()
    end = time.process_time() + 0.3
    while time.process_time() < end:
        pass
    after = processor_times()
    assert 0.25 < after.ours - before.ours < 3 and after.all - before.all > 0.2
    with subprocess.Popen(
        [sys.executable, "-c", BUSY + "input()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as it:
        assert it.stdout is not None and it.stdin is not None
        it.stdout.read(6)
        while processor_times().ours < after.ours + 0.4:  # while it lives
            assert it.poll() is None
        it.stdin.write(b"\n")
    assert processor_times().ours >= after.ours + 0.4  # and once it has ended


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({}, None),
        ({"cpu.max": "max 100000"}, None),
        ({"cpu.max": "50000 100000"}, 0.5),
        ({"cpu.max": "nonsense"}, None),
        ({"cpu.cfs_quota_us": "25000", "cpu.cfs_period_us": "100000"}, 0.25),
        ({"cpu.cfs_quota_us": "-1", "cpu.cfs_period_us": "100000"}, None),
        ({"cpu.max": "50000 0"}, None),
    ],
    ids=str,
)
def test_a_quota_of_the_control_group_limits_the_processors(
    files: dict[str, str], most: float | None, tmp_path: Path
) -> None:
    own, folder = tmp_path / "own", tmp_path / "groups" / "user" / "me"
    unified = "cpu.max" in files
    own.write_text("0::/user/me\n" if unified else "3:cpu,cpuacct:/user/me\n2:memory:/user/me\n")
    folder = tmp_path / "groups" / ("" if unified else "cpu,cpuacct") / "user" / "me"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder.parent / name).write_text(text)  # of the group around ours
    all_of_them = float(len(os.sched_getaffinity(0)))
    assert usable_processors(tmp_path / "groups", own) == (most or all_of_them)


def test_without_the_kernels_files_children_are_not_counted(tmp_path: Path) -> None:
    assert processors_module._children(tmp_path / "none") == 0.0


def test_the_sampler_adds_them_to_its_records() -> None:
    machine, records = Machine(), []
    sampler = MemorySampler(records.append, processors=Processors(lambda: 0.5, machine, machine.clock))
    machine.passes(1.0, ours=1.0, others=1.0)
    sampler.record_now()
    found: dict[str, Any] = records[0]
    assert (found["processors_ours"], found["processors_busy"], found["lost"]) == (1.0, 2.0, 0.5)
