"""What the charts of the Train screen show: loss against steps, memory against time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.runs.history import RunHistory
from core.runs.records import MemoryRecord
from tui.widgets.chart.series import Series

NO_LOSS = "No loss yet: the first step has not been made."


@dataclass(frozen=True)
class ChartData:
    """The content of a chart."""

    title: str
    series: list[Series]
    references: list[tuple[str, float]]
    """Name and y of horizontal lines."""
    empty: str = "No memory sample yet."
    """What is said if there are no series."""


def loss_chart(history: RunHistory, baseline: float | None = None) -> ChartData:
    """Return the training loss of every step and the validation loss of every evaluation.

    Args:
        baseline: The validation loss of the best baseline, a line to beat; None if there is none.
    """
    if history.plan is not None and history.plan.method == "baseline":
        return ChartData("Loss", [], [], "A baseline makes no steps, so there is no curve.")
    steps, evaluations = history.steps, history.evaluations
    series = [Series("training", [one.step for one in steps], [one.loss for one in steps])]
    if evaluations:
        xs, ys = [one.step for one in evaluations], [one.loss for one in evaluations]
        series.append(Series("validation", xs, ys, style="points", colour="warning"))
    best = history.best
    references = [("baseline", baseline)] if baseline is not None else []
    return ChartData("Loss" if best is None else f"Loss · kept: step {best.step}", series, references, NO_LOSS)


def memory_chart(history: RunHistory, forecast: int | None) -> ChartData:
    """Return the memory of the worker or, where the run uses GPUs, of each, in bytes against seconds of work.

    The time between two workers is left out, and the line breaks there. `forecast` is the forecast peak in bytes.
    """
    workers = history.memory_by_worker()
    if not workers:
        return ChartData("Memory", [], [])
    last = workers[-1][-1]
    references = [("forecast", float(forecast))] if forecast else []
    begun = history.begun if history.begun is not None else workers[0][0].time
    seconds: list[float] = []
    samples: list[MemoryRecord | None] = []
    for records in workers:
        if seconds:
            begun += records[0].time - begun - seconds[-1]
            seconds.append(seconds[-1])
            samples.append(None)
        seconds += [round(record.time - begun, 1) for record in records]
        samples += records
    if history.plan is not None and history.plan.device.startswith("cuda"):
        return _gpu_chart(last, seconds, samples, references)
    limit = last.limit or last.system_total
    if last.process_peak > limit / 3:  # further below, the line would be squeezed for a ceiling that does not matter
        references.append(("limit" if last.limit else "system", float(limit)))
    ys = [float(one.process) if one is not None else None for one in samples]
    return ChartData("Memory of the worker (CPU)", [Series("worker", seconds, ys)], references)


def _gpu_chart(
    last: MemoryRecord, seconds: list[float], samples: list[MemoryRecord | None], references: list[tuple[str, float]]
) -> ChartData:
    series: list[Series] = []
    for index, gpu in enumerate(last.devices):
        ours = [_gpu_bytes(one, index, "ours_reserved") for one in samples]
        other = [_gpu_bytes(one, index, "other") for one in samples]
        if not any(ours) and len(last.devices) > 1:
            continue  # the memory bars name it; a line of its own would only be in the way
        series += [Series(f"GPU {index} ours", seconds, ours), Series(f"GPU {index} others", seconds, other)]
        references = [*references, (f"GPU {index} all", float(gpu.total))]
    return ChartData("GPU memory", series, references)


def _gpu_bytes(sample: MemoryRecord | None, index: int, name: Literal["ours_reserved", "other"]) -> float | None:
    """Return a figure of one GPU; None if it is missing in the sample or could not be read."""
    if sample is None or index >= len(sample.devices) or sample.devices[index].error:
        return None
    return float(getattr(sample.devices[index], name))
