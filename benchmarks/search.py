"""The best options of a peer for one case, by trying: nobody shall have to ask whether it was tuned.

From a sensible start one option at a time is changed, and the change kept if it is faster; every trial is a process of
its own over the first steps of the real data, twice, the faster counts. Not tried: `torch_compile`, which spends
minutes compiling for every new length on a CPU.
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
"""Optimizer steps a trial takes."""
_TRIES = 2


def best_options(job: Job, measure_one: Callable[[Job], Measurement]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The fastest options found, and every trial: its options and its seconds."""
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
