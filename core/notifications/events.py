"""The events that a run's journal and state hold: what is told, and the facts of each.

`EventFinder` is a pure function of the records and states that it is given, one after the other. It keeps what it needs
of them, so that a long run takes no more memory than a short one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.base.text import clean_line
from core.diagnosis.finding import Figures
from core.diagnosis.rules import diverging, not_finite
from core.notifications.preferences import EventKind
from core.runs.figures import ValidationFigures
from core.runs.history import RunHistory
from core.runs.records import EvaluationRecord, FailedRecord, FinishedRecord, Record, StepRecord
from core.runs.status import RunStatus

_CHECK_STEPS, _CHECK_SHARE = 20, 50
"""It is looked again whether the loss rises after these steps, or after one for this many that are kept: a look takes
time for each."""
_MOST_STEPS = 10_000
"""Steps that are kept, and twice as many while they are collected."""
_MOST_RECORDS = 1_000
"""Other records of a kind that are kept, and twice as many while they are collected."""
_LONGEST = 500
"""Characters of a message."""


@dataclass(frozen=True)
class Event:
    """Something that happened to a run."""

    kind: EventKind
    key: str
    """What tells it apart from the other events of its run; a file name."""
    time: float
    """When it happened, in seconds since 1970."""
    message: str = ""
    evaluation: EvaluationRecord | None = None
    """The evaluation that it is about."""
    by_death: bool = False
    """Whether the worker is dead, so that no process of the run can tell it."""


class EventFinder:
    """Finds the events of one run since a moment, each once."""

    def __init__(self, since: float) -> None:
        """Args: since: Seconds since 1970; what happened before is no event."""
        self.history = RunHistory()
        self._since = since
        self._in_past = True
        self._diverged = False
        """Whether the loss has risen or become no number; that happens to a run once."""
        self._unchecked = 0
        """Steps since it was last looked at the losses."""
        self._seen: set[str] = set()

    def read(self, records: Sequence[Record]) -> list[Event]:
        """Return the events in new records."""
        past = 0
        if self._in_past and records:
            past = next((place for place, one in enumerate(records) if one.time >= self._since), len(records))
            self.history.update(records[:past])
            self._in_past = past == len(records)
            self._look_at_losses()  # what they say already is no event
        new = records[past:]
        self.history.update(new)
        found = [event for one in new if one.time >= self._since for event in _event_of(one)]
        steps = [one.loss for one in new if isinstance(one, StepRecord)]
        self._unchecked += len(steps)
        due = self._unchecked >= max(_CHECK_STEPS, len(self.history.steps) // _CHECK_SHARE)
        if (due or not all(map(math.isfinite, steps))) and (sentence := self._look_at_losses()):
            found.append(Event("diverged", "diverged", self.history.last_time or self._since, sentence))
        self._forget()
        return self._new(found)

    def see(self, status: RunStatus) -> list[Event]:
        """Return the events that the state of the run shows, which no record tells."""
        history = self.history
        found: list[Event] = []
        if status.unresponsive_since is not None and status.unresponsive_since >= self._since:
            key = f"stalled-{history.workers}-{history.step}"
            found.append(Event("stalled", key, status.unresponsive_since))
        elif status.state == "interrupted" and (history.last_time or 0.0) >= self._since:
            words = f"Its worker died {f'at step {history.step:,}' if history.step else 'before its first step'}."
            key = f"interrupted-{history.workers}"
            found.append(Event("failed", key, history.last_time or self._since, words, by_death=True))
        return self._new(found)

    def _new(self, found: list[Event]) -> list[Event]:
        new = [one for one in found if one.key not in self._seen]
        self._seen.update(one.key for one in new)
        return new

    def _look_at_losses(self) -> str:
        """Return a sentence if the loss has newly risen far or is no number any more; empty if not."""
        self._unchecked = 0
        if self._diverged or self.history.plan is None or not self.history.steps:
            return ""
        figures = Figures(self.history, {})
        finding = not_finite(figures) or diverging(figures)
        self._diverged = finding is not None
        return finding.sentence if finding is not None else ""

    def _forget(self) -> None:
        history = self.history
        if len(history.steps) > 2 * _MOST_STEPS:
            history.steps = history.steps[-_MOST_STEPS:]
        for kept in (history.memory, history.layers, history.times, history.notices):
            if len(kept) > 2 * _MOST_RECORDS:
                del kept[:-_MOST_RECORDS]


def _event_of(record: Record) -> list[Event]:
    """Return the event that a record is; empty if it is none. What the user did, such as stopping a run, is none."""
    if isinstance(record, FinishedRecord | FailedRecord):
        return [Event("finished" if isinstance(record, FinishedRecord) else "failed", _key(record), record.time)]
    if isinstance(record, EvaluationRecord) and record.best and not record.interim and record.tie_margin is None:
        return [Event("best", f"best-{record.step}", record.time, evaluation=record)]
    return []


def _key(record: Record) -> str:
    return f"{record.kind}-{record.time:.3f}"


def facts_of(event: Event, run: str, name: str, folder: str, history: RunHistory, state: str) -> dict[str, Any]:
    """Return what is known about an event, as the JSON object that a command gets. Every text is clean.

    Args:
        event: The event.
        run: Id of the run; name: what it is called now; folder: its path.
        history: Its journal.
        state: Its state now.
    """
    end, last = history.end, history.steps[-1] if history.steps else None
    kept: EvaluationRecord | ValidationFigures | None = event.evaluation or (end and end.validation) or history.best
    seconds = end.seconds if end is not None else None
    plan = history.plan
    facts = {
        "event": event.kind,
        "run": run,
        "name": clean_line(name, _LONGEST),
        "state": state,
        "step": history.step,
        "steps": plan.steps if plan is not None else None,
        "epoch": last.epoch if last is not None else None,
        "epochs": plan.epochs if plan is not None else None,
        "accuracy": _finite(kept.accuracy) if kept is not None else None,
        "macro_f1": _finite(kept.macro_f1) if kept is not None else None,
        "loss": _finite(kept.loss) if kept is not None else None,
        "seconds": seconds if seconds is not None else last.seconds if last is not None else None,
        "message": clean_line(event.message or (end.message if end is not None else ""), _LONGEST),
        "time": event.time,
        "host": clean_line(history.host, _LONGEST),
        "folder": clean_line(folder),
    }
    return {**facts, "text": sentence_of(facts)}


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None


_WORDS: dict[str, str] = {
    "finished": "has finished",
    "failed": "has failed",
    "stalled": "is silent",
    "diverged": "diverges",
    "best": "is the best so far",
}


def sentence_of(facts: dict[str, Any]) -> str:
    """Return an event in one line: `lamps has finished: accuracy 0.938, macro F1 0.938, step 288 of 288`."""
    parts = [facts["message"]] if facts["message"] else []
    if facts["event"] in ("finished", "best") and facts["accuracy"] is not None:
        parts.append(f"accuracy {facts['accuracy']:.3f}, macro F1 {facts['macro_f1'] or 0:.3f}")
    if facts["steps"]:
        parts.append(f"step {facts['step']:,} of {facts['steps']:,}")
    head = f"{clean_line(facts['name'], 60)} {_WORDS[facts['event']]}"
    return f"{head}: {', '.join(parts)}" if parts else head


EXAMPLE: dict[str, Any] = {
    **dict.fromkeys(("event", "run", "name", "state", "message", "folder", "host"), "example"),
    **dict.fromkeys(("step", "steps", "epoch", "epochs", "accuracy", "macro_f1", "loss", "seconds", "time")),
    "text": "This is how you are told about runs.",
}
"""The facts of an event that never happened, to try out the ways in which events are told."""
