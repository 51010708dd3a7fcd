"""The chart of memory: what the worker, or each GPU, uses against time."""

from __future__ import annotations

from typing import Literal

from core.runs.records import MemoryRecord
from tui.screens.train.chart_data import ChartData, Charted
from tui.widgets.chart.series import Series

NO_MEMORY = "No memory sample yet."


def memory_chart(of: Charted) -> ChartData:
    """Return the memory of the worker or, where the run uses GPUs, of each, in bytes against seconds of work.

    The time between two workers is left out, and the line breaks there.
    """
    history, forecast = of.history, of.forecast_peak
    workers = history.memory_by_worker()
    if not workers:
        return ChartData("Memory", [], [], NO_MEMORY)
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
    return ChartData("Memory of the worker (CPU)", [Series("worker", seconds, ys)], references, NO_MEMORY)


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
    return ChartData("GPU memory", series, references, NO_MEMORY)


def _gpu_bytes(sample: MemoryRecord | None, index: int, name: Literal["ours_reserved", "other"]) -> float | None:
    """Return a figure of one GPU; None if it is missing in the sample or could not be read."""
    if sample is None or index >= len(sample.devices) or sample.devices[index].error:
        return None
    return float(getattr(sample.devices[index], name))
