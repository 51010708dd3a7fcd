"""The charts that the Train screen can show, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core.runs.history import LOSS_SMOOTHING
from tui.screens.train.chart_data import ChartData, Charted
from tui.screens.train.curves import accuracy_chart, gradient_chart, learning_rate_chart, loss_chart, speed_chart
from tui.screens.train.memory_chart import memory_chart
from tui.widgets.chart.units import BYTES, NUMBER, Unit


@dataclass(frozen=True)
class ChartKind:
    """A chart that can be chosen."""

    title: str
    draw: Callable[[Charted], ChartData]
    unit: Unit = NUMBER
    smoothing: float = 0.0
    """The weight of the moving average to begin with."""
    x_label: str = ""
    """What it goes along; empty for the axis that the user has chosen."""


CHARTS = {
    "loss": ChartKind("Loss", loss_chart, smoothing=LOSS_SMOOTHING),
    "accuracy": ChartKind("Accuracy", accuracy_chart),
    "learning rate": ChartKind("Learning rate", learning_rate_chart),
    "gradient norm": ChartKind("Gradient norm", gradient_chart, smoothing=0.6),
    "speed": ChartKind("Reviews per second", speed_chart, smoothing=0.9),
    "memory": ChartKind("Memory", memory_chart, BYTES, x_label="seconds of work"),
}
"""Name of a chart → the chart, in the order in which a key goes through them."""
AT_FIRST = ("loss", "memory")
"""The charts that are shown until others are chosen."""


def next_chart(shown: Sequence[str], at: int, by: int) -> str:
    """Return the name of the next chart (`by` 1), or the one before (-1), that is not shown elsewhere."""
    names = list(CHARTS)
    place = names.index(shown[at])
    others = {name for number, name in enumerate(shown) if number != at}
    steps = range(1, len(names) + 1)
    return next(name for step in steps if (name := names[(place + by * step) % len(names)]) not in others)


def known_charts(names: Sequence[str]) -> tuple[str, ...]:
    """Return as many different charts as are shown at first: those named, as far as they exist, then others."""
    wanted = dict.fromkeys([*(name for name in names if name in CHARTS), *AT_FIRST])
    return tuple(wanted)[: len(AT_FIRST)]
