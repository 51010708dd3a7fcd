"""What a chart of the Train screen shows, and what it is drawn from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, get_args

from core.runs.figures import ValidationFigures
from core.runs.history import RunHistory
from core.runs.steps import Column
from tui.screens.train.samples import Samples
from tui.widgets.chart.series import Colour, Series
from tui.widgets.chart.units import CLOCK, NUMBER, Unit
from tui.widgets.chart.view import COLOURS


@dataclass(frozen=True)
class ChartData:
    """The content of a chart."""

    title: str
    series: list[Series]
    references: list[tuple[str, float]]
    """Name and y of horizontal lines."""
    empty: str
    """What is said if there are no series."""


Axis = Literal["step", "epoch", "reviews", "seconds", "elapsed", "clock"]
"""Along what curves go."""
AXES: tuple[Axis, ...] = get_args(Axis)


@dataclass(frozen=True)
class AxisKind:
    """An axis that curves can go along."""

    name: str
    column: Column
    """Where a step lies on it."""
    unit: Unit = NUMBER


AXIS_KINDS: dict[Axis, AxisKind] = {
    "step": AxisKind("step", "step"),
    "epoch": AxisKind("epoch", "epoch"),
    "reviews": AxisKind("reviews", "reviews_so_far"),
    "seconds": AxisKind("seconds of training", "seconds"),
    "elapsed": AxisKind("seconds since the first step", "since_first"),
    "clock": AxisKind("time of day", "time", CLOCK),
}


@dataclass(frozen=True)
class Overlaid:
    """Another run on the same charts, or several as their mean and range."""

    name: str
    histories: tuple[RunHistory, ...]
    number: int = 1
    """Which of the runs it is, from 1: its colour and its mark follow from it."""

    @property
    def colour(self) -> Colour:
        return COLOURS[self.number % len(COLOURS)]


@dataclass(frozen=True)
class Charted:
    """A run, as far as charts show it."""

    history: RunHistory
    baseline: ValidationFigures | None = None
    """The scores of the best baseline, a line to beat; None if there is none."""
    forecast_peak: int | None = None
    """The forecast peak of memory, in bytes."""
    max_grad_norm: float = 0.0
    """The norm above which gradients are clipped; 0 if they are not, or that is not known."""
    others: Sequence[Overlaid] = ()
    """Runs on the same charts."""
    axis: Axis = "step"
    """Along what curves go."""
    samples: Samples = field(default_factory=Samples)
    """Its records about memory and time, in columns."""

    @property
    def makes_no_steps(self) -> bool:
        """Whether the run is a baseline."""
        return self.history.plan is not None and self.history.plan.method == "baseline"
