"""What is said while a source is read: rows and classes so far, a few times a second."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Protocol

_SECONDS = 0.25
"""Between two different things that are said."""


class CountingProgress(Protocol):
    """Called with what is being done, the share that is done, and perhaps with how many reviews each class has."""

    def __call__(self, what: str, fraction: float | None, classes: Mapping[str, int] | None = None) -> None: ...


class ReadingProgress:
    """Passes on the progress of a reading. Its methods are what `read_reviews` calls."""

    def __init__(
        self, progress: CountingProgress, *, count_classes: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._progress, self._count_classes, self._clock = progress, count_classes, clock
        self._due = float("-inf")
        self._words, self._share = "reading", 0.0
        self._classes: Mapping[str, int] = {}
        self._found: tuple[int, int, Callable[[], Mapping[str, int]]] | None = None

    def counted(self, rows: int, left_out: int, classes: Callable[[], Mapping[str, int]]) -> None:
        """Note what has been read so far; see `core.reviews.input.Counted`."""
        self._found = rows, left_out, classes

    def read(self, share: float) -> None:
        """Say something new if it is time for it; otherwise the same again, at which a request may be cancelled."""
        now = self._clock()
        if now >= self._due or share >= 1.0:
            self._due, self._share = now + _SECONDS, share
            if self._found is not None:
                rows, left_out, classes = self._found
                self._words = f"reading, {rows:,} rows so far" + (f", {left_out:,} left out" if left_out else "")
                self._classes = classes() if self._count_classes else {}
        if self._classes:
            self._progress(self._words, self._share, self._classes)
        else:
            self._progress(self._words, self._share)
