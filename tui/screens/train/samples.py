"""What charts need of a run besides its steps, followed as it goes: what it records about memory, processors and time
once a second, in columns, and how many of its steps were clipped."""

from __future__ import annotations

import math
from array import array
from collections import defaultdict
from typing import TypeAlias

from core.runs.figures import GpuMemory
from core.runs.history import RunHistory
from core.runs.records import MemoryRecord, TimeRecord
from core.runs.steps import Steps

Values: TypeAlias = "array[float]"

_OF_A_GPU = ("ours_reserved", "other", "utilisation", "temperature", "power")
_OF_THE_PROCESSORS = ("processors_ours", "processors_busy", "lost")


class Clipped:
    """Counts the steps whose gradients were clipped."""

    def __init__(self) -> None:
        self._norms: Values = array("d")
        self._most = 0.0
        self._looked_at = self._clipped = 0

    def share(self, steps: Steps, most: float) -> float:
        """Return the share of the steps whose gradient norm was above `most`; 0 without steps."""
        norms = steps.column("gradient_norm")
        if norms is not self._norms or most != self._most:
            self._norms, self._most, self._looked_at, self._clipped = norms, most, 0, 0
        self._clipped += sum(map(most.__lt__, norms[self._looked_at :]))
        self._looked_at = len(norms)
        return self._clipped / max(self._looked_at, 1)


class Samples:
    """Follows the memory and time records of one run. What is not known, or lies between two workers, is NaN."""

    def __init__(self) -> None:
        self.seconds: Values = array("d")
        """Seconds of work: the time between two workers is left out, and there is a gap."""
        self.processors: dict[str, Values] = {name: array("d") for name in _OF_THE_PROCESSORS}
        self.process: Values = array("d")
        """Bytes of the worker."""
        self.gpus: dict[tuple[int, str], Values] = {}
        """(index of a GPU, figure) → its values: bytes, shares, °C and W."""
        self.time_seconds: Values = array("d")
        self.shares: dict[str, Values] = defaultdict(lambda: array("d"))
        """What the time was spent on → its share, between two time records, which end at `time_seconds`."""
        self.clipped = Clipped()
        self._done = self._times = 0
        self._begun = 0.0
        self._last_time: TimeRecord | None = None
        self._elapsed = 0.0

    def follow(self, history: RunHistory) -> None:
        """Take over what is new of a run, which must always be the same."""
        starts = set(history.worker_starts)
        for place in range(self._done, len(history.memory)):
            record = history.memory[place]
            if not self.seconds:
                self._begun = history.begun if history.begun is not None else record.time
            elif place in starts:
                self._begun = record.time - self.seconds[-1]
                self._add(self.seconds[-1], None)
            self._add(max(round(record.time - self._begun, 1), self.seconds[-1] if self.seconds else 0.0), record)
        self._done = len(history.memory)
        for time in history.times[self._times :]:
            self._add_time(time)
        self._times = len(history.times)

    def _add(self, second: float, record: MemoryRecord | None) -> None:
        self.seconds.append(second)
        self.process.append(math.nan if record is None else record.process)
        for name, column in self.processors.items():
            column.append(_known(getattr(record, name, None)))
        for index in range(max(len(record.devices) if record is not None else 0, self._gpus())):
            gpu = record.devices[index] if record is not None and index < len(record.devices) else None
            for name in _OF_A_GPU:
                if (index, name) not in self.gpus:
                    self.gpus[index, name] = array("d", [math.nan] * (len(self.seconds) - 1))
                self.gpus[index, name].append(_of_gpu(gpu, name))

    def _gpus(self) -> int:
        return len(self.gpus) // len(_OF_A_GPU)

    def _add_time(self, now: TimeRecord) -> None:
        before = self._last_time if self._last_time is not None and self._last_time.elapsed <= now.elapsed else None
        took = now.elapsed - (before.elapsed if before is not None else 0.0)
        self._last_time = now
        if took <= 0:
            return
        self._elapsed += took
        self.time_seconds.append(self._elapsed)
        for part in PARTS:
            spent = getattr(now, part) - (getattr(before, part) if before is not None else 0.0)
            self.shares[part].append(min(max(spent / took, 0.0), 1.0))


PARTS = ("input", "forward", "backward", "optimizer", "evaluation", "checkpoint", "paused")
"""What the time is spent on, as `TimeRecord` has it."""


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _of_gpu(gpu: GpuMemory | None, name: str) -> float:
    return math.nan if gpu is None or gpu.error else _known(getattr(gpu, name))
