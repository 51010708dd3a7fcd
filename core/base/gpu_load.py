"""How busy a GPU is, and which other processes compute on it, as far as NVML says.

Drivers, virtual machines and MIG instances refuse some of the questions. Each is asked on its own, so that one refusal
does not hide the other answers. What the names of processes say is up to whoever started them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil

from core.base.text import clean_line

_MOST_PROCESSES = 16
_NAME_LENGTH = 40
_MOST = 1 << 53
"""What a count in a record is below."""

Load = dict[str, Any]


def gpu_load(nvml: Any, handle: Any, ours: int) -> Load:
    """Return the fields of a `core.runs.records.GpuMemory` that say how busy the GPU is; those that are known.

    Args:
        nvml: The `pynvml` module.
        handle: The GPU's handle.
        ours: Bytes that this process holds on it.
    """
    found = {
        "utilisation": _number(lambda: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100, most=1.0),
        "temperature": _number(lambda: nvml.nvmlDeviceGetTemperature(handle, nvml.NVML_TEMPERATURE_GPU)),
        "power": _number(lambda: nvml.nvmlDeviceGetPowerUsage(handle) / 1000),
        "power_limit": _number(lambda: nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1000),
    }
    return {name: value for name, value in found.items() if value is not None} | {"others": _others(nvml, handle, ours)}


def _number(ask: Callable[[], Any], most: float = 1e6) -> float | None:
    """Return the answer to a question if it is a number from 0 to `most`."""
    with suppress(Exception):  # NVML raises classes of its own, which a fake or another driver need not have
        answer = float(ask())
        if math.isfinite(answer) and 0 <= answer <= most:
            return round(answer, 3)
    return None


def _others(nvml: Any, handle: Any, ours: int) -> list[Load]:
    """Return the other processes on the GPU: pid, name and bytes.

    A process that holds memory on the GPU and does not find itself among them is in a container: the numbers are those
    of another system, and nothing is said about them.
    """
    try:
        found = [(int(one.pid), one.usedGpuMemory) for one in nvml.nvmlDeviceGetComputeRunningProcesses(handle)]
    except Exception:  # see _number
        return []
    if ours and os.getpid() not in (pid for pid, _ in found):
        return []
    listed = [(pid, held) for pid, held in found if pid != os.getpid() and 0 <= pid < _MOST]
    return [
        {"pid": pid, "name": _name(nvml, pid), "bytes": held if _is_size(held) else None}
        for pid, held in listed[:_MOST_PROCESSES]
    ]


def _name(nvml: Any, pid: int) -> str:
    """Return the name of a process in printable characters; empty if it is not known."""
    name: Any = ""
    with suppress(Exception):
        name = psutil.Process(pid).name()
    if not name:
        with suppress(Exception):
            name = nvml.nvmlSystemGetProcessName(pid)
    return clean_line(name.decode(errors="replace") if isinstance(name, bytes) else str(name), _NAME_LENGTH)


def _is_size(held: Any) -> bool:
    return isinstance(held, int) and 0 <= held < _MOST
