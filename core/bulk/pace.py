"""The progress of a long classification: rows done, reviews per second, and an estimate of the time left."""

from __future__ import annotations

import time
from collections.abc import Callable

Progress = Callable[[str, float | None], None]
"""Called with a description of the current work and the share done (None if unknown)."""

_SECONDS = 0.5
"""Time between two reports: more would be too much for a terminal over a slow connection."""


class Pace:
    """Reports progress."""

    def __init__(self, progress: Progress, done: int, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._progress, self._first, self._total, self._clock = progress, done, total, clock
        self._began = clock()
        self._told = self._began - _SECONDS

    def tell(self, done: int) -> None:
        """Report that `done` rows are done, unless the last report was less than half a second ago."""
        now = self._clock()
        if now - self._told < _SECONDS and done < self._total:
            return
        self._told = now
        words = f"classifying, {done:,} of {self._total:,} reviews"
        seconds = now - self._began
        if seconds > 0 and done > self._first:
            rate = (done - self._first) / seconds
            words += f", {rate:,.0f} reviews/s" if rate >= 10 else f", {rate:.1f} reviews/s"
            if done < self._total:
                words += f", about {about((self._total - done) / rate)} left (estimate)"
        self._progress(words, done / self._total)


def about(seconds: float) -> str:
    """Return an estimated time in coarse words: 40 s, 12 min, 3 h 20 min."""
    if seconds < 60:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
