"""The records of a step, from the scalars that were read from the device."""

from __future__ import annotations

from collections.abc import Sequence

from core.runs.figures import LayerFigures
from core.runs.records import LayersRecord, StepRecord
from core.training.stepper import Step

_DIGITS = 5
"""Significant digits of the figures by part, of which there are many."""


def step_record(step: Step, loss: float, norm: float, epoch: float, seconds: float) -> StepRecord:
    """Return the record of a step.

    Args:
        step: What was handed to the device.
        loss: Of all its reviews.
        norm: Of its gradients, before clipping.
        epoch: Epochs completed after it.
        seconds: Training time so far.
    """
    return StepRecord(
        step=step.step,
        epoch=round(epoch, 4),
        loss=loss,
        learning_rate=step.rate,
        gradient_norm=norm,
        reviews=step.reviews,
        tokens=step.tokens,
        seconds=round(seconds, 4),
    )


def layers_record(step: Step, names: Sequence[str], figures: Sequence[float]) -> LayersRecord:
    """Return the record of a step that was looked at closely.

    Args:
        step: What was handed to the device.
        names: Of the P parts of the model.
        figures: The 2P figures of `CloseLook.after_update`.
    """
    short = [float(f"{one:.{_DIGITS}g}") for one in figures]
    parts = zip(names, short[: len(names)], short[len(names) :], strict=True)
    return LayersRecord(
        step=step.step,
        parts=tuple(LayerFigures(name=name, gradient_norm=norm, update_ratio=ratio) for name, norm, ratio in parts),
    )
