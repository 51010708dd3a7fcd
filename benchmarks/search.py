"""Searches for the fastest options of a peer for one case, so that the comparison is with a tuned peer.

Starting from sensible options, the search changes one at a time and keeps the change if it is faster. Each trial runs
the first steps of the real data twice, in separate processes; the faster time counts. `torch_compile` is not tried,
because on a CPU it compiles for minutes for every new length.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.jobs import Job, Measurement

START: dict[str, Any] = {
    "bf16": True,
    "attn_implementation": "sdpa",
    "pad_to_multiple_of": None,
    "dataloader_num_workers": 0,
}
ALTERNATIVES: tuple[tuple[str, Any], ...] = (
    ("bf16", False),
    ("attn_implementation", "eager"),
    ("pad_to_multiple_of", 8),
    ("dataloader_num_workers", 1),
)
STEPS = 8
"""Optimizer steps per trial."""
_TRIES = 2


def best_options(job: Job, measure_one: Callable[[Job], Measurement]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the fastest options found, and the options and seconds of every trial."""
    trials: list[dict[str, Any]] = []

    def seconds_of(options: dict[str, Any]) -> float:
        trial = replace(job, options={**options, "max_steps": STEPS})
        seconds = min(measure_one(trial).seconds for _ in range(_TRIES))
        trials.append({"options": options, "seconds": seconds})
        return seconds

    best, fastest = START, seconds_of(START)
    for name, value in ALTERNATIVES:
        changed = {**best, name: value}
        if (seconds := seconds_of(changed)) < fastest:
            best, fastest = changed, seconds
    return best, trials
