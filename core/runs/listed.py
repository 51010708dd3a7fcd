"""A run as a list shows it, and everything about it that a list can show, sort and filter by, under its name."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from core.runs.outline import Value
from core.runs.status import State
from core.runs.summary import RunSummary

Kind = Literal["words", "number", "share", "seconds", "bytes", "moment", "tags"]
"""How a field is compared and written: a moment is in seconds since 1970, a share is from 0 to 1."""
FieldValue = Value | tuple[str, ...] | None


@dataclass(frozen=True)
class ListedRun:
    """A run in a list."""

    summary: RunSummary
    depth: int = 0
    """The number of listed runs that it descends from, where the list shows branches below their parents."""
    place: int | None = None
    """Its place in the queue, counted from 1; None if it does not wait."""
    settings: Mapping[str, Value | None] = field(default_factory=dict)
    """All of its settings; those that are written down, until the others are known."""
    changed: Mapping[str, Value | None] | None = None
    """The settings that differ from its preset; None while they are not known."""
    bytes_on_disk: int | None = None
    """Its size on disk; None while unknown."""
    group: str | None = None
    """The name of the group that it belongs to; None if it stands alone."""

    @property
    def id(self) -> str:
        return self.summary.id

    @property
    def state(self) -> State:
        return self.summary.state

    @cached_property
    def searched(self) -> str:
        """All words that a search for bare words looks in, in lower case."""
        values = [FIELDS[name].of(self) for name in _SEARCHED]
        words = [" ".join(one) if isinstance(one, tuple) else str(one or "") for one in values]
        return "\n".join([*words, *(note.text for note in self.summary.notes)]).casefold()


@dataclass(frozen=True)
class Field:
    """Something that is known about a run."""

    name: str
    title: str
    """A short heading."""
    help: str
    kind: Kind
    of: Callable[[ListedRun], FieldValue]


def _figure(name: Literal["accuracy", "macro_f1", "loss"]) -> Callable[[ListedRun], FieldValue]:
    def of(run: ListedRun) -> FieldValue:
        figures = run.summary.validation
        return getattr(figures, name) if figures is not None else None

    return of


def _learning_rate(run: ListedRun) -> FieldValue:
    asked = run.settings.get("learning_rate")
    return asked if isinstance(asked, float) else run.summary.learning_rate


def _settings(run: ListedRun) -> FieldValue:
    changed = "".join(f" {name}={value}" for name, value in (run.changed or {}).items())
    outline = run.summary.outline
    return f"{outline.recipe if outline is not None else run.summary.preset}{changed}"


def _method(run: ListedRun) -> FieldValue:
    return run.summary.outline.method if run.summary.outline is not None else None


def _note(run: ListedRun) -> FieldValue:
    return run.summary.notes[-1].text if run.summary.notes else None


def _parent(run: ListedRun) -> FieldValue:
    return run.summary.parent.run if run.summary.parent is not None else None


_FIELDS = (
    Field("state", "state", "Queued, running, finished, …", "words", lambda run: run.summary.state),
    Field("name", "name", "", "words", lambda run: run.summary.name),
    Field("accuracy", "accuracy", "Of the kept weights, on the validation rows", "share", _figure("accuracy")),
    Field("f1", "F1", "Macro F1 of the kept weights", "share", _figure("macro_f1")),
    Field("loss", "loss", "Validation loss of the kept weights", "number", _figure("loss")),
    Field("steps", "steps", "Optimizer steps done, of those planned", "number", lambda run: run.summary.step),
    Field("duration", "time", "Training time, without pauses", "seconds", lambda run: run.summary.duration_seconds),
    Field("began", "began", "When its first worker started", "moment", lambda run: run.summary.began),
    Field("ended", "ended", "When it ended", "moment", lambda run: run.summary.ended),
    Field("size", "size", "Of its folder on the disk", "bytes", lambda run: run.bytes_on_disk),
    Field("memory", "memory", "The highest memory of its workers", "bytes", lambda run: run.summary.peak_memory_bytes),
    Field("model", "model", "What it began with", "words", lambda run: run.summary.model),
    Field("data", "data", "What it learned from", "words", lambda run: run.summary.data),
    Field("learning_rate", "rate", "The highest learning rate, also if it was 'auto'", "number", _learning_rate),
    Field("tags", "tags", "Words that you gave it", "tags", lambda run: run.summary.tags or None),
    Field("note", "note", "Your latest note", "words", _note),
    Field("settings", "settings", "Its preset, and what differs from it", "words", _settings),
    Field("preset", "preset", "", "words", lambda run: run.summary.preset),
    Field("method", "method", "Fine-tuning, baseline or distillation", "words", _method),
    Field("group", "group", "The seeds or the sweep that it belongs to", "words", lambda run: run.group),
    Field("expected", "expected", "What you expected of it", "words", lambda run: run.summary.hypothesis or None),
    Field("queue", "queue", "Its place in the queue", "number", lambda run: run.place),
    Field("parent", "branch of", "The run that it branches off", "words", _parent),
    Field("run", "id", "", "words", lambda run: run.summary.id),
)
FIELDS: Mapping[str, Field] = {one.name: one for one in _FIELDS}
"""Name → what is known of every run besides its settings."""
_SEARCHED = ("name", "data", "model", "tags", "state", "method", "group", "preset", "expected")
ALIASES = {"macro_f1": "f1", "lr": "learning_rate", "time": "duration", "disk": "size", "notes": "note", "tag": "tags"}
"""Other names of fields."""


def field_of(name: str) -> Field:
    """Return the field of that name; any other name is taken for that of a setting."""
    if (known := FIELDS.get(name)) is not None:
        return known
    return Field(name, name, "", "number", lambda run: run.settings.get(name))


def known_names(runs: Iterable[ListedRun]) -> list[str]:
    """Return the names of all fields and of all settings that the runs have."""
    settings: dict[str, None] = {}
    for run in runs:
        settings.update(dict.fromkeys(run.settings))
    return [*FIELDS, *(name for name in settings if name not in FIELDS)]


def sorted_runs(runs: Sequence[ListedRun], name: str, *, descending: bool) -> list[ListedRun]:
    """Return the runs in the order of a field; those without a value come last, and ties keep their order."""
    of = field_of(name).of
    valued = [(key, run) for run in runs if (key := _key(of(run))) is not None]
    without = [run for run in runs if _key(of(run)) is None]
    valued.sort(key=lambda pair: pair[0], reverse=descending)
    return [run for _, run in valued] + without


def _key(value: FieldValue) -> tuple[int, float, str] | None:
    """Return what a value is sorted by: words such as `auto` come before numbers."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, str):
        return 0, 0.0, value.casefold()
    if isinstance(value, tuple):
        return 0, 0.0, " ".join(value)
    return 1, float(value), ""
