"""The charts that the Train screen can show, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from core.runs.history import LOSS_SMOOTHING
from tui.screens.train.chart_data import ChartData, Charted
from tui.screens.train.curves import (
    accuracy_chart,
    gradient_chart,
    layers_chart,
    learning_rate_chart,
    loss_chart,
    speed_chart,
)
from tui.screens.train.machine_charts import gpu_chart, memory_chart, processors_chart, waiting_chart
from tui.widgets.chart.units import BYTES, NUMBER, PERCENT, Unit

_WORK = "seconds of work"


@dataclass(frozen=True)
class ChartKind:
    """A chart that can be chosen."""

    title: str
    draw: Callable[[Charted], ChartData]
    unit: Unit = NUMBER
    smoothing: float = 0.0
    """The weight of the moving average to begin with."""
    robust: bool = False
    """Whether outliers are left beyond the edge to begin with."""
    x_label: str = ""
    """What it goes along; empty for the axis that the user has chosen."""
    on_gpu: bool = False
    """Whether it is of no use without a GPU."""


CHARTS = {
    "loss": ChartKind("Loss", loss_chart, smoothing=LOSS_SMOOTHING, robust=True),
    "accuracy": ChartKind("Accuracy", accuracy_chart),
    "learning rate": ChartKind("Learning rate", learning_rate_chart),
    "gradient norm": ChartKind("Gradient norm", gradient_chart, smoothing=0.6, robust=True),
    "gradients by layer": ChartKind(
        "Gradients by layer", partial(layers_chart, figure="gradient_norm", title="Gradient norm by layer")
    ),
    "updates by layer": ChartKind(
        "Updates by layer", partial(layers_chart, figure="update_ratio", title="Update ÷ weights by layer")
    ),
    "speed": ChartKind("Reviews per second", speed_chart, smoothing=0.9, robust=True),
    "memory": ChartKind("Memory", memory_chart, BYTES, x_label=_WORK),
    "processors": ChartKind("Processors", processors_chart, smoothing=0.6, x_label=_WORK),
    "waiting": ChartKind("Waiting", waiting_chart, PERCENT, smoothing=0.6, x_label=_WORK),
    "GPU utilisation": ChartKind(
        "GPU utilisation",
        partial(gpu_chart, figure="utilisation", title="GPU utilisation"),
        PERCENT,
        smoothing=0.6,
        x_label=_WORK,
        on_gpu=True,
    ),
    "GPU temperature": ChartKind(
        "GPU temperature",
        partial(gpu_chart, figure="temperature", title="GPU temperature, °C"),
        x_label=_WORK,
        on_gpu=True,
    ),
    "GPU power": ChartKind(
        "GPU power", partial(gpu_chart, figure="power", title="GPU power, W"), x_label=_WORK, on_gpu=True
    ),
}
"""Name of a chart → the chart, in the order in which a key goes through them."""
AT_FIRST = ("loss", "memory", "accuracy", "gradients by layer")
"""The charts that are shown until others are chosen: as many of them as there is room for."""
COUNTS = (1, 2, 4)
"""How many charts can be shown at once."""


def next_chart(shown: Sequence[str], at: int, by: int, *, gpu: bool) -> str:
    """Return the name of the next chart (`by` 1), or the one before (-1), that is not shown elsewhere.

    Args:
        shown: The names of the charts that are shown.
        at: The place of the one to replace.
        by: 1 or -1.
        gpu: Whether there is a GPU to show.
    """
    others = {name for number, name in enumerate(shown) if number != at}
    names = [
        name for name, kind in CHARTS.items() if (gpu or not kind.on_gpu or name == shown[at]) and name not in others
    ]
    return names[(names.index(shown[at]) + by) % len(names)]


def known_charts(names: Sequence[str]) -> tuple[str, ...]:
    """Return as many different charts as can be shown: those named, as far as they exist, then others."""
    wanted = dict.fromkeys([*(name for name in names if name in CHARTS), *AT_FIRST])
    return tuple(wanted)[: max(COUNTS)]
