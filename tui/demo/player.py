"""Plays a recorded journal: writes its records one after the other, at the recorded pace times a speed.

It does what a worker does for whoever reads the run's folder, and no more: it beats, it pauses when asked, and it stops
when asked. It has no clock and no thread of its own, so that a test can play hours at once.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from core.runs.control import ControlReader
from core.runs.figures import ValidationFigures
from core.runs.folder import RunFolder
from core.runs.journal import JournalWriter
from core.runs.records import (
    ContinuedRecord,
    EvaluationRecord,
    MemoryRecord,
    PausedRecord,
    Record,
    StartedRecord,
    StepRecord,
    StoppedRecord,
)

_BEAT_SECONDS, _LOOK_SECONDS = 1.0, 0.25
"""Seconds between two beats without news, and the most between two looks at what the user asks for."""
STOPPED = "the replay of a recording was stopped; there is nothing to save or to resume"


class Player:
    """Writes a recorded journal as time goes on."""

    def __init__(self, records: Sequence[Record], run: RunFolder, speed: float, now: float, date: float) -> None:
        """Begin to play.

        Args:
            records: What was recorded.
            run: The folder with the journal, and with what the user asks for.
            speed: How many recorded seconds pass in one second.
            now: Seconds, like those given to `play`.
            date: Seconds since 1970 at that moment.
        """
        self._records, self._speed = records, speed
        self._control = ControlReader(run.control)
        self._journal = JournalWriter(run.journal, clock=lambda: self._date)
        seconds = records[-1].time - records[0].time
        self._begun = self._date = date - max(seconds - seconds / speed, 0.0)
        """When the first record is said to have been written. As much time lies between two records as was recorded; so
        a fast replay begins in the past, and only its last record has the time of its writing."""
        self._position = self._waited = 0.0
        """Recorded seconds that were played, and seconds of pauses."""
        self._now, self._next = now, 0
        self._paused = False
        self._beat = now
        self._memory: MemoryRecord | None = None
        self._step: StepRecord | None = None
        self._best: EvaluationRecord | None = None

    @property
    def is_over(self) -> bool:
        """Whether the last record was written."""
        return self._next >= len(self._records)

    def play(self, now: float, awake: float) -> float:
        """Write what is due, and return in how many seconds to call this again.

        Args:
            now: Seconds; awake: seconds that this machine has been awake since it booted.
        """
        passed, self._now = max(now - self._now, 0.0), now
        if self._paused:
            self._waited += passed
        else:
            self._position += passed * self._speed
        for request in self._control.read_new():
            if request in ("pause", "continue"):
                self._pause(request == "pause")
            elif request in ("stop", "stop_and_save"):
                self._stop()
        while not self.is_over and not self._paused and self._due() <= 0:
            record = self._records[self._next]
            self._write(record, record.time - self._records[0].time, awake)
            self._next += 1
        if not self.is_over and now - self._beat >= _BEAT_SECONDS and self._memory is not None:
            self._write(self._memory, self._position, awake)  # a pause, or a recorded phase without news
        return _LOOK_SECONDS if self._paused or self.is_over else min(self._due(), _LOOK_SECONDS)

    def close(self) -> None:
        """Close the journal."""
        self._journal.close()

    def _due(self) -> float:
        """Return in how many seconds the next record is to be written."""
        recorded = self._records[self._next].time - self._records[0].time
        return (recorded - self._position) / self._speed

    def _write(self, record: Record, position: float, awake: float = 0.0) -> None:
        """Write a record that was made at `position` of the recording."""
        if isinstance(record, MemoryRecord):
            record = msgspec.structs.replace(record, idle=0.0, awake=awake)
            self._memory, self._beat = record, self._now
        elif isinstance(record, StartedRecord):
            record = msgspec.structs.replace(record, awake=awake)
        elif isinstance(record, StepRecord):
            self._step = record
        elif isinstance(record, EvaluationRecord) and record.best:
            self._best = record
        self._date = self._begun + position + self._waited
        self._journal.write(record)

    def _pause(self, paused: bool) -> None:
        if paused != self._paused and not self.is_over:
            self._paused = paused
            self._write(PausedRecord() if paused else ContinuedRecord(), self._position)

    def _stop(self) -> None:
        if self.is_over:
            return
        step, best = self._step, self._best
        kept = ValidationFigures(loss=best.loss, accuracy=best.accuracy, macro_f1=best.macro_f1) if best else None
        end = StoppedRecord(
            message=STOPPED,
            epochs=step.epoch if step else None,
            steps=step.step if step else None,
            seconds=step.seconds if step else None,
            validation=kept,
            best_epoch=best.epoch if best else None,
        )
        self._write(end, self._position)
        self._next = len(self._records)
