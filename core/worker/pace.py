"""How fast a run went while nobody else used the machine: what the next forecast of its kind is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.base.contention import MAX_LOST, Contention

_WINDOW_SECONDS = 0.5
"""Training time after which it is looked at whether the machine was busy: a look reads a file a thread."""


@dataclass
class _Span:
    """Training time that went into something."""

    seconds: float = 0.0
    tokens: int = 0


class Pace:
    """Follows a run by the training time that its records tell."""

    def __init__(self, seconds: float, lost: Callable[[], float] | None = None) -> None:
        """Start where the run stands.

        Args:
            seconds: training time so far.
            lost: the share of the processors that others had since the last call; None for what the kernel says.
        """
        self._seconds = seconds
        self._lost = lost or Contention(since_start=True).lost
        self._window = _Span()
        self.steps = _Span()
        """Of steps while the machine was not busy, as they would have been without the others."""
        self.evaluations: list[float] = []
        """Seconds of each evaluation, likewise; those in which the machine was busy are left out."""
        self.first_evaluation: float | None = None
        """Seconds of the first evaluation, in which libraries are loaded; None where the machine was busy."""
        self._evaluated = False
        self.lost_before = self._lost()
        """The share of the processors that others had before the first step."""

    def on_step(self, tokens: int, seconds: float) -> None:
        """A step over `tokens` was done when training had taken `seconds`."""
        self._window.seconds += seconds - self._seconds
        self._window.tokens += tokens
        self._seconds = seconds
        if self._window.seconds >= _WINDOW_SECONDS:
            self.close_window()

    def on_evaluation(self, seconds: float) -> None:
        """An evaluation was done when training had taken `seconds`."""
        lost, taken = self.close_window(), seconds - self._seconds
        self._seconds = seconds
        if lost <= MAX_LOST and self._evaluated:
            self.evaluations.append(taken * (1 - lost))
        elif lost <= MAX_LOST:
            self.first_evaluation = taken * (1 - lost)
        self._evaluated = True

    def close_window(self) -> float:
        """Count the steps since the last look, unless the machine was busy; returns the share that was lost."""
        lost, window = self._lost(), self._window
        self._window = _Span()
        if lost <= MAX_LOST:
            self.steps.seconds += window.seconds * (1 - lost)
            self.steps.tokens += window.tokens
        return lost
