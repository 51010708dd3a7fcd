"""What an entry of the lab journal says. Scores and shares are fractions of 1."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from core.comparison.judged import Pair
from core.runs.outline import Value

Kind = Literal[
    "run",
    "branch",
    "extension",
    "baseline",
    "student",
    "seeds",
    "sweep",
    "versus",
    "distillation",
    "folds",
    "group",
    "comparison",
]
KINDS: dict[Kind, str] = {
    "run": "run",
    "branch": "branch",
    "extension": "extension",
    "baseline": "baseline",
    "student": "student",
    "seeds": "seeds",
    "sweep": "sweep",
    "versus": "models against each other",
    "distillation": "distillation",
    "folds": "labels judged in folds",
    "group": "group",
    "comparison": "comparison",
}
"""Kind → its name in text."""


class Dated(msgspec.Struct, frozen=True, kw_only=True):
    """A remark of the user."""

    time: float
    """In seconds since 1970."""
    text: str


class Expected(Dated, frozen=True, kw_only=True):
    """What the user expected; an empty text takes back what was said before."""

    at_start: bool
    """Whether it was said before anything was done."""
    after_result: bool
    """Whether the result was known when it was said."""


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What came out of a run; None for what is not known, or is not finite."""

    accuracy: float | None = None
    macro_f1: float | None = None
    loss: float | None = None
    rows: int | None = None
    """Validation rows."""
    epochs: float | None = None
    """That were trained."""
    seconds: float | None = None
    """Of training."""
    found_layers: bool = False
    """Whether an earlier run had computed its frozen layers, which that time leaves out."""
    peak_memory_bytes: int | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was asked differently."""

    setting: str
    before: Value | None
    after: Value | None


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry is held against."""

    id: str
    """Of an entry; of a run that was deleted, that of the run."""
    name: str
    relation: Literal["branch", "extension", "teacher", "earlier"]
    """Whether it branches off it, extends it, imitates it, or is just the next one on the same data."""
    step: int | None = None
    """Of a branch: where it begins."""
    is_known: bool = True
    """Whether its folder is still there and can be read."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """Scores that an entry is held against, in one line."""

    name: str
    accuracy: float | None
    macro_f1: float | None = None
    loss: float | None = None
    seconds: float | None = None
    found_layers: bool = False


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """Whether an entry is better than what it is held against, in accuracy."""

    sentence: str
    verdict: str | None = None
    """Better, worse, practically equal or not distinguishable; None if that is not said."""
    comparison: str = ""
    """Id of the kept comparison that says so; empty if it follows from the answers to the validation rows."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a group."""

    number: int
    name: str
    run: str | None
    """None if it was not made yet."""
    state: str
    settings: dict[str, Value | None]
    """How it differs from what the group's runs begin with."""
    why: str
    figures: Figures


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the lab journal."""

    id: str
    """That of the run, group or comparison; of an extension `run@epochs`."""
    kind: Kind
    time: float
    """When it was begun, in seconds since 1970."""
    name: str
    state: str
    """Of the run or group; empty for a comparison."""
    run: str | None = None
    """Id of its run."""
    group: str | None = None
    """Id of its group."""
    comparison: str | None = None
    """Id of the comparison."""
    data: str = ""
    recipe: str = ""
    """The preset that its settings began with, or its method."""
    message: str = ""
    """What went wrong, or why it ended."""
    expected: tuple[Expected, ...] = ()
    """The earliest first."""
    before: Before | None = None
    """None if it is the first on its data; then `changes` are those from its preset."""
    changes: tuple[Change, ...] | None = None
    """None if they are not known."""
    figures: Figures | None = None
    held_against: tuple[Line, ...] = ()
    """What it is held against besides: the entry before, the majority guess, the best baseline."""
    against_baseline: str = ""
    """What was gained over the best baseline, in a sentence; empty if that is not known."""
    verdict: Verdict | None = None
    to_judge: Pair | None = None
    """What the engine can judge; None if there is a verdict, or nothing to judge."""
    not_judged: str = ""
    """Why there is no verdict; empty if there is one, or the engine has not been asked."""
    findings: tuple[str, ...] = ()
    """Of a group or a comparison: what was found, in sentences."""
    members: tuple[Member, ...] = ()
    """Of a group."""
    notes: tuple[Dated, ...] = ()
    """The earliest first."""

    @property
    def hypothesis(self) -> str:
        """What was expected last."""
        return self.expected[-1].text if self.expected else ""

    def to_json(self) -> dict[str, Any]:
        """Return the object that `journal --json` prints."""
        found: dict[str, Any] = msgspec.to_builtins(self)
        del found["to_judge"]
        return found
