"""A run's memory as bars: of the machine for a run on the CPU, of each GPU for one that uses them.

    █ ours, given out   ▓ ours, held in reserve   ▒ others'   ░ free

Bars and figures come from the latest memory record of the run's journal.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from textual.content import Content

from core.base.text import clean_line
from core.runs.figures import GpuMemory
from core.runs.records import MemoryRecord
from tui.formatting import in_bytes
from tui.widgets.responsive import Drawn, fitting, lines

_BAR = 16
_MAX_GPUS = 3
"""GPUs that get a line; of more, those that the run uses come first."""
_STYLES = ("$text-success", "$text-primary", "$text-warning", "$foreground-muted")
_MARKS = "█▓▒░"


class MemoryBar(Drawn):
    """A line for the worker, or one for each GPU."""

    DEFAULT_CSS = """
    MemoryBar { height: auto; max-height: 4; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    MemoryBar.-empty { display: none; }
    """

    def show_sample(
        self, sample: MemoryRecord | None, device: str, forecast: int | None, peak: int | None = None
    ) -> None:
        """Show a memory record, or nothing if there is none yet; see `memory_lines`."""
        self.set_class(sample is None, "-empty")  # a style of its own would win over those of a screen too small
        if sample is not None:
            self.show(partial(memory_lines, sample, device, forecast, peak))


def memory_lines(sample: MemoryRecord, device: str, forecast: int | None, peak: int | None, width: int) -> Content:
    """Return the lines of `MemoryBar`, at most `width` cells wide.

    Args:
        sample: The memory record to show.
        device: The device that the run computes on.
        forecast: The forecast peak, in bytes; None if there is none.
        peak: The highest memory of all workers of the run, in bytes; None for that of the sample's worker.
        width: In cells.
    """
    if device.startswith("cuda"):
        return lines(_gpu_lines(sample, forecast, peak, width))
    return lines([_worker_line(sample, forecast, peak, width)])


def _worker_line(sample: MemoryRecord, forecast: int | None, peak: int | None, width: int) -> Content:
    peak = peak or sample.process_peak
    own, total = sample.process, sample.limit or sample.system_total
    free = min(sample.system_available, max(total - own, 0))
    others = max(total - own - free, 0)
    parts = [
        Content.assemble(
            ("Memory ", "$foreground-muted"), *_bar((own, 0, others, free)), (f" {in_bytes(own)}", "bold")
        ),
        Content(f"peak {in_bytes(peak)}"),
        *_forecast_bytes(forecast, peak),
        Content(f"{in_bytes(free)} of {in_bytes(total)} free{' (limit)' if sample.limit else ''}"),
    ]
    return fitting(parts, width, " · ")


def _gpu_lines(sample: MemoryRecord, forecast: int | None, peak: int | None, width: int) -> list[Content]:
    if not sample.devices:
        return [Content.styled("GPU memory cannot be read here (no NVML)", "$foreground-muted")]
    used = sorted(sample.devices, key=lambda gpu: (not gpu.ours_reserved, gpu.index))
    shown = [
        _gpu_line(one, (peak or sample.device_peak) if sample.device_peak else 0, forecast, width)
        for one in used[:_MAX_GPUS]
    ]
    if rest := used[_MAX_GPUS:]:
        free = sum(gpu.free for gpu in rest)
        words = f"{len(rest)} more GPUs, {in_bytes(free)} free on them"
        shown.append(Content.styled(words, "$foreground-muted").truncate(max(width, 1), ellipsis=True))
    return shown


def _gpu_line(gpu: GpuMemory, peak: int, forecast: int | None, width: int) -> Content:
    name = Content.styled(f"GPU {gpu.index} ", "$foreground-muted")
    if gpu.error:
        trouble = Content.styled(f"cannot be read: {clean_line(gpu.error)}", "$text-warning")
        return (name + trouble).truncate(max(width, 1), ellipsis=True)
    given, held = gpu.ours_allocated, gpu.ours_reserved
    bar = _bar((given, max(held - given, 0), gpu.other, gpu.free))
    own = [(f" {in_bytes(given)}", "bold"), f" of {in_bytes(held)} held"] if held else [" not used by this run"]
    parts = [
        Content.assemble(name, *bar, *own),
        Content(f"others {in_bytes(gpu.other)}"),
        Content(f"free {in_bytes(gpu.free)}"),
    ]
    if held and peak:
        parts[1:1] = [Content(f"peak {in_bytes(peak)}"), *_forecast_bytes(forecast, peak)]
    return fitting(parts, width, " · ")


def _forecast_bytes(forecast: int | None, peak: int) -> list[Content]:
    if not forecast:
        return []
    return [Content.styled(f"forecast {in_bytes(forecast)}", "$text-warning" if peak > forecast else "")]


def _bar(shares: Sequence[int]) -> list[tuple[str, str]]:
    """Return a bar of `_BAR` cells for four amounts; any amount above zero gets at least one cell."""
    total = max(sum(shares), 1)
    cells = [max(round(amount / total * _BAR), 1) if amount > 0 else 0 for amount in shares]
    while sum(cells) > _BAR:
        cells[cells.index(max(cells))] -= 1
    while sum(cells) < _BAR:
        cells[cells.index(max(cells))] += 1
    return [(mark * count, style) for mark, count, style in zip(_MARKS, cells, _STYLES, strict=True) if count]
