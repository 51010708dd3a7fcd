"""What a chart of the Train screen shows, and what it is drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from core.runs.figures import ValidationFigures
from core.runs.history import RunHistory
from tui.widgets.chart.series import Series


@dataclass(frozen=True)
class ChartData:
    """The content of a chart."""

    title: str
    series: list[Series]
    references: list[tuple[str, float]]
    """Name and y of horizontal lines."""
    empty: str
    """What is said if there are no series."""


Axis = Literal["step", "epoch", "reviews", "seconds"]
"""Along what curves go: steps, epochs, reviews learned from, or seconds of training."""
AXES: tuple[Axis, ...] = get_args(Axis)
AXIS_NAMES: dict[Axis, str] = {"step": "step", "epoch": "epoch", "reviews": "reviews", "seconds": "seconds of training"}


@dataclass(frozen=True)
class Overlaid:
    """Another run on the same charts."""

    name: str
    history: RunHistory


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
    others: tuple[Overlaid, ...] = ()
    """Runs on the same charts."""
    axis: Axis = "step"
    """Along what curves go."""
