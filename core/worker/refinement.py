"""What a run teaches the next forecast of its kind: the speed of its steps, and the memory that it took."""

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

_MIN_SECONDS = 1.0
"""Steps that took less say nothing of those of another run."""
_LONG_SECONDS = 10.0
"""A run in which so much was looked at replaces what a longer one said."""


def refine(loop: TrainingLoop, pace: Pace, *, peak_bytes: int, start: float | None) -> None:
    """Keep what a run showed that is over, as the calibration of its kind. No run fails because of it.

    Args:
        peak_bytes: memory of the worker, or of the GPU.
        start: seconds from the start of the worker to its first step, without reading; None where it is not known.
    """
    with suppress(Exception):
        facts = facts_of(loop)
        run = Run(facts, loop.settings)
        key, kind = calibration_key(facts.shape, loop.device), facts.kind_of(loop.settings)
        before = known(key).get(kind)
        found = refined(run, pace, loop.policy.now, peak_bytes=peak_bytes, start=start)
        if found is not None and not _says_less(found, before):
            keep(key, kind, found)


def seconds_to_start(pace: Pace, other: float) -> float | None:
    """Seconds from the start of this process until now, at its first step; None where the machine was busy.

    Args:
        other: seconds that went into reading reviews and the pass over frozen layers, which count elsewhere.
    """
    if pace.lost_before > MAX_LOST:
        return None
    return max((time.time() - psutil.Process().create_time() - other) * (1 - pace.lost_before), 0.0)


def refined(
    run: Run, pace: Pace, plan: MicroBatchLimits, *, peak_bytes: int, start: float | None
) -> Calibration | None:
    """The calibration of a run's kind; None where it was too short, or the machine too busy, to tell.

    The speed is that of whole steps, the optimizer's part included, so what they take besides is 0; where only a head
    learns, there are next to no operations, and it is all that they take.
    """
    base, steps = run.calibration, pace.steps
    if steps.seconds < _MIN_SECONDS or not steps.tokens:
        return None
    load = loads.work(run.table, run.settings.batch_size, plan.tokens, plan.reviews, square=not run.native)
    tokens = sum(length * count for length, count in run.table)
    forward = duration.evaluation_operations(run, load) * run.held_out
    forward_rate, first = base.forward_rate, base.first_evaluation
    if pace.evaluations and forward:
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


def _says_less(found: Calibration, before: Calibration | None) -> bool:
    """Whether a short run would replace what a much longer one said."""
    if before is None or before.observed is None or found.observed is None:
        return False
    return found.observed.seconds < min(before.observed.seconds, _LONG_SECONDS)
