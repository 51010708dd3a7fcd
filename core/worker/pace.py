"""The speed of a run while the machine was not busy, which improves the next forecast of its kind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.base.contention import MAX_LOST, Contention

_WINDOW_SECONDS = 0.5
"""Training time between checks whether the machine is busy; a check reads one file per thread."""


@dataclass
class _Span:
    """Training time, and the tokens computed in it."""

    seconds: float = 0.0
    tokens: int = 0


class Pace:
    """Follows the speed of a run through the training time in its records."""

    def __init__(self, seconds: float, lost: Callable[[], float] | None = None) -> None:
        """Args:
        seconds: training time so far.
        lost: returns the share of the processors that other processes had since its last call; None to ask the kernel.
        """
        self._seconds = seconds
        self._lost = lost or Contention(since_start=True).lost
        self._window = _Span()
        self.steps = _Span()
        """Steps while the machine was not busy, without the time lost to other processes."""
        self.evaluations: list[float] = []
        """Seconds of each later evaluation while the machine was not busy, without the time lost to other processes."""
        self.first_evaluation: float | None = None
        """Seconds of the first evaluation, which loads libraries; None if the machine was busy."""
        self._evaluated = False
        self.lost_before = self._lost()
        """Share of the processors that other processes had before the first step."""

    def on_step(self, tokens: int, seconds: float) -> None:
        """Record a step over `tokens` that ended after `seconds` of training time."""
        self._window.seconds += seconds - self._seconds
        self._window.tokens += tokens
        self._seconds = seconds
        if self._window.seconds >= _WINDOW_SECONDS:
            self.close_window()

    def on_evaluation(self, seconds: float) -> None:
        """Record an evaluation that ended after `seconds` of training time."""
        lost, taken = self.close_window(), seconds - self._seconds
        self._seconds = seconds
        if lost <= MAX_LOST and self._evaluated:
            self.evaluations.append(taken * (1 - lost))
        elif lost <= MAX_LOST:
            self.first_evaluation = taken * (1 - lost)
        self._evaluated = True

    def close_window(self) -> float:
        """Count the steps since the last check, unless the machine was busy; return the share lost to others."""
        lost, window = self._lost(), self._window
        self._window = _Span()
        if lost <= MAX_LOST:
            self.steps.seconds += window.seconds * (1 - lost)
            self.steps.tokens += window.tokens
        return lost
