"""The memory of a run in full: who uses it, and what it is for. What stands in the bar in short is here in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from core.base.text import clean_line
from core.runs.figures import GpuMemory
from core.runs.history import RunHistory
from core.runs.records import MemoryRecord
from tui.formatting import in_bytes
from tui.gpu_text import busy_text

_NAME = 26
_PARTS = {
    "baseline": "libraries and the rest",
    "weights": "weights",
    "gradients": "gradients",
    "optimizer": "state of the optimizer",
    "activations": "activations",
    "workspace": "working space of kernels",
    "copies": "copies of the best weights",
}
"""Part of a forecast → what it is called."""


def memory_details(history: RunHistory, forecast: int | None, parts: Mapping[str, int]) -> Content:
    """Return who uses which memory and what it is for, as lines.

    Args:
        history: The run.
        forecast: The forecast peak, in bytes; None if there is none.
        parts: Name of a part → its forecast bytes; empty without a forecast.
    """
    if not history.memory:
        return Content("Nothing has been recorded about memory yet.")
    last, on_gpu = history.memory[-1], history.plan is not None and history.plan.device.startswith("cuda")
    peak = history.peak_bytes or 0
    lines = [
        Content.styled("The machine", "bold"),
        *_of_worker(last, None if on_gpu else forecast, 0 if on_gpu else peak),
    ]
    for gpu in last.devices:
        ours = on_gpu and bool(gpu.ours_reserved)
        lines += [Content(""), *_of_gpu(gpu, forecast if ours else None, peak if ours else 0)]
    if parts:
        total = sum(parts.values())
        lines += [Content(""), Content.styled("What the peak is for, as forecast (an estimate)", "bold")]
        for name, size in sorted(parts.items(), key=lambda part: -part[1]):
            lines.append(_line(_PARTS.get(name, clean_line(name, _NAME)), size, f"{size / total:.0%}"))
    return Content("\n").join(lines)


def _of_worker(sample: MemoryRecord, forecast: int | None, peak: int) -> Iterable[Content]:
    total = sample.limit or sample.system_total
    free = min(sample.system_available, max(total - sample.process, 0))
    yield _line("this run", sample.process, f"peak {in_bytes(max(peak, sample.process_peak))}")
    yield _line("other programs", max(total - sample.process - free, 0))
    yield _line("free", free, f"of {in_bytes(total)}{', the limit of this session' if sample.limit else ''}")
    if forecast:
        yield _line("forecast peak", forecast, f"{in_bytes(max(total - forecast, 0))} of headroom")


def _of_gpu(gpu: GpuMemory, forecast: int | None, peak: int) -> Iterable[Content]:
    yield Content.styled(f"GPU {gpu.index}  {clean_line(gpu.name, 50)}", "bold")
    if gpu.error:
        yield Content.styled(f"  cannot be read: {clean_line(gpu.error, 200)}", "$text-warning")
        return
    yield _line("this run, allocated", gpu.ours_allocated, f"peak {in_bytes(peak)}" if peak else "")
    yield _line("this run, held in reserve", max(gpu.ours_reserved - gpu.ours_allocated, 0))
    yield _line("others and the driver", gpu.other)
    yield _line("free", gpu.free, f"of {in_bytes(gpu.total)}")
    if forecast:
        yield _line("forecast peak", forecast, f"{in_bytes(max(gpu.total - gpu.other - forecast, 0))} of headroom")
    for other in gpu.others:
        name = f"  {clean_line(other.name, 40) or 'a process'} ({other.pid})"
        yield _line(name, other.bytes) if other.bytes is not None else Content(f"  {name}")
    if busy := busy_text(gpu):
        yield Content(f"  {busy}")


def _line(name: str, size: int, note: str = "") -> Content:
    return Content.assemble(
        (f"  {name:<{_NAME}} ", "$foreground-muted"),
        (f"{in_bytes(size):>10}", "bold"),
        (f"  {note}", "$foreground-muted"),
    )
