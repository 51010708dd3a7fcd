"""The time formula: operations divided by measured rates, plus the time spent on the disk."""

from __future__ import annotations

from core.forecast.run import Run
from core.planning import loads
from core.planning.run_plan import MicroBatchLimits

_SLOWDOWN = 0.5
"""Seconds by which each second of writing a checkpoint delays the steps beside it (measured on two processors)."""
_CHECKPOINT_SECONDS = 0.01
"""Fixed cost of a checkpoint: files are created, synced and renamed (measured)."""
_HASH_RATE = 1.2e9
"""Bytes per second of sha256."""


def seconds(run: Run, plan: MicroBatchLimits) -> tuple[float, float]:
    """Return the seconds of one epoch, and those of all steps and evaluations."""
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


def frozen_pass_seconds(run: Run, plan: MicroBatchLimits) -> float:
    """Return the seconds of the pass over the frozen layers before the first step.

    0 if the frozen layers are computed in every step, or an earlier run has left their output behind.
    """
    if not run.native or run.num_frozen <= 0 or run.reuses:
        return 0.0
    load = loads.work(run.table, run.settings.batch_size, plan.tokens, plan.reviews)
    below = operations(run, load, run.num_frozen, top=run.head_only)
    return below * (run.per_review + run.held_out) / run.calibration.forward_rate


def update(run: Run) -> float:
    """Return the seconds of the optimizer's part of a step."""
    return run.calibration.update * (run.learned_bytes + run.moment_bytes)


def saving_seconds(run: Run) -> float:
    """Return the seconds it takes to write the last checkpoint and the model."""
    size = _checkpoint_bytes(run) + 4 * run.shape.weights
    return size / run.calibration.disk_rate + size / _HASH_RATE


def step_operations(run: Run, load: loads.Work) -> float:
    """Return the floating-point operations of the forward and backward passes over `load`."""
    frozen = _frozen(run)
    learned = run.shape.layers - frozen
    passes = 4 if run.settings.gradient_checkpointing else 3
    found = passes * operations(run, load, learned)
    return found if run.native else found + operations(run, load, frozen, top=learned == 0)


def evaluation_operations(run: Run, load: loads.Work) -> float:
    """Return the floating-point operations of an evaluation of `load`, without frozen layers that are computed once."""
    return operations(run, load, run.shape.layers - (_frozen(run) if run.native else 0))


def operations(run: Run, load: loads.Work, layers: int, *, top: bool = True) -> float:
    """Return the floating-point operations of one forward pass over `load` through `layers` layers.

    Args:
        top: Whether the last layer is among them. The native encoder computes it for the first tokens only.
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
    """Return the number of layers without a backward pass."""
    return 0 if run.settings.lora else max(run.num_frozen, 0)


def _checkpoints(run: Run, training: float) -> float:
    """Return the seconds that checkpoints add to `training` seconds of steps.

    Writing slows down the steps beside it, and steps wait for the disk if checkpoints follow one another without pause.
    """
    best = run.best_bytes / 2  # about half of the time the best weights are the model's own, and are not written twice
    writing = _CHECKPOINT_SECONDS + (_checkpoint_bytes(run) + best) / run.calibration.disk_rate
    every = max(run.settings.checkpoint_seconds, training / max(run.steps, 1))
    each = _SLOWDOWN * min(writing, every) + max(writing - every, 0.0)
    return int(training / every) * each if training else 0.0


def _checkpoint_bytes(run: Run) -> int:
    return run.learned_bytes + run.moment_bytes
