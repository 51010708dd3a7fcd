"""What is found about a run, and the figures that it is found from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from core.base.smoothing import exponential_average
from core.runs.figures import ValidationFigures
from core.runs.history import LOSS_SMOOTHING, RunHistory
from core.runs.outline import Value
from core.runs.records import EvaluationRecord, FinishedRecord

_TWO_SIDED_95 = 1.96


@dataclass(frozen=True)
class Finding:
    """Something that the figures say."""

    kind: str
    """A word for programs, such as `overfitting`."""
    sentence: str
    """What is the case, with its figures."""
    advice: str
    """What to try."""
    changes: Mapping[str, str] = field(default_factory=dict)
    """Settings to begin a branch or a new run with: name → value."""


@dataclass(frozen=True)
class Figures:
    """The figures of a run that rules look at."""

    history: RunHistory
    settings: Mapping[str, Value | None]
    """Those that the run was started with, or those of its preset."""
    baseline: ValidationFigures | None = None
    """The scores of the best baseline on the same rows."""

    @cached_property
    def losses(self) -> Sequence[float]:
        """The smoothed training loss after every step; NaN where it was not finite."""
        return exponential_average(self.history.steps.column("loss"), LOSS_SMOOTHING)

    @cached_property
    def evaluations(self) -> Sequence[EvaluationRecord]:
        """The evaluations at the ends of epochs, with finite scores."""
        return [one for one in self.history.evaluations if not one.interim and math.isfinite(one.loss)]

    @property
    def finished(self) -> bool:
        """Whether the run made all of its steps."""
        return isinstance(self.history.end, FinishedRecord)

    @property
    def progress(self) -> float:
        """The share of the planned steps that are made, from 0 to 1."""
        planned = self.history.planned_steps
        return min(self.history.step / planned, 1.0) if planned else 0.0

    @property
    def frozen(self) -> bool:
        """Whether only the head is trained, for which larger learning rates are usual."""
        return self.settings.get("freeze_layers") == "encoder"

    @property
    def peak_rate(self) -> float:
        """The highest learning rate of the schedule."""
        return self.history.plan.learning_rate if self.history.plan is not None else 0.0

    @property
    def chance_loss(self) -> float:
        """The loss of a model that finds all classes equally probable, in nats."""
        classes = len(self.history.plan.labels) if self.history.plan is not None else 2
        return math.log(max(classes, 2))

    def loss_at(self, step: int) -> float:
        """Return the smoothed training loss after a step."""
        place = min(max(step - self.history.steps[0].step, 0), len(self.losses) - 1)
        return self.losses[place]

    def half_width(self, share: float) -> float:
        """Return half the width of the 95 % interval of a share of the validation rows, by the normal approximation."""
        rows = self.history.plan.validation_rows if self.history.plan is not None else 0
        return _TWO_SIDED_95 * math.sqrt(max(share * (1 - share), 0.0) / rows) if rows else 1.0
