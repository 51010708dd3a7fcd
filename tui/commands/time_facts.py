"""Where a run's time went, and how busy its GPUs are, for `status`."""

from __future__ import annotations

from typing import Any

import msgspec

from core.base.text import clean_line
from core.runs.figures import GpuMemory
from core.runs.history import RunHistory
from tui.formatting import in_bytes
from tui.gpu_text import busy_text
from tui.time_text import largest_part, listed_parts, seconds_by_part, spent_time


def time_facts(history: RunHistory) -> list[tuple[str, object]]:
    """Return a sentence on the largest part of the run's time, and all parts; nothing before there are figures."""
    if (spent := spent_time(history)) is None:
        return []
    return [("where the time went", largest_part(spent)), ("time by part", listed_parts(spent))]


def time_json(history: RunHistory) -> dict[str, float] | None:
    """Return the seconds of each part, with `elapsed` for all of them and `other` for what they leave over."""
    spent = history.time_spent()
    return {"elapsed": spent.elapsed, **seconds_by_part(spent)} if spent is not None else None


def gpu_facts(history: RunHistory) -> list[tuple[str, object]]:
    """Return a line about each GPU that says how busy it is."""
    devices = history.memory[-1].devices if history.memory else ()
    return [(f"GPU {one.index}", text) for one in devices if (text := _gpu(one))]


def gpu_json(history: RunHistory) -> list[dict[str, Any]]:
    """Return all that is known of each GPU."""
    found: list[dict[str, Any]] = msgspec.to_builtins(history.memory[-1].devices if history.memory else ())
    return found


def _gpu(one: GpuMemory) -> str:
    """Return how busy a GPU is, as far as the driver says: `87% busy, 61 °C, 402 of 700 W, also used by …`."""
    busy = busy_text(one)
    found = [busy] if busy else []
    for other in one.others:
        held = f", {in_bytes(other.bytes)}" if other.bytes is not None else ""
        found.append(f"also used by {clean_line(other.name, 40) or 'a process'} ({other.pid}{held})")
    return ", ".join(found)
