"""Groups whose runs train at once: workers that this process stands in for, and kills between any two writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from core.experiments import advance as advancing
from core.experiments import continuing
from core.experiments.advance import advance
from core.runs import queue
from core.runs.folder import RunFolder
from core.runs.group import GroupFolder
from core.runs.launch import Launched
from core.runs.lock import RunLock
from core.runs.logout import Detachment
from core.runs.queue import leave
from core.runs.request import Request
from core.settings.schema import Settings
from tests.tui.made_runs import append, hold

Scores = Callable[[Request], dict[str, float]]


class Killed(BaseException):
    """A process was killed."""


class Machine:
    """A machine on which a run trains in no time, with scores that are a function of its settings."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, scores: Scores) -> None:
        self.scores = scores
        self.trained: list[tuple[str, int]] = []
        """Name and total epochs of each training, in order."""
        self._held: dict[str, RunLock] = {}
        monkeypatch.setattr(queue, "launch_worker", self._launch)
        monkeypatch.setattr(continuing, "advance_apart", self._advance)

    def _advance(self, *groups: GroupFolder) -> None:
        for group in groups or advancing.list_groups():
            advance(group)

    def _launch(self, run: RunFolder, *, resume: bool = False, extend: int | None = None) -> Launched:
        self._held[run.id] = hold(run)
        append(run, "started", pid=1, host="box", awake=1.0)
        return Launched(1, Detachment("session", True, "for a test"))

    def work(self, ended: Callable[[RunFolder], Any] | None = None) -> None:
        """Train what has started, and what starts thereafter, until nothing trains."""
        while self._held:
            run_id, lock = next(iter(self._held.items()))
            run = next(one for one in queue.list_runs() if one.id == run_id)
            self.train(run)
            lock.release()
            del self._held[run_id]
            leave(run)
            if ended is not None:
                ended(run)
            continuing.run_ended(run.request().group)

    def power_cut(self) -> None:
        """End every process at once."""
        for lock in self._held.values():
            lock.release()
        self._held.clear()

    def train(self, run: RunFolder) -> None:
        """Write what a worker writes."""
        from core.runs.extension import begin_extension
        from core.runs.journal import JournalWriter
        from core.runs.queue_entry import read_entry

        entry = read_entry(run.queue_entry)
        if entry is not None and entry.extend is not None:
            journal = JournalWriter(run.journal)
            begin_extension(run, journal, entry.extend)
            journal.close()
        request = run.request()
        epochs = request.settings.epochs
        self.trained.append((request.name, epochs))
        append(run, "plan", steps=epochs * 10, epochs=epochs, rows=160)
        append(run, "step", step=epochs * 10, epoch=epochs, loss=0.5, learning_rate=1e-5, seconds=float(epochs))
        scores = {"loss": 0.5, "accuracy": 0.5, "macro_f1": 0.5, **self.scores(request)}
        append(run, "finished", message="", epochs=epochs, steps=epochs * 10, seconds=float(epochs),
               validation=scores, best_epoch=1.0)  # fmt: skip


def request(**settings: Any) -> Request:
    """A request for a group."""
    return Request(name="base", data="/data/reviews.csv", settings=Settings(model="starter", **settings))
