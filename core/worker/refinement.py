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
_HEAD_BYTES = 14 << 20
"""Memory that training a head, evaluating it and saving the model add to a worker (measured)."""
_LONG_SECONDS = 10.0
"""Observed training time from which a run replaces the calibration of any longer one."""


def refine(
    loop: TrainingLoop,
    pace: Pace,
    *,
    peak_bytes: int,
    before_bytes: int,
    start: float | None,
    rehearsed: bool = True,
) -> None:
    """Save the measurements of a run that has ended, as the calibration of its kind. Errors are ignored.

    Args:
        loop: The training loop.
        pace: The run's speed while the machine was quiet.
        peak_bytes: Peak memory of the worker, or of the GPU.
        before_bytes: Memory of the worker before it computed anything.
        start: Seconds from the start of the worker to its first step, without reading; None if unknown.
        rehearsed: Whether the most expensive micro-batch was computed. If not, the peak may be lower than another
            run's, so it does not lower the forecast of memory, unless only the head learns: then a micro-batch
            takes next to nothing.
    """
    with suppress(Exception):
        facts = facts_of(loop)
        run = Run(facts, loop.settings, reuses=loop.learner.found_layers)
        key, kind = calibration_key(facts.shape, loop.device), facts.run_kind(loop.settings)
        before = known(key).get(kind)
        found = refined(run, pace, loop.policy.now, peak_bytes=peak_bytes, before_bytes=before_bytes, start=start)
        if found is not None and (learned := to_keep(found, before, run, rehearsed=rehearsed)) is not None:
            keep(key, kind, learned)


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
    run: Run, pace: Pace, plan: MicroBatchLimits, *, peak_bytes: int, before_bytes: int, start: float | None
) -> Calibration | None:
    """Return the calibration from a run; None if the run was too short or the machine too busy.

    The rate is that of whole steps, including the optimizer's part, so `update` and `overhead` are 0. If only the head
    learns there are hardly any operations, and the whole time counts as overhead.

    Args:
        run: The run, with the calibration known before it.
        pace: Its speed while the machine was quiet.
        plan: The limits that it ended with.
        peak_bytes: Peak memory of the worker, or of the GPU.
        before_bytes: Memory of the worker before it computed anything.
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
    return base.model_copy(
        update={
            **_rest(run, plan, peak_bytes, before_bytes),
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


def _rest(run: Run, plan: MicroBatchLimits, peak: int, before: int) -> dict[str, int | None]:
    """Return the memory outside of the formulas.

    The pass over frozen layers leaves kernels behind that the next run, which reuses their output, does not have. Until
    such a run has ended, its memory is estimated: if only the head learns, by what the worker had before the pass, as
    little is computed after it, and otherwise by what a probe had, whose pass is short.
    """
    counted = parts(run, plan)
    rest = max(peak - (counted.total - run.rest_bytes), 0)
    if run.reuses:
        return {"kept_rest_bytes": rest}
    kept, probe = run.calibration.kept_rest_bytes, run.facts.calibrations.get(run.facts.probe_name(run.settings))
    if kept is None and run.prepares:
        if run.head_only:
            kept = max(before + _HEAD_BYTES - counted.weights - (counted.baseline - run.rest_bytes), 0)
        elif probe is not None:
            kept = min(rest, probe.rest_bytes)
    return {"rest_bytes": rest, "kept_rest_bytes": kept}


def to_keep(found: Calibration, before: Calibration | None, run: Run, *, rehearsed: bool) -> Calibration | None:
    """Return what to keep of the calibration `found` of a run, beside that of an earlier one; None for nothing of it.

    Args:
        rehearsed: See `refine`.
    """
    if not (rehearsed or run.head_only):
        found = found.model_copy(update=_not_lower(found, run))
    if before is None or not _is_less_reliable(found, before):
        return found
    # a shorter run tells less about speed, but how much memory it took with kept layers is certain
    return before.model_copy(update={"kept_rest_bytes": found.kept_rest_bytes}) if run.reuses else None


def _not_lower(found: Calibration, run: Run) -> dict[str, int]:
    """Return the memory outside of the formulas, not lower than it was known before the run."""
    if run.reuses:
        return {"kept_rest_bytes": max(found.kept_rest_bytes or 0, run.rest_bytes)}
    return {"rest_bytes": max(found.rest_bytes, run.rest_bytes)}


def _is_less_reliable(found: Calibration, before: Calibration) -> bool:
    """Return whether `found` comes from a short run and `before` from a longer one."""
    if before.observed is None or found.observed is None:
        return False
    return found.observed.seconds < min(before.observed.seconds, _LONG_SECONDS)
