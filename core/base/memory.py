"""Memory in use, as a run's journal and the screens show it: this process, the system, its limit, and every GPU.

Process memory is anonymous memory (`RssAnon`): pages of files that the kernel only caches are not counted, so mapping
a large data set does not look like a leak. A GPU's total is split into ours allocated, ours reserved besides, others'
and free; what others use is derived (used − ours), because NVML cannot name processes inside a container.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

Sample = dict[str, Any]

_PROC_STATUS = Path("/proc/self/status")
_RESIDENT = ("RssAnon:", "RssFile:", "RssShmem:", "VmHWM:")
_CGROUP, _OWN_GROUP, _VMSTAT = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup"), Path("/proc/vmstat")
_OLD_EVENTS = "memory.oom_control"
_NO_LIMIT = 1 << 60
"""The older hierarchy writes no limit as a number that no machine has."""


def process_bytes() -> int:
    """Anonymous memory of this process, in bytes; all resident memory where the kernel does not tell them apart."""
    return _resident()[0]


class HighWater:
    """The highest anonymous memory of this process, in bytes: of all looks, and of what was between them.

    The kernel keeps the highest resident memory of all kinds. What of that was files is not known, but not more than
    the most that was seen, so the rest was anonymous.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._most_files = 0

    def look(self) -> None:
        """Look now."""
        anonymous, files, highest = _resident()
        self._most_files = max(self._most_files, files)
        self.bytes = max(self.bytes, anonymous, highest - self._most_files)


def _resident() -> tuple[int, int, int]:
    """Bytes of this process: anonymous, of files and shared, and the most of all that there ever was."""
    try:
        words = (line.split() for line in _PROC_STATUS.read_text().splitlines())
        found = {word[0]: int(word[1]) * 1024 for word in words if word and word[0] in _RESIDENT}
        return found["RssAnon:"], found["RssFile:"] + found["RssShmem:"], found["VmHWM:"]
    except (OSError, KeyError):
        whole = int(psutil.Process().memory_info().rss)
        return whole, 0, whole


def cgroup_limit(root: Path = _CGROUP, own: Path = _OWN_GROUP) -> int | None:
    """The memory limit of this process's control group in bytes; None where there is none.

    The tightest of the group's own and of those above it, in the unified hierarchy and in the older one.
    """
    limits = []
    for folder in _groups(root, own):
        for name in ("memory.max", "memory.limit_in_bytes"):
            word = _word(folder / name)
            if word.isdecimal() and int(word) < _NO_LIMIT:
                limits.append(int(word))
    return min(limits, default=None)


def free_bytes() -> int:
    """Memory that a new process could take now: what the system has available, or what a control group leaves."""
    available = int(psutil.virtual_memory().available)
    limit = cgroup_limit()
    return available if limit is None else max(min(available, limit - process_bytes()), 0)


def kernel_kills(root: Path = _CGROUP, own: Path = _OWN_GROUP, system: Path = _VMSTAT) -> int:
    """How many processes the kernel has killed for want of memory, in this process's control group and on the machine.

    It only ever grows; what it is says nothing, that it grew while a process was killed says why.
    """
    found = [system, *(folder / name for folder in _groups(root, own) for name in ("memory.events", _OLD_EVENTS))]
    pairs = [line.split() for file in found for line in _word(file).splitlines()]
    return sum(int(pair[1]) for pair in pairs if len(pair) == 2 and pair[0] == "oom_kill" and pair[1].isdecimal())


def _groups(root: Path, own: Path) -> Iterator[Path]:
    """The folders of this process's control groups that count memory, from its own up to the root."""
    for line in _word(own).splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers in ("", "memory"):
            base = root / controllers
            folder = base / path.lstrip("/")
            yield folder
            yield from (above for above in folder.parents if above.is_relative_to(base))


def _word(file: Path) -> str:
    """What a file of the kernel says; nothing where it cannot be read."""
    try:
        return file.read_text().strip()
    except OSError:
        return ""


def device_samples(nvml: Any = None, cuda: Any = None) -> list[Sample]:
    """One sample a GPU: name, and bytes total, ours_allocated, ours_reserved, other and free. Empty without a GPU.

    Args:
        nvml: the `pynvml` module; cuda: `torch.cuda` in a process that computes on the GPU, else None.
    """
    if nvml is None:
        import pynvml

        nvml = pynvml
    try:
        nvml.nvmlInit()
        count = nvml.nvmlDeviceGetCount()
    except Exception:  # no driver, no NVML, no permission: then there is no GPU to show
        return []
    samples = []
    for index in range(count):
        try:
            handle = nvml.nvmlDeviceGetHandleByIndex(index)
            memory = nvml.nvmlDeviceGetMemoryInfo(handle)
            total, used, free = int(memory.total), int(memory.used), int(memory.free)
            name = nvml.nvmlDeviceGetName(handle)
            allocated, reserved = _ours(cuda, str(nvml.nvmlDeviceGetUUID(handle)))
        except Exception as error:  # one sick GPU shall not hide the others
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
            }
        )
    return samples


def _ours(cuda: Any, uuid: str) -> tuple[int, int]:
    """Bytes that this process's allocator has given out, and holds, on the GPU that NVML calls `uuid`.

    CUDA may see fewer GPUs than NVML, and in another order (CUDA_VISIBLE_DEVICES).
    """
    if cuda is None or not cuda.is_available():
        return 0, 0
    for index in range(cuda.device_count()):
        if uuid.endswith(str(cuda.get_device_properties(index).uuid)):
            return int(cuda.memory_allocated(index)), int(cuda.memory_reserved(index))
    return 0, 0


def sample(cuda: Any = None, nvml: Any = None) -> Sample:
    """All of it, now, in bytes."""
    system = psutil.virtual_memory()
    return {
        "process": process_bytes(),
        "system_total": int(system.total),
        "system_available": int(system.available),
        "limit": cgroup_limit(),
        "devices": device_samples(nvml, cuda),
    }


class MemorySampler(threading.Thread):
    """Samples in the background, so that a peak between two records is not missed and training never waits.

    `record` is called about once a second with the latest sample, its `process_peak` the highest since the start.
    """

    def __init__(
        self,
        record: Callable[[Sample], object],
        *,
        cuda: Any = None,
        every: float = 0.1,
        records_every: int = 10,
    ) -> None:
        super().__init__(name="memory sampler", daemon=True)
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
                with suppress(Exception):  # a full disk, a lost GPU: the next second may do better
                    self.record_now()
            if self._over.wait(self._every):
                return

    @property
    def peak(self) -> int:
        """Highest memory of the process so far, in bytes."""
        self._highest.look()
        return self._highest.bytes

    def record_now(self) -> None:
        """One record, at once."""
        now = sample(self._cuda)
        self._record({**now, "process_peak": self.peak, **self._device_peak()})

    def _device_peak(self) -> Sample:
        if self._cuda is None or not self._cuda.is_available():
            return {}
        return {
            "device_peak": max(int(self._cuda.max_memory_allocated(gpu)) for gpu in range(self._cuda.device_count()))
        }

    def peak_bytes(self) -> int:
        """The peak that a run reports: of the GPU's allocator where one is used, else of the process."""
        return int(self._device_peak().get("device_peak") or self.peak)

    def stop(self) -> None:
        """End the thread and wait for it."""
        self._over.set()
        self.join()
