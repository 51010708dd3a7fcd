"""Memory in use: by this process, on the system, its limit, and on every GPU; and how busy processors and GPUs are.

The memory of the process is its anonymous memory (`RssAnon`). Pages of files, which the kernel only caches, are not
counted, so mapping a large dataset does not look like a leak. What other processes use on a GPU is derived (used − our
own), because NVML cannot see processes from inside a container.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from core.base.control_groups import OWN_GROUP, ROOT, content, group_folders
from core.base.gpu_load import gpu_load
from core.base.processors import Processors

Sample = dict[str, Any]

_PROC_STATUS = Path("/proc/self/status")
_RESIDENT = ("RssAnon:", "RssFile:", "RssShmem:", "VmHWM:")
_VMSTAT = Path("/proc/vmstat")
_OLD_EVENTS = "memory.oom_control"
_NO_LIMIT = 1 << 60
"""Limits above this mean no limit: cgroup v1 writes a huge number."""


def process_bytes() -> int:
    """Return the anonymous memory of this process in bytes, or all resident memory if the kernel reports only that."""
    return _resident()[0]


class HighWater:
    """The peak of this process's anonymous memory in bytes, including peaks between two calls of `look`.

    The kernel records only the peak of all resident memory. How much of that was files is not known, but it was at most
    the largest amount seen by `look`; the rest was anonymous.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._most_files = 0

    def look(self) -> None:
        """Update the peak."""
        anonymous, files, highest = _resident()
        self._most_files = max(self._most_files, files)
        self.bytes = max(self.bytes, anonymous, highest - self._most_files)


def _resident() -> tuple[int, int, int]:
    """Return bytes of this process: anonymous, files and shared memory, and the peak of all resident memory."""
    try:
        words = (line.split() for line in _PROC_STATUS.read_text().splitlines())
        found = {word[0]: int(word[1]) * 1024 for word in words if word and word[0] in _RESIDENT}
        return found["RssAnon:"], found["RssFile:"] + found["RssShmem:"], found["VmHWM:"]
    except (OSError, KeyError):
        whole = int(psutil.Process().memory_info().rss)
        return whole, 0, whole


def cgroup_limit(root: Path = ROOT, own: Path = OWN_GROUP) -> int | None:
    """Return the memory limit of this process's control group in bytes; None if there is none.

    It is the lowest limit of the group and its ancestors, in cgroup v2 and v1.
    """
    limits = []
    for folder in group_folders("memory", root, own):
        for name in ("memory.max", "memory.limit_in_bytes"):
            word = content(folder / name)
            if word.isdecimal() and int(word) < _NO_LIMIT:
                limits.append(int(word))
    return min(limits, default=None)


def free_bytes() -> int:
    """Return the bytes that a new process could use now: what the system or the control group has left."""
    available = int(psutil.virtual_memory().available)
    limit = cgroup_limit()
    return available if limit is None else max(min(available, limit - process_bytes()), 0)


def kernel_kills(root: Path = ROOT, own: Path = OWN_GROUP, system: Path = _VMSTAT) -> int:
    """Return how many processes the kernel has killed because memory ran out, in this control group and on the machine.

    Only the difference between two calls means something: if a process was killed in between, this says why.
    """
    found = [
        system,
        *(folder / name for folder in group_folders("memory", root, own) for name in ("memory.events", _OLD_EVENTS)),
    ]
    pairs = [line.split() for file in found for line in content(file).splitlines()]
    return sum(int(pair[1]) for pair in pairs if len(pair) == 2 and pair[0] == "oom_kill" and pair[1].isdecimal())


def device_samples(nvml: Any = None, cuda: Any = None) -> list[Sample]:
    """Return one sample per GPU: name, bytes total, ours_allocated, ours_reserved, other and free, and `gpu_load`.

    Args:
        nvml: The `pynvml` module.
        cuda: `torch.cuda` in a process that computes on a GPU, else None.
    """
    if nvml is None:
        import pynvml

        nvml = pynvml
    try:
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
    except Exception:  # no driver, no NVML, no permission: there is no GPU to show
        return []
    samples = []
    for index in range(count):
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
            total, used, free = int(memory.total), int(memory.used), int(memory.free)
            name = nvml.nvmlDeviceGetName(handle)
            allocated, reserved = _ours(cuda, str(nvml.nvmlDeviceGetUUID(handle)))
        except Exception as error:  # a failing GPU must not hide the others
            samples.append({"index": index, "name": f"GPU {index}", "error": str(error)})
            continue
        samples.append(
            {
                "index": index,
                "name": name.decode() if isinstance(name, bytes) else str(name),
                "total": total,
                "ours_allocated": allocated,
                "ours_reserved": reserved,
                "other": max(used - reserved, 0),
                "free": free,
                **gpu_load(nvml, handle, reserved),
            }
        )
    return samples


def _ours(cuda: Any, uuid: str) -> tuple[int, int]:
    """Return bytes allocated and reserved by this process on the GPU that NVML calls `uuid`.

    CUDA may see fewer GPUs than NVML, in a different order (CUDA_VISIBLE_DEVICES).
    """
    if cuda is None or not cuda.is_available():
        return 0, 0
    for index in range(cuda.device_count()):
        if uuid.endswith(str(cuda.get_device_properties(index).uuid)):
            return int(cuda.memory_allocated(index)), int(cuda.memory_reserved(index))
    return 0, 0


def sample(cuda: Any = None, nvml: Any = None) -> Sample:
    """Return all current figures, in bytes."""
    system = psutil.virtual_memory()
    return {
        "process": process_bytes(),
        "system_total": int(system.total),
        "system_available": int(system.available),
        "limit": cgroup_limit(),
        "devices": device_samples(nvml, cuda),
    }


class MemorySampler(threading.Thread):
    """Samples in a background thread, so that training never waits and peaks between two records are not missed.

    `record` is called about once a second with the latest sample and `process_peak`, the highest so far.
    """

    def __init__(
        self,
        record: Callable[[Sample], object],
        *,
        cuda: Any = None,
        every: float = 0.1,
        records_every: int = 10,
        processors: Processors | None = None,
    ) -> None:
        super().__init__(name="memory sampler", daemon=True)
        self._processors = processors or Processors()
        self._highest = HighWater()
        self._record = record
        self._cuda = cuda
        self._every = every
        self._records_every = records_every
        self._over = threading.Event()

    def run(self) -> None:
        for tick in itertools.count():
            self._highest.look()
            if tick % self._records_every == 0:
                with suppress(Exception):  # a full disk, a lost GPU: the next record may succeed
                    self.record_now()
            if self._over.wait(self._every):
                return

    @property
    def peak(self) -> int:
        """Peak memory of the process so far, in bytes."""
        self._highest.look()
        return self._highest.bytes

    def record_now(self) -> None:
        """Write a record now."""
        now = sample(self._cuda)
        self._record({**now, "process_peak": self.peak, **self._device_peak(), **self._processors.read()})

    def _device_peak(self) -> Sample:
        if self._cuda is None or not self._cuda.is_available():
            return {}
        return {
            "device_peak": max(int(self._cuda.max_memory_allocated(gpu)) for gpu in range(self._cuda.device_count()))
        }

    def peak_bytes(self) -> int:
        """Return the peak that a run reports: of the GPU allocator if a GPU is used, else of the process."""
        return int(self._device_peak().get("device_peak") or self.peak)

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._over.set()
        self.join()
