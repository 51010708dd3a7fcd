"""What the time of a training goes to: input, forward and backward passes, the optimizer, evaluations, and so on.

Whoever does a kind of work says when it begins. At any time at most one kind is under way, so the parts cannot add up
to more than the time there was; what belongs to none is bookkeeping.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal, get_args

Part = Literal["input", "forward", "backward", "optimizer", "evaluation", "checkpoint", "paused"]
"""The kinds of work; see `core.runs.records.TimeRecord`."""
PARTS: tuple[Part, ...] = get_args(Part)
Doing = Part | Literal["waiting"] | None
"""A kind of work, waiting for the steps that were handed to a device, or bookkeeping."""


class TimeSpent:
    """The seconds spent on each kind of work, by the clock: on a CPU, which computes immediately."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Args: clock: returns seconds."""
        self._clock = clock
        self.begin()

    def begin(self) -> None:
        """Count from now on."""
        self._spent: dict[Part, float] = dict.fromkeys(PARTS, 0.0)
        self._doing: Doing = None
        self._began = self._since = self._clock()

    def switch(self, doing: Doing) -> None:
        """Count the time from now on as that of `doing`."""
        now = self._clock()
        self._count(self._doing, now - self._since)
        self._doing, self._since = doing, now

    @contextmanager
    def on(self, doing: Doing) -> Iterator[None]:
        """Count the time of the block as that of `doing`, unless something in it switches; then go on as before."""
        before = self._doing
        self.switch(doing)
        try:
            yield
        finally:
            self.switch(before)

    def step(self) -> None:
        """Tell that the work on a step begins, with its input. It ends with waiting for steps that were handed out."""

    def elapsed(self) -> float:
        """Return the seconds since `begin`."""
        return self._clock() - self._began

    def seconds(self) -> dict[Part, float]:
        """Return the seconds of each kind of work since `begin`."""
        self.switch(self._doing)
        return dict(self._spent)

    def _count(self, doing: Doing, seconds: float) -> None:
        if doing is not None and doing != "waiting":
            self._spent[doing] += seconds
