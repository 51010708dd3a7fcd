"""What one run needs of time, counted: operations by rates that were measured, and what waits for the disk."""

from __future__ import annotations

from core.forecast.run import Run
from core.planning import loads
from core.planning.run_plan import MicroBatchLimits

_BESIDE = 0.5
"""Of the time that a checkpoint takes, what the steps beside it take longer (measured, two processors)."""
_CHECKPOINT_SECONDS = 0.01
"""Of a checkpoint however small: files are made, synced and renamed (measured)."""
_HASH_RATE = 1.2e9
"""Bytes a second of sha256."""


def seconds(run: Run, plan: MicroBatchLimits) -> tuple[float, float]:
    """Seconds of an epoch, and of all steps and evaluations."""
    calibration, settings = run.calibration, run.settings
    load = loads.work(run.table, settings.batch_size, plan.tokens, plan.reviews, square=not run.native)
    training = step_operations(run, load) * run.per_review / calibration.rate
    training += load.micro_batches * run.per_review * calibration.overhead + run.per_epoch * update(run)
    evaluation = evaluation_operations(run, load) * run.held_out / calibration.forward_rate
    evaluations = run.steps / (settings.evaluate_every or max(run.per_epoch, 1))
    whole = training * run.epochs + evaluation * max(evaluations, 1) + calibration.first_evaluation
    whole += calibration.touch * (run.moment_bytes + run.best_bytes)
    whole += _checkpoints(run, training * run.epochs)
    return training + evaluation * max(evaluations, 1) / max(run.epochs, 1e-9), whole


def once(run: Run, plan: MicroBatchLimits) -> float:
    """Return the seconds in which the frozen layers are computed before the first step.

    0 if they are computed in every step, or were computed by an earlier run.
    """
    if not run.native or run.num_frozen <= 0:
        return 0.0
    observed = run.calibration.observed
    if observed is not None and observed.prepared == run.prepares:
        return 0.0
    load = loads.work(run.table, run.settings.batch_size, plan.tokens, plan.reviews)
    below = operations(run, load, run.num_frozen, top=run.head_only)
    return below * (run.per_review + run.held_out) / run.calibration.forward_rate


def update(run: Run) -> float:
    """Seconds of the optimizer's part of a step."""
    return run.calibration.update * (run.learned_bytes + run.moment_bytes)


def ending(run: Run) -> float:
    """Seconds in which the last checkpoint and the model are written."""
    size = _checkpoint_bytes(run) + 4 * run.shape.weights
    return size / run.calibration.disk_rate + size / _HASH_RATE


def step_operations(run: Run, load: loads.Work) -> float:
    """Floating-point operations of forward and backward passes over what `load` says."""
    frozen = _frozen(run)
    learned = run.shape.layers - frozen
    passes = 4 if run.settings.gradient_checkpointing else 3
    found = passes * operations(run, load, learned)
    return found if run.native else found + operations(run, load, frozen, top=learned == 0)


def evaluation_operations(run: Run, load: loads.Work) -> float:
    """Floating-point operations of an evaluation of what `load` says; what is computed once is no part of it."""
    return operations(run, load, run.shape.layers - (_frozen(run) if run.native else 0))


def operations(run: Run, load: loads.Work, layers: int, *, top: bool = True) -> float:
    """Floating-point operations of one forward pass through so many layers, over what `load` says.

    Args:
        top: the last of all layers is among them, which the native encoder computes for first tokens alone.
    """
    if layers <= 0:
        return 0.0
    shape = run.shape
    per_token = 2.0 * layers * shape.layer_products
    whole = layers
    if run.native and top:
        per_token -= 2.0 * (shape.layer_products - 2 * shape.hidden_size**2)
        whole -= 1
    return load.tokens * per_token + load.squares * 4.0 * shape.hidden_size * whole


def _frozen(run: Run) -> int:
    """Layers that no backward pass goes through."""
    return 0 if run.settings.lora else max(run.num_frozen, 0)


def _checkpoints(run: Run, training: float) -> float:
    """Seconds that checkpoints add to steps that take so many: what is written beside them slows them down, and
    where checkpoints follow each other at once, steps wait for the disk."""
    best = run.best_bytes / 2  # they are the model's own for about half of the time
    writing = _CHECKPOINT_SECONDS + (_checkpoint_bytes(run) + best) / run.calibration.disk_rate
    every = max(run.settings.checkpoint_seconds, training / max(run.steps, 1))
    each = _BESIDE * min(writing, every) + max(writing - every, 0.0)
    return int(training / every) * each if training else 0.0


def _checkpoint_bytes(run: Run) -> int:
    return run.learned_bytes + run.moment_bytes
