"""Memory: the figures add up, however many GPUs there are and however they fail, and sampling never ends a run."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import memory as memory_module
from core.base.memory import HighWater, MemorySampler, cgroup_limit, device_samples, kernel_kills, process_bytes, sample

GIB = 1 << 30


class FakeNvml:
    """NVML with GPUs of (total, used) bytes, of errors, or of what is no number."""

    def __init__(self, *gpus: Any, broken: bool = False) -> None:
        self._gpus, self._broken = gpus, broken

    def nvmlInit(self) -> None:  # noqa: N802
        if self._broken:
            raise RuntimeError("Driver Not Loaded")

    def nvmlDeviceGetCount(self) -> int:  # noqa: N802
        return len(self._gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:  # noqa: N802
        return index

    def nvmlDeviceGetMemoryInfo(self, handle: int) -> Any:  # noqa: N802
        gpu = self._gpus[handle]
        if isinstance(gpu, Exception):
            raise gpu
        total, used = gpu
        return SimpleNamespace(total=total, used=used, free=total - used if isinstance(total, int) else "N/A")

    def nvmlDeviceGetName(self, handle: int) -> Any:  # noqa: N802
        return [b"NVIDIA H200", "NVIDIA A100"][handle % 2]

    def nvmlDeviceGetUUID(self, handle: int) -> str:  # noqa: N802
        return f"GPU-{handle:08d}"


class FakeCuda:
    """`torch.cuda` of a process that sees the GPUs of these NVML numbers, in this order."""

    def __init__(self, *visible: int, allocated: int = 2 * GIB, reserved: int = 3 * GIB) -> None:
        self._visible, self._allocated, self._reserved = visible, allocated, reserved

    def is_available(self) -> bool:
        return bool(self._visible)

    def device_count(self) -> int:
        return len(self._visible)

    def get_device_properties(self, index: int) -> Any:
        return SimpleNamespace(uuid=f"{self._visible[index]:08d}")

    def memory_allocated(self, index: int) -> int:
        return self._allocated + index

    def memory_reserved(self, index: int) -> int:
        return self._reserved + index

    def max_memory_allocated(self, index: int) -> int:
        return 7 * GIB if index + 1 == len(self._visible) else 0


def test_without_a_gpu_a_driver_or_permission_there_is_none() -> None:
    assert device_samples(FakeNvml()) == device_samples(FakeNvml(broken=True)) == []


@pytest.mark.parametrize("count", [1, 8])
def test_every_gpu_is_shown_with_its_name(count: int) -> None:
    found = device_samples(FakeNvml(*[(80 * GIB, 5 * GIB)] * count))
    assert [gpu["index"] for gpu in found] == list(range(count))
    assert [gpu["name"] for gpu in found] == ["NVIDIA H200", "NVIDIA A100"] * (count // 2) + ["NVIDIA H200"] * (
        count % 2
    )


@given(st.integers(8 * GIB, 200 * GIB), st.integers(0, 5 * GIB), st.integers(0, 3 * GIB), st.integers(0, GIB))
def test_ours_and_others_and_free_are_the_total(total: int, others: int, reserved: int, spare: int) -> None:
    cuda = FakeCuda(0, allocated=max(reserved - spare, 0), reserved=reserved)
    (gpu,) = device_samples(FakeNvml((total, others + reserved)), cuda)
    assert gpu["ours_reserved"] + gpu["other"] + gpu["free"] == gpu["total"] == total
    assert gpu["other"] == others and 0 <= gpu["ours_allocated"] <= gpu["ours_reserved"]


def test_what_is_ours_is_found_on_the_gpu_that_we_really_use() -> None:
    """`CUDA_VISIBLE_DEVICES=2,0` makes number 2 of the machine our number 0."""
    gpus = device_samples(FakeNvml(*[(80 * GIB, 10 * GIB)] * 4), FakeCuda(2, 0))
    assert [gpu["ours_reserved"] for gpu in gpus] == [3 * GIB + 1, 0, 3 * GIB, 0]
    assert all(gpu["ours_reserved"] + gpu["other"] + gpu["free"] == gpu["total"] for gpu in gpus)


def test_a_process_that_does_not_compute_on_a_gpu_owns_nothing_of_it() -> None:
    for cuda in (None, FakeCuda()):
        (gpu,) = device_samples(FakeNvml((80 * GIB, 5 * GIB)), cuda)
        assert (gpu["ours_allocated"], gpu["ours_reserved"], gpu["other"]) == (0, 0, 5 * GIB)


@pytest.mark.parametrize("sick", [RuntimeError("GPU is lost"), ("N/A", "N/A"), (80 * GIB, None), (None, None)], ids=str)
def test_a_sick_gpu_does_not_hide_the_others(sick: Any) -> None:
    found = device_samples(FakeNvml((80 * GIB, 0), sick, (40 * GIB, GIB)))
    assert [gpu.get("total") for gpu in found] == [80 * GIB, None, 40 * GIB]
    assert found[1]["error"] and found[1]["index"] == 1


def test_a_process_knows_its_own_memory() -> None:
    resident = psutil.Process().memory_info().rss
    before = process_bytes()
    ballast = b"x" * (64 << 20)
    assert 0 < before <= resident * 1.5 and process_bytes() - before > 60 << 20
    del ballast


def test_where_the_kernel_does_not_tell_kinds_of_memory_apart_all_resident_memory_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for content in (None, "VmRSS: 5 kB\n"):
        status = tmp_path / "status"
        if content is not None:
            status.write_text(content)
        monkeypatch.setattr(memory_module, "_PROC_STATUS", status)
        assert process_bytes() == pytest.approx(psutil.Process().memory_info().rss, rel=0.2)


BETWEEN_LOOKS = """
from core.base.memory import HighWater, process_bytes
highest = HighWater()
highest.look()
before = highest.bytes
ballast = bytearray(b"x") * (256 << 20)
del ballast
assert process_bytes() - before < 64 << 20
highest.look()
print(highest.bytes - before >> 20)
"""


def test_a_peak_between_two_looks_is_seen() -> None:
    done = subprocess.run([sys.executable, "-c", BETWEEN_LOOKS], capture_output=True, text=True, check=True)
    assert 200 < int(done.stdout) < 300


def test_files_are_no_peak(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    status = tmp_path / "status"
    monkeypatch.setattr(memory_module, "_PROC_STATUS", status)

    def see(anonymous: int, files: int, highest: int) -> int:
        status.write_text(
            f"VmHWM:\t{highest} kB\nRssAnon:\t{anonymous} kB\nRssFile:\t{files} kB\nRssShmem:\t1 kB\nVmSwap:\t7 kB\n"
        )
        seen.look()
        return seen.bytes >> 10

    seen = HighWater()
    assert see(100, 49, 150) == 100
    assert see(100, 499, 600) == 100  # a model's file was mapped
    assert see(100, 9, 600) == 100  # and is not any more
    assert see(90, 9, 700) == 200  # so much at least was not of files


@pytest.fixture(params=["unified", "older"])
def groups(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Path, list[Path]]:
    """A tree of control groups, the file that names ours, and the folders from ours up to the root."""
    own = tmp_path / "cgroup"
    unified = request.param == "unified"
    own.write_text("0::/user/me\n" if unified else "7:cpu:/other\n4:memory:/user/me\n0::/\n")
    base = tmp_path / "sys" / ("" if unified else "memory")
    folders = [base / "user/me", base / "user", base]
    folders[0].mkdir(parents=True)
    return tmp_path / "sys", own, folders


def test_the_limit_is_the_lowest_of_all_groups_around_the_process(groups: tuple[Path, Path, list[Path]]) -> None:
    root, own, folders = groups
    unified = folders[-1] == root
    name, unlimited = ("memory.max", "max") if unified else ("memory.limit_in_bytes", "9223372036854771712")
    assert cgroup_limit(root, own) is None
    for folder in folders:
        (folder / name).write_text(f"{unlimited}\n")
    assert cgroup_limit(root, own) is None
    (folders[-1] / name).write_text(f"{4 * GIB}\n")
    assert cgroup_limit(root, own) == 4 * GIB
    (folders[0] / name).write_text(f"{GIB}\n")
    assert cgroup_limit(root, own) == GIB
    (folders[1] / name).write_text(f"{2 * GIB}\n")
    assert cgroup_limit(root, own) == GIB


def test_what_the_kernel_kills_is_counted(groups: tuple[Path, Path, list[Path]], tmp_path: Path) -> None:
    root, own, folders = groups
    name = "memory.events" if folders[-1] == root else "memory.oom_control"
    system = tmp_path / "vmstat"
    assert kernel_kills(root, own, system) == 0
    system.write_text("nr_free_pages 17\noom_kill 3\n")
    (folders[0] / name).write_text("low 4\noom 9\noom_kill 2\noom_group_kill 1\n")
    assert kernel_kills(root, own, system) == 5
    (folders[0] / name).write_text("oom_kill many\n\x00")
    assert kernel_kills(root, own, system) == 3


def test_a_sample_has_all_of_it_in_bytes() -> None:
    found = sample(nvml=FakeNvml((80 * GIB, 0)))
    assert found.keys() == {"process", "system_total", "system_available", "limit", "devices"}
    assert 0 < found["process"] < found["system_total"] and 0 < found["system_available"] <= found["system_total"]
    assert len(found["devices"]) == 1


def test_the_sampler_records_the_highest_peak_and_stops(until: Callable[..., Any]) -> None:
    records: list[dict[str, Any]] = []
    sampler = MemorySampler(records.append, every=0.001, records_every=3)
    sampler.start()
    until(lambda: len(records) >= 2)
    ballast = b"x" * (64 << 20)
    reached = process_bytes()
    until(lambda: sampler.peak >= reached)
    del ballast
    count = len(records)
    until(lambda: len(records) > count)
    sampler.stop()
    assert not sampler.is_alive()
    assert records[-1]["process_peak"] >= reached > records[-1]["process"]
    assert sampler.peak_bytes() >= reached and "device_peak" not in records[-1]
    peaks = [record["process_peak"] for record in records]
    assert peaks == sorted(peaks)


def test_on_a_gpu_the_peak_is_that_of_its_allocator() -> None:
    records: list[dict[str, Any]] = []
    sampler = MemorySampler(records.append, cuda=FakeCuda(0))
    sampler.record_now()
    assert sampler.peak_bytes() == records[0]["device_peak"] == 7 * GIB


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), RuntimeError("GPU is lost")], ids=str)
def test_the_sampler_survives_what_goes_wrong_once(
    error: Exception, until: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, records = threading.Event(), []

    def record(found: dict[str, Any]) -> None:
        if not failed.is_set():
            failed.set()
            raise error
        records.append(found)

    sampler = MemorySampler(record, every=0.001, records_every=2)
    sampler.start()
    until(lambda: records)
    sampler.stop()
    assert failed.is_set() and not sampler.is_alive()


def test_a_sampler_that_is_stopped_before_its_first_sample_still_knows_a_peak() -> None:
    sampler = MemorySampler(lambda found: None, every=60)
    sampler.start()
    sampler.stop()
    assert sampler.peak_bytes() > 0
