"""How a worker uses the forecast before its first step: it chooses micro-batches that fit, and records the forecast."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from core.base.files import write_json
from core.base.memory import process_bytes
from core.base.units import in_bytes
from core.data.examples import Examples
from core.data.tokens import SpecialTokens
from core.forecast.calibration import known
from core.forecast.facts import Facts
from core.forecast.forecast import HEADROOM, forecast, savings
from core.forecast.gather import calibration_key, free_on, is_mapped
from core.forecast.memory import limits_that_fit, parts
from core.forecast.run import Run
from core.planning.loads import binned
from core.planning.model_shape import shape_of
from core.planning.run_plan import MicroBatchLimits
from core.training.loop import TrainingLoop

_MAX_SAMPLE = 20_000
"""Approximate number of reviews whose lengths are estimated from their bytes."""
_AMPLE = 0.5
"""Share of the room that a forecast may take for the most expensive micro-batch not to be tried beforehand."""
_MAX_SUGGESTIONS = 3
_MIN_SAVING = 0.2
"""Share of the largest saving that a change must save to be suggested."""


@dataclass(frozen=True)
class MemoryPlan:
    """Limits of micro-batches that fit, as far as the forecast can tell."""

    requested: MicroBatchLimits
    plan: MicroBatchLimits
    """The requested limits if they fit, otherwise smaller ones."""
    requested_bytes: int
    """Memory that the run would take with the requested limits."""
    room_bytes: int
    """Memory that the run may take."""

    @property
    def fits_amply(self) -> bool:
        """Whether the run would fit even if the forecast were far too low."""
        return self.requested_bytes <= _AMPLE * self.room_bytes


def plan_to_fit(loop: TrainingLoop, room: int | None = None) -> MemoryPlan | None:
    """Return limits of micro-batches that fit; None if no such steps have been measured.

    Args:
        loop: The training loop, before its first step.
        room: Bytes that the whole process may take; None for what it has plus what is free.
    """
    settings = loop.settings
    facts = facts_of(loop)
    run = Run(facts, settings)
    if not run.calibration.measured or loop.learner.plan.path.name != facts.path(settings):
        return None
    if room is None:
        room = _room(loop)
    limits = limits_that_fit(run, round(room * HEADROOM))
    return MemoryPlan(run.requested, limits, parts(run, run.requested).total, room)


def suggestions(loop: TrainingLoop) -> str:
    """Return a sentence with the changes of settings that save memory and cost the least time; empty without any."""
    facts = facts_of(loop)
    found = savings(facts, loop.settings)
    large = [one for one in found if one.bytes >= _MIN_SAVING * found[0].bytes]
    cheapest = sorted(large, key=lambda one: one.seconds)[:_MAX_SUGGESTIONS]
    if not cheapest:
        return ""
    words = [f"{one.setting}={str(one.value).lower()} ({in_bytes(one.bytes)} less)" for one in cheapest]
    return f"The cheapest ways out: {', '.join(words)}."


def record_forecast(loop: TrainingLoop, file: Path) -> None:
    """Write a run's forecast to `file`, unless it exists or no such steps have been measured on this machine.

    The forecast uses only facts that are available already, so nothing waits for it, and a run continues without one.
    """
    with suppress(Exception):
        if file.exists():
            return
        facts = facts_of(loop)
        if Run(facts, loop.settings).calibration.measured:
            facts = facts.model_copy(update={"free_bytes": _room(loop)})
            write_json(file, forecast(facts, loop.settings).model_dump(mode="json"))


def _room(loop: TrainingLoop) -> int:
    """Return the bytes that the whole process may take: what it has plus what is free."""
    return free_on(loop.device) + (process_bytes() if loop.device.type == "cpu" else 0)


def facts_of(loop: TrainingLoop) -> Facts:
    """Return the facts that a worker knows about its run before the first step."""
    settings, special_tokens = loop.settings, loop.special_tokens
    model: Any = loop.classifier.model
    shape = shape_of(model.config.to_dict(), len(loop.classifier.labels))
    longest = loop.train.longest(settings.batch_size, special_tokens)
    table = _table(loop.train, longest, special_tokens)
    ids = np.concatenate(loop.train.ids(longest))
    # the number of different words grows as the square root of the length of a text
    growth = (sum(length * count for length, count in table) / max(len(ids), 1)) ** 0.5
    return Facts(
        model="",
        shape=shape,
        limit=loop.classifier.max_length,
        mapped=is_mapped(Path(model.config.name_or_path)),
        reviews=len(loop.train.rows),
        validation=len(loop.validation.rows),
        table=table,
        distinct=min(round(len(np.unique(ids)) * growth), shape.vocabulary),
        device=loop.device.type,
        auto_precision=loop.precision,
        budgets={loop.precision: loop.policy.requested.tokens},
        calibrations=known(calibration_key(shape, loop.device)),
    )


def _table(examples: Examples, longest: np.ndarray, special_tokens: SpecialTokens) -> list[tuple[int, int]]:
    """Return the table of all lengths: exact for the reviews at `longest`, which decide the peak, estimated for others.

    The estimate comes from their bytes, so that nothing waits until they are tokenized.
    """
    exact = examples.lengths(longest, special_tokens)
    if examples.reviews is None:
        return binned(examples.lengths(np.arange(len(examples.rows)), special_tokens).tolist())
    whole = examples.lengths(longest, replace(special_tokens, max_length=1 << 30))
    sizes = examples.reviews.sizes()[examples.rows]
    rest = np.delete(sizes, longest) * (whole.sum() / max(sizes[longest].sum(), 1))
    some = np.clip(np.rint(rest[:: max(len(rest) // _MAX_SAMPLE, 1)]).astype(np.int64), 1, int(exact.min()))
    each = len(rest) / max(len(some), 1)
    return [(length, round(count * each)) for length, count in binned(some.tolist())] + binned(exact.tolist())
