"""What a worker makes of a forecast: micro-batches that fit into the memory there is, before the first of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.forecast.calibration import known
from core.forecast.demand import Plan, Run
from core.forecast.facts import Facts
from core.forecast.forecast import HEADROOM, savings
from core.forecast.gather import calibration_key, free_on
from core.forecast.loads import binned
from core.forecast.shapes import shape_of
from core.memory import process_bytes
from core.training.loop import TrainingLoop

_WAYS = 3
_WORTH = 0.2
"""Share of the largest saving that another must bring to be worth its name."""


@dataclass(frozen=True)
class Foresight:
    """Smaller limits than were asked for, and why."""

    plan: Plan
    asked_bytes: int
    """What the run would take as it was asked for."""
    room_bytes: int


def foresee(loop: TrainingLoop, room: int | None = None) -> Foresight | None:
    """Limits of micro-batches that fit, by the forecast; None where those asked for do, or nothing was measured here.

    Of the reviews only the longest are looked at, which decide the peak: nobody waits for the others' tokens.

    Args:
        room: bytes that the whole process may take; None for what it has and what is free.
    """
    settings = loop.settings
    facts = _facts(loop)
    if facts.way_of(settings) not in facts.calibrations or loop.learner.path.name != facts.path(settings):
        return None
    if room is None:
        room = free_on(facts.device) + (process_bytes() if facts.device == "cpu" else 0)
    run = Run(facts, settings)
    plan = asked = run.asked
    while run.parts(plan).total > room * HEADROOM and (smaller := run.smaller(plan)) is not None:
        plan = smaller
    return Foresight(plan, run.parts(asked).total, room) if plan != asked else None


def ways_out(loop: TrainingLoop) -> str:
    """The changes of settings that save memory at the least price in time, as a sentence; empty without any."""
    facts = _facts(loop)
    found = savings(facts, loop.settings)
    worth = [one for one in found if one.bytes >= _WORTH * found[0].bytes]
    cheapest = sorted(worth, key=lambda one: one.seconds)[:_WAYS]
    if not cheapest:
        return ""
    words = [f"{one.setting}={str(one.value).lower()} ({one.bytes / 2**20:,.0f} MiB less)" for one in cheapest]
    return f"The cheapest ways out: {', '.join(words)}."


def _facts(loop: TrainingLoop) -> Facts:
    """What a worker knows of its run."""
    settings, frame = loop.settings, loop.frame
    longest = loop.train.lengths(loop.train.longest(settings.batch_size, frame), frame)
    model: Any = loop.classifier.model
    shape = shape_of(model.config.to_dict(), len(loop.classifier.labels))
    device = loop.device.type
    return Facts(
        model="",
        shape=shape,
        limit=loop.classifier.max_length,
        reviews=len(loop.train.rows),
        validation=len(loop.validation.rows),
        table=binned(longest.tolist()),
        distinct=shape.vocabulary // 4,
        device=device,
        auto_precision=loop.precision,
        budgets={loop.precision: loop.fit.asked.tokens},
        calibrations=known(calibration_key(shape, device)),
    )
