"""What a model has learned from decisions, as `learn --json` prints it. It loads neither torch nor numpy.

Accuracies and differences are fractions: 0.01 is one point. Intervals cover 95 %.
"""

from __future__ import annotations

import msgspec


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """Two models on the same fixed rows, which none of them has learned from."""

    basis: str
    """validation reviews, or audits."""
    rows: int
    before: float | None
    """Accuracy of the model before; None without rows."""
    after: float | None
    difference: float
    """After minus before."""
    low: float
    high: float
    p_value: float
    verdict: str
    """Of the new model: better, worse, practically equal or not distinguishable; empty without rows."""
    sentence: str
    learned_from: int
    """Rows that are left out because one of the models has learned from them."""


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """Reviews of the pile to which the new model gives another label."""

    before: str
    after: str
    reviews: int


class Flips(msgspec.Struct, frozen=True, kw_only=True):
    """What changes in the pile."""

    reviews: int
    """In the pile."""
    changed: int
    kinds: tuple[Flip, ...]
    """The most frequent first."""
    decided: int
    """Of those that changed, reviews with a label."""
    now_as_decided: int
    """Of these, the ones that the new model labels as was decided."""
    file: str | None
    """A pile of those that changed and are not decided, the surest first; None if there are none."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How two successive models agree on the fixed set of unlabelled reviews."""

    before: str
    """Id of the run."""
    after: str
    name: str
    """Of the later one."""
    decided: int
    """Decisions that the later one has learned from."""
    rows: int
    agreement: float
    kappa: float | None
    kappa_interval: tuple[float, float] | None


class Stability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether more labels still change the model."""

    rows: int
    """Reviews of the fixed set: the beginning of the pile's random sequence, each near copy once."""
    steps: tuple[Step, ...]
    """The first one first."""
    stable: bool
    """Whether the last three steps have a kappa of 0.99 or more on average."""
    sentence: str


class LessonOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run has learned from decisions."""

    run: str
    name: str
    parent: str
    parent_name: str
    measured: tuple[Measured, ...]
    flips: Flips | None
    """None as long as the pile is not scored by both models."""
    stability: Stability | None
