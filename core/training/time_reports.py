"""Reports what the time of a training was spent on, often enough to follow it and seldom enough to cost nothing."""

from __future__ import annotations

from collections.abc import Callable

from core.learners.time_spent import TimeSpent
from core.runs.records import TimeRecord

_SECONDS = 1.0
"""Seconds between two reports that nothing else calls for."""


class TimeReports:
    """The reports on one `TimeSpent`."""

    def __init__(self, spent: TimeSpent, clock: Callable[[], float], report: Callable[[TimeRecord], None]) -> None:
        """Args: clock: returns seconds."""
        self._spent, self._clock, self._report = spent, clock, report
        self._due = float("-inf")

    def report(self, step: int) -> None:
        """Report now, after `step` steps of the run."""
        found = {part: round(seconds, 4) for part, seconds in self._spent.seconds().items()}
        self._report(TimeRecord(step=step, elapsed=round(self._spent.elapsed(), 4), **found))
        self._due = self._clock() + _SECONDS

    def report_if_due(self, step: int) -> None:
        """Report, unless the last report was less than a second ago."""
        if self._clock() >= self._due:
            self.report(step)
