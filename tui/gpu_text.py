"""How busy a GPU is, in words."""

from __future__ import annotations

from core.runs.figures import GpuMemory


def busy_text(gpu: GpuMemory) -> str:
    """Return how busy a GPU is: `87% busy, 61 °C, 402 of 700 W`, or as much of it as the driver says."""
    found = []
    if gpu.utilisation is not None:
        found.append(f"{gpu.utilisation:.0%} busy")
    if gpu.temperature is not None:
        found.append(f"{gpu.temperature:.0f} °C")
    if gpu.power is not None:
        limit = f" of {gpu.power_limit:.0f}" if gpu.power_limit is not None else ""
        found.append(f"{gpu.power:.0f}{limit} W")
    return ", ".join(found)
