"""How busy the processors are: with this process, and with all of them.

What other processes take is the difference. It slows this process only if there is not enough for all; how much of its
time is lost to that, `Contention` measures.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil

from core.base.contention import Contention
from core.base.control_groups import OWN_GROUP, ROOT, content, group_folders

_MIN_SECONDS = 0.2
"""The kernel counts in hundredths of a second, so shares of a shorter time mean nothing."""
_THREADS = Path("/proc/self/task")


class ProcessorTimes(NamedTuple):
    """Seconds of processor time so far."""

    ours: float
    """Of this process and the processes that it has started."""
    all: float
    """Of all processes of the machine."""


def processor_times() -> ProcessorTimes:
    """Read the times from the kernel."""
    system = psutil.cpu_times()
    idle = system.idle + getattr(system, "iowait", 0.0) + getattr(system, "steal", 0.0)
    guests = getattr(system, "guest", 0.0) + getattr(system, "guest_nice", 0.0)  # these are counted as user, too
    own = os.times()
    return ProcessorTimes(sum(own[:4]) + _children(), sum(system) - idle - guests)


def usable_processors(root: Path = ROOT, own: Path = OWN_GROUP) -> float:
    """Return how many processors this process may use; not a whole number if its control group has a quota."""
    found = [float(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)]
    for folder in group_folders("cpu", root, own):
        quota, _, period = content(folder / "cpu.max").partition(" ")
        if not quota:
            quota, period = (content(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
        if quota.isdecimal() and period.isdecimal() and int(period):
            found.append(int(quota) / int(period))
    return min(found)


class Processors:
    """Watches the processors from one reading to the next."""

    def __init__(
        self,
        lost: Callable[[], float] | None = None,
        times: Callable[[], ProcessorTimes] = processor_times,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args:
        lost: returns the share of the time since its last call that this process waited for a processor; None to ask
            the kernel.
        times: returns the processor times so far.
        clock: returns seconds.
        """
        self._lost, self._times, self._clock = lost or Contention().lost, times, clock
        self._usable = usable_processors()
        self._since, self._before = clock(), times()

    def read(self) -> dict[str, float]:
        """Return `processors`, and since the last reading `processors_ours`, `processors_busy` and `lost`.

        See `core.runs.records.MemoryRecord`. If that was only a moment ago, they are left out.
        """
        passed = self._clock() - self._since
        found = {"processors": round(self._usable, 2)}
        if passed < _MIN_SECONDS:
            return found
        now, before = self._times(), self._before
        self._since, self._before = self._since + passed, now
        ours, everything = (max(late - early, 0.0) / passed for late, early in zip(now, before, strict=True))
        return {
            **found,
            "processors_ours": round(ours, 3),
            "processors_busy": round(max(everything, ours), 3),
            "lost": round(min(max(self._lost(), 0.0), 1.0), 4),
        }


def _children(threads: Path = _THREADS) -> float:
    """Return the seconds of processor time of the living processes that this one has started."""
    found = 0.0
    with suppress(OSError):
        for thread in threads.iterdir():
            for pid in content(thread / "children").split():
                with suppress(psutil.Error, ValueError):  # it has just ended
                    found += sum(psutil.Process(int(pid)).cpu_times()[:4])
    return found
