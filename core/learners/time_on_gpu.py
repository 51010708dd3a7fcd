"""What the time of a training on a GPU goes to.

A GPU computes behind the program, so the clock shows only how long the program took to hand the work out. In some steps
events are put between the kinds of work, on the device's own timeline, and read once they have passed: nothing waits
for them. What they say of one step is taken to hold until the next such step, for the time that the clock shows.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Protocol

import torch

from core.learners.time_spent import Doing, Part, TimeSpent

_EVERY = 8
"""Of this many steps, one has events in it."""
_IN_A_STEP: tuple[Part, ...] = ("input", "forward", "backward", "optimizer")


class Event(Protocol):
    """The part of a `torch.cuda.Event` with timing that is needed."""

    def record(self) -> Any:
        """Put the event behind the work that has been handed out."""

    def query(self) -> bool:
        """Return whether the device has come so far."""

    def elapsed_time(self, end_event: Any) -> float:
        """Return the milliseconds until another event, once the device has passed both."""


@dataclass
class _Sample:
    """A step with events in it, together with the steps after it that have none."""

    marks: list[tuple[Doing, Event]] = field(default_factory=list)
    """What began, and where on the device's timeline."""
    seconds: float = 0.0
    """The time of all these steps by the clock."""

    def parts(self) -> Mapping[Part, float] | None:
        """Return the seconds of each kind of work in these steps; None as long as the device has not come so far."""
        if len(self.marks) < 2:
            return {}
        if not self.marks[-1][1].query():
            return None
        found, whole = dict.fromkeys(_IN_A_STEP, 0.0), 0.0
        for (doing, event), (_, after) in pairwise(self.marks):
            if doing is not None and doing not in found:
                continue  # such as waiting for a checkpoint: the clock tells
            taken = max(event.elapsed_time(after), 0.0)
            whole += taken
            for part in found:
                found[part] += taken if part == doing else 0.0
        return {part: self.seconds * taken / whole for part, taken in found.items()} if whole else {}


class TimeSpentOnGpu(TimeSpent):
    """The seconds spent on each kind of work; those of steps are divided up as the events say."""

    def __init__(self, make_event: Callable[[], Event], clock: Callable[[], float] = time.monotonic) -> None:
        self._make_event = make_event
        super().__init__(clock)

    def begin(self) -> None:
        super().begin()
        self._steps, self._marking = 0, False
        self._sample = _Sample()
        self._earlier: deque[_Sample] = deque()
        """Samples whose events the device may not have passed."""

    def switch(self, doing: Doing) -> None:
        super().switch(doing)
        if self._marking:
            event = self._make_event()
            event.record()
            self._sample.marks.append((doing, event))
            self._marking = doing != "waiting"

    def step(self) -> None:
        self.switch(self._doing)
        self._marking = self._steps % _EVERY == 0
        self._steps += 1
        if self._marking:
            self._earlier.append(self._sample)
            self._sample = _Sample()
            while self._earlier and (parts := self._earlier[0].parts()) is not None:
                self._earlier.popleft()
                self._add(self._spent, parts)

    def seconds(self) -> dict[Part, float]:
        found = super().seconds()
        for sample in (*self._earlier, self._sample):
            self._add(found, sample.parts() or {})
        return found

    def _count(self, doing: Doing, seconds: float) -> None:
        if doing in _IN_A_STEP or doing == "waiting":
            self._sample.seconds += seconds
        else:
            super()._count(doing, seconds)

    @staticmethod
    def _add(totals: dict[Part, float], parts: Mapping[Part, float]) -> None:
        for part, seconds in parts.items():
            totals[part] += seconds


class _DeviceEvent:
    """An event on the stream of a device, which need not be the current one."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._event: Any = torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]

    def record(self) -> None:
        self._event.record(torch.cuda.current_stream(self._device))

    def query(self) -> bool:
        return bool(self._event.query())

    def elapsed_time(self, end_event: _DeviceEvent) -> float:
        return float(self._event.elapsed_time(end_event._event))


def time_spent(device: torch.device, clock: Callable[[], float]) -> TimeSpent:
    """Return what counts the time of a training on `device`."""
    if device.type != "cuda":
        return TimeSpent(clock)
    return TimeSpentOnGpu(lambda: _DeviceEvent(device), clock)
