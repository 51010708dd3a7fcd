"""The charts of the machine: memory, processors, GPUs, and what the training waits for, against seconds of work."""

from __future__ import annotations

import math

from tui.screens.train.chart_data import ChartData, Charted
from tui.screens.train.samples import Values
from tui.widgets.chart.series import Colour, Series

NO_MEMORY = "No memory sample yet."
_NO_PROCESSORS = "How busy processors are has not been recorded."
_NO_TIMES = "What the time is spent on has not been recorded."
_NO_GPU = "No GPU has told this."


def memory_chart(of: Charted) -> ChartData:
    """Return the memory of the worker or, where the run uses GPUs, of each, in bytes.

    The time between two workers is left out, and the line breaks there.
    """
    history, forecast, samples = of.history, of.forecast_peak, of.samples
    if not history.memory:
        return ChartData("Memory", [], [], NO_MEMORY)
    last = history.memory[-1]
    references = [("forecast", float(forecast))] if forecast else []
    if history.plan is not None and history.plan.device.startswith("cuda"):
        return _gpu_memory(of, references)
    limit = last.limit or last.system_total
    if last.process_peak > limit / 3:  # further below, the line would be squeezed for a ceiling that does not matter
        references.append(("limit" if last.limit else "system", float(limit)))
    series = Series("worker", samples.seconds, samples.process, gaps=True)
    return ChartData("Memory of the worker (CPU)", [series], references, NO_MEMORY)


def _gpu_memory(of: Charted, references: list[tuple[str, float]]) -> ChartData:
    series: list[Series] = []
    devices = of.history.memory[-1].devices
    for index, gpu in enumerate(devices):
        ours = of.samples.gpus[index, "ours_reserved"]
        if not any(y > 0 for y in ours) and len(devices) > 1:
            continue  # the memory bars name it; a line of its own would only be in the way
        others = of.samples.gpus[index, "other"]
        series.append(Series(f"GPU {index} ours", of.samples.seconds, ours, gaps=True))
        series.append(Series(f"GPU {index} others", of.samples.seconds, others, gaps=True))
        references = [*references, (f"GPU {index} all", float(gpu.total))]
    return ChartData("GPU memory", series, references, NO_MEMORY)


def processors_chart(of: Charted) -> ChartData:
    """Return how many processors the worker kept busy, and how many were busy in all, beside those it may use."""
    samples = of.samples
    found: list[tuple[str, str, Colour]] = [
        ("ours", "processors_ours", "primary"),
        ("all", "processors_busy", "warning"),
    ]
    columns = [(name, samples.processors[column], colour) for name, column, colour in found]
    series = [Series(name, samples.seconds, ys, colour=colour, gaps=True) for name, ys, colour in columns if _any(ys)]
    allowed = of.history.memory[-1].processors if of.history.memory else None
    references = [("may use", float(allowed))] if series and allowed else []
    return ChartData("Processors busy", series, references, _NO_PROCESSORS)


def waiting_chart(of: Charted) -> ChartData:
    """Return the share of the time that was spent waiting for input, for checkpoints, and for a processor."""
    samples = of.samples
    series = [
        Series(name, samples.time_seconds, samples.shares[part], colour=colour)
        for name, part, colour in _WAITS
        if samples.time_seconds
    ]
    if _any(lost := samples.processors["lost"]):
        series.append(Series("for a processor", samples.seconds, lost, colour="error", gaps=True))
    return ChartData("Share of the time spent waiting", series, [], _NO_TIMES)


_WAITS: tuple[tuple[str, str, Colour], ...] = (
    ("for input", "input", "primary"),
    ("for checkpoints", "checkpoint", "success"),
)


def gpu_chart(of: Charted, figure: str, title: str) -> ChartData:
    """Return a figure of every GPU that tells it: `utilisation`, `temperature` or `power`."""
    indexes = sorted({index for index, _ in of.samples.gpus})
    columns = [(index, of.samples.gpus[index, figure]) for index in indexes]
    series = [Series(f"GPU {index}", of.samples.seconds, ys, gaps=True) for index, ys in columns if _any(ys)]
    references = []
    if figure == "power" and of.history.memory:
        limits = {gpu.power_limit for gpu in of.history.memory[-1].devices if gpu.power_limit}
        references = [("limit", float(limit)) for limit in limits if series]
    return ChartData(title, series, references, _NO_GPU)


def _any(values: Values) -> bool:
    """Return whether something has been measured; of long columns, lately."""
    return any(not math.isnan(y) for y in values[-600:])
