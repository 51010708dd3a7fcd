"""What was asked differently of one entry than of another, and which other that is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from core.lab_journal.entry import Change
from core.lab_journal.stages import JournalRun, Stage
from core.runs.outline import Outline, Value
from core.settings.baseline import OF_BASELINE

Sort = Literal["run", "baseline", "student", "seeds", "sweep", "versus", "distillation", "folds"]
Asked = Mapping[str, Value | None]
"""Name → value of everything that was asked."""


@dataclass(frozen=True)
class Candidate:
    """An entry that later ones can be held against."""

    id: str
    """Of the entry."""
    name: str
    time: float
    sort: Sort
    data: str
    asked: Asked
    run: JournalRun | None = None
    """None for a group."""
    stage: Stage | None = None
    group: str | None = None


def asked_of(outline: Outline, epochs: int | None = None) -> dict[str, Value | None]:
    """Return everything that was asked of a run, by name; of a baseline only what it has. Imports pydantic.

    Args:
        epochs: Its epochs at that time; None for those that are written down.
    """
    settings = outline.all_settings()
    if epochs is not None:
        settings |= {"epochs": epochs, "max_steps": None}
    if outline.method == "baseline":
        settings = {name: value for name, value in settings.items() if name in OF_BASELINE}
    found: dict[str, Value | None] = {"validation": outline.validation, "method": outline.method}
    if outline.distillation is not None:
        found |= {name: _plain(value) for name, value in asdict(outline.distillation).items()}
    found |= {
        f"reading {name}": _plain(value) for name, value in outline.reading.items() if value not in (None, "auto")
    }
    return found | settings


def _plain(value: object) -> Value | None:
    """Return a value as one that can be shown and compared."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={one}" for key, one in value.items())
    return ", ".join(map(str, value)) if isinstance(value, Sequence) else str(value)


def differences(before: Asked, after: Asked, ignored: Sequence[str] = ()) -> tuple[Change, ...]:
    """Return what was asked differently."""
    names = [name for name in dict.fromkeys((*after, *before)) if name not in ignored]
    return tuple(
        Change(setting=name, before=before.get(name), after=after.get(name))
        for name in names
        if before.get(name) != after.get(name)
    )


def from_preset(outline: Outline) -> tuple[Change, ...]:
    """Return the settings that differ from the preset, for an entry that is held against no other. Imports pydantic."""
    usual = outline.usual_settings()
    changed = outline.changed_settings()
    if outline.method == "baseline":
        changed = {name: value for name, value in changed.items() if name in OF_BASELINE}
    return tuple(Change(setting=name, before=usual.get(name), after=value) for name, value in changed.items())


def by_data(candidates: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    """Return the candidates on the same data, the earliest first."""
    found: dict[str, list[Candidate]] = {}
    for one in sorted(candidates, key=lambda one: (one.time, one.id)):
        found.setdefault(one.data, []).append(one)
    return found


_APART: frozenset[Sort] = frozenset(("baseline", "student", "distillation"))
"""What is held against its like only."""


def latest_before(candidates: Sequence[Candidate], sort: Sort, time: float) -> Candidate | None:
    """Return the latest earlier entry of the same sort; if there is none, one of another sort.

    A baseline is held against baselines only, and a student against students, and nothing else against either: what is
    gained over a baseline is said apart, and a student is compared with its teacher.

    Args:
        candidates: Those on the same data, the earliest first.
    """
    other: Candidate | None = None
    for one in reversed(candidates[: bisect_left(candidates, time, key=lambda one: one.time)]):
        if one.sort == sort:
            return one
        if other is None and not _APART & {one.sort, sort}:
            other = one
    return other
