"""Refines the calibration of a kind of runs with the speed and the memory of each run that has ended."""

from __future__ import annotations

import statistics
import time
from contextlib import suppress

import psutil

from core.base.contention import MAX_LOST
from core.forecast import duration
from core.forecast.calibration import keep, known
from core.forecast.facts import Calibration, Observed
from core.forecast.gather import calibration_key
from core.forecast.memory import parts
from core.forecast.run import Run
from core.planning import loads
from core.planning.run_plan import MicroBatchLimits
from core.training.loop import TrainingLoop
from core.worker.memory_plan import facts_of
from core.worker.pace import Pace

_MIN_SECONDS = 0.3
"""Observed training time below which a run tells too little about others."""
_LONG_SECONDS = 10.0
"""Observed training time from which a run replaces the calibration of any longer one."""


def refine(loop: TrainingLoop, pace: Pace, *, peak_bytes: int, start: float | None, rehearsed: bool = True) -> None:
    """Save the measurements of a run that has ended, as the calibration of its kind. Errors are ignored.

    Args:
        loop: The training loop.
        pace: The run's speed while the machine was quiet.
        peak_bytes: Peak memory of the worker, or of the GPU.
        start: Seconds from the start of the worker to its first step, without reading; None if unknown.
        rehearsed: Whether the most expensive micro-batch was computed. If not, the peak may be lower than another
            run's, so it does not lower the forecast of memory.
    """
    with suppress(Exception):
        facts = facts_of(loop)
        run = Run(facts, loop.settings)
        key, kind = calibration_key(facts.shape, loop.device), facts.run_kind(loop.settings)
        before = known(key).get(kind)
        found = refined(run, pace, loop.policy.now, peak_bytes=peak_bytes, start=start)
        if found is not None and not rehearsed:
            found = found.model_copy(update={"rest_bytes": max(found.rest_bytes, run.calibration.rest_bytes)})
        if found is not None and not _is_less_reliable(found, before):
            keep(key, kind, found)


def seconds_to_start(pace: Pace, other: float) -> float | None:
    """Return the seconds from the start of this process to its first step, which is now; None if the machine was busy.

    Args:
        pace: The run's speed so far.
        other: Seconds spent on reading reviews and on the pass over frozen layers, which are counted elsewhere.
    """
    if pace.lost_before > MAX_LOST:
        return None
    return max((time.time() - psutil.Process().create_time() - other) * (1 - pace.lost_before), 0.0)


def refined(
    run: Run, pace: Pace, plan: MicroBatchLimits, *, peak_bytes: int, start: float | None
) -> Calibration | None:
    """Return the calibration from a run; None if the run was too short or the machine too busy.

    The rate is that of whole steps, including the optimizer's part, so `update` and `overhead` are 0. If only the head
    learns there are hardly any operations, and the whole time counts as overhead.

    Args:
        run: The run, with the calibration known before it.
        pace: Its speed while the machine was quiet.
        plan: The limits that it ended with.
        peak_bytes: Peak memory of the worker, or of the GPU.
        start: Seconds from the start of the worker to its first step, without reading; None if unknown.
    """
    base, steps = run.calibration, pace.steps
    if steps.seconds < _MIN_SECONDS or not steps.tokens:
        return None
    load = loads.work(run.table, run.settings.batch_size, plan.tokens, plan.reviews, square=not run.native)
    tokens = sum(length * count for length, count in run.table)
    forward = duration.evaluation_operations(run, load) * run.held_out
    forward_rate, first = base.forward_rate, base.first_evaluation
    if pace.evaluations and forward and not run.prepares:  # evaluations that reuse frozen layers hardly compute
        forward_rate = forward / max(statistics.median(pace.evaluations), 1e-6)
    if pace.first_evaluation is not None:
        first = max(pace.first_evaluation - forward / forward_rate, 0.0)
    operations, seconds = duration.step_operations(run, load), steps.seconds / steps.tokens * tokens
    explained = parts(run, plan).total - base.rest_bytes
    return base.model_copy(
        update={
            "rest_bytes": max(peak_bytes - explained, 0),
            "rate": operations / seconds if operations else base.rate,
            "overhead": 0.0 if operations else seconds / load.micro_batches,
            "update": 0.0,
            "touch": 0.0,
            "forward_rate": forward_rate,
            "first_evaluation": first,
            "start": base.start if start is None else start,
            "measured": True,
            "lost": 0.0,
            "observed": Observed(tokens=run.mean_tokens, prepared=run.prepares, seconds=steps.seconds),
        }
    )


def _is_less_reliable(found: Calibration, before: Calibration | None) -> bool:
    """Return whether `found` comes from a short run and `before` from a longer one."""
    if before is None or before.observed is None or found.observed is None:
        return False
    return found.observed.seconds < min(before.observed.seconds, _LONG_SECONDS)
