"""Where a run's time went, and how busy its GPUs are, for `status`."""

from __future__ import annotations

from typing import Any

import msgspec

from core.base.text import clean_line
from core.runs.history import RunHistory
from core.runs.records import GpuMemory, TimeRecord
from tui.formatting import in_bytes, in_seconds, in_time

_PARTS = {
    "input": "input",
    "forward": "forward passes",
    "backward": "backward passes",
    "optimizer": "the optimizer",
    "evaluation": "evaluations",
    "checkpoint": "waiting for checkpoints",
    "paused": "pauses",
    "other": "everything else",
}
"""The parts in the order of the work, as they are called in a sentence."""
_SHOWN = 0.005
"""The smallest share that is listed."""


def time_facts(history: RunHistory) -> list[tuple[str, object]]:
    """Return a sentence on the largest part of the run's time, and all parts; nothing before there are figures."""
    spent = history.time_spent()
    if spent is None or not spent.elapsed:
        return []
    seconds = _seconds(spent)
    largest = max(seconds, key=seconds.__getitem__)
    shares = {part: seconds[part] / spent.elapsed for part in _PARTS}
    listed = [
        f"{name} {in_seconds(seconds[part])} ({shares[part]:.0%})"
        for part, name in _PARTS.items()
        if shares[part] >= _SHOWN
    ]
    sentence = f"{shares[largest]:.0%} of {in_time(spent.elapsed)} went to {_PARTS[largest]}."
    return [("where the time went", sentence), ("time by part", ", ".join(listed))]


def time_json(history: RunHistory) -> dict[str, float] | None:
    """Return the seconds of each part, with `elapsed` for all of them and `other` for what they leave over."""
    spent = history.time_spent()
    return {"elapsed": spent.elapsed, **_seconds(spent)} if spent is not None else None


def gpu_facts(history: RunHistory) -> list[tuple[str, object]]:
    """Return a line about each GPU that says how busy it is."""
    devices = history.memory[-1].devices if history.memory else ()
    return [(f"GPU {one.index}", text) for one in devices if (text := _gpu(one))]


def gpu_json(history: RunHistory) -> list[dict[str, Any]]:
    """Return all that is known of each GPU."""
    found: list[dict[str, Any]] = msgspec.to_builtins(history.memory[-1].devices if history.memory else ())
    return found


def _seconds(spent: TimeRecord) -> dict[str, float]:
    """Return the seconds of each part, and of what they leave over."""
    seconds = {part: getattr(spent, part) for part in _PARTS if part != "other"}
    return {**seconds, "other": round(max(spent.elapsed - sum(seconds.values()), 0.0), 4)}


def _gpu(one: GpuMemory) -> str:
    """Return how busy a GPU is, as far as the driver says: `87% busy, 61 °C, 402 of 700 W, also used by …`."""
    found = []
    if one.utilisation is not None:
        found.append(f"{one.utilisation:.0%} busy")
    if one.temperature is not None:
        found.append(f"{one.temperature:.0f} °C")
    if one.power is not None:
        limit = f" of {one.power_limit:.0f}" if one.power_limit is not None else ""
        found.append(f"{one.power:.0f}{limit} W")
    for other in one.others:
        held = f", {in_bytes(other.bytes)}" if other.bytes is not None else ""
        found.append(f"also used by {clean_line(other.name, 40) or 'a process'} ({other.pid}{held})")
    return ", ".join(found)
