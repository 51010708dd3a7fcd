"""Where a run's time went, in words."""

from __future__ import annotations

from core.runs.history import RunHistory
from core.runs.records import TimeRecord
from tui.formatting import in_seconds, in_time

PARTS = {
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


def seconds_by_part(spent: TimeRecord) -> dict[str, float]:
    """Return the seconds of each part, and of what they leave over."""
    seconds = {part: getattr(spent, part) for part in PARTS if part != "other"}
    return {**seconds, "other": round(max(spent.elapsed - sum(seconds.values()), 0.0), 4)}


def largest_part(spent: TimeRecord) -> str:
    """Return a sentence on what took most of the time: `52% of 3:24 went to backward passes.`"""
    seconds = seconds_by_part(spent)
    largest = max(seconds, key=seconds.__getitem__)
    return f"{seconds[largest] / spent.elapsed:.0%} of {in_time(spent.elapsed)} went to {PARTS[largest]}."


def listed_parts(spent: TimeRecord) -> str:
    """Return all parts that took some of the time: `input 2 s (1%), forward passes 61 s (30%), …`."""
    seconds = seconds_by_part(spent)
    shares = {part: seconds[part] / spent.elapsed for part in PARTS}
    return ", ".join(
        f"{name} {in_seconds(seconds[part])} ({shares[part]:.0%})"
        for part, name in PARTS.items()
        if shares[part] >= _SHOWN
    )


def spent_time(history: RunHistory) -> TimeRecord | None:
    """Return what a run has spent its time on; None before there are figures."""
    spent = history.time_spent()
    return spent if spent is not None and spent.elapsed else None
