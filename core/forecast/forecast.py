"""The forecast of a run, from facts and settings alone, in a millisecond: what it will need, and what would save some.

`memory.py` and `duration.py` do the counting.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict

from core.base.errors import InputError
from core.forecast import duration
from core.forecast.disk import disk_bytes
from core.forecast.facts import Facts
from core.forecast.memory import Parts, largest_micro_batch, limits_that_fit, parts
from core.forecast.run import Run
from core.planning.run_plan import UNLIMITED
from core.settings.schema import Settings

HEADROOM = 0.9
"""Share of the free memory that a run may be planned to take."""
MEASURED = (0.1, 0.3)
"""Relative uncertainty of memory and time, with a calibration: benchmarks/MEMORY.md found more than nine in ten runs
within them, of time that of the whole run."""
GUESSED = (0.25, 0.5)
"""The same without one; itself guessed."""


class Saving(BaseModel):
    """One change that makes a run smaller."""

    model_config = ConfigDict(frozen=True)

    setting: str
    value: Any
    bytes: int
    """Memory that it saves."""
    seconds: float
    """Time that it adds; negative where it saves time too."""


class Forecast(BaseModel):
    """What a run will need."""

    model_config = ConfigDict(frozen=True)

    peak_bytes: int
    low_bytes: int
    high_bytes: int
    parts: Parts
    seconds_per_epoch: float
    training_seconds: float
    """The pass that computes frozen layers, steps and evaluations, as a run's journal counts them."""
    seconds: float
    """All of it, from the start of the worker."""
    low_seconds: float
    high_seconds: float
    steps: int
    path: str
    precision: str
    measured: bool
    """Whether steps like those of this run were measured on this machine, while nobody else used it; else it is a
    guess."""
    micro_batch_size: int
    """Reviews of the most expensive micro-batch, as the run will be done."""
    micro_batch_tokens: int
    batch_size: int
    free_bytes: int
    fits: bool
    """Whether it fits as it was asked for; if not, micro-batches will be smaller, the batch kept."""
    largest_micro_batch: int
    """Reviews of the longest kind that fit into a micro-batch, up to the batch size; 0 where not even one does."""
    disk_bytes: int
    """What its folder takes on the disk after its end."""
    dominant: str
    """The largest part besides the baseline."""


def forecast(facts: Facts, settings: Settings) -> Forecast:
    """What a run with `settings` will need."""
    run = Run(facts, settings)
    asked = run.asked
    room = int(facts.free_bytes * HEADROOM) if facts.free_bytes else UNLIMITED
    plan = limits_that_fit(run, room)
    counted, calibration = parts(run, plan), run.calibration
    sure_bytes = (MEASURED if calibration.measured else GUESSED)[0]
    measured = calibration.measured and not calibration.is_busy
    sure_seconds = (MEASURED if measured else GUESSED)[1]
    part = run.largest_part(plan)
    epoch, training = duration.seconds(run, plan)
    training += duration.once(run, plan)
    whole = calibration.start + training + duration.ending(run)
    needed = {name: size for name, size in counted.model_dump().items() if name != "baseline"}
    return Forecast(
        peak_bytes=counted.total,
        low_bytes=round(counted.total * (1 - sure_bytes)),
        high_bytes=round(counted.total * (1 + sure_bytes)),
        parts=counted,
        seconds_per_epoch=epoch,
        training_seconds=training,
        seconds=whole,
        low_seconds=whole * (1 - sure_seconds),
        high_seconds=whole * (1 + sure_seconds),
        steps=run.steps,
        path=run.path,
        precision=run.precision,
        measured=measured,
        micro_batch_size=len(part),
        micro_batch_tokens=sum(part),
        batch_size=settings.batch_size,
        free_bytes=facts.free_bytes,
        fits=plan == asked and counted.total <= room,
        largest_micro_batch=largest_micro_batch(run, room),
        disk_bytes=disk_bytes(run, training),
        dominant=max(needed, key=lambda name: needed[name]),
    )


def savings(facts: Facts, settings: Settings) -> list[Saving]:
    """What each change that saves memory would bring, the largest saving first."""
    now = forecast(facts.model_copy(update={"free_bytes": 0}), settings)
    found = []
    for name, value in _changes(facts, settings, now):
        try:
            changed = settings.changed({name: value})
        except InputError:  # it does not fit the other settings
            continue
        then = forecast(facts.model_copy(update={"free_bytes": 0}), changed)
        if then.peak_bytes < now.peak_bytes:
            saved, more = now.peak_bytes - then.peak_bytes, then.seconds - now.seconds
            found.append(Saving(setting=name, value=value, bytes=saved, seconds=more))
    return sorted(found, key=lambda saving: -saving.bytes)


def _changes(facts: Facts, settings: Settings, now: Forecast) -> list[tuple[str, Any]]:
    """Changes that may save memory."""
    layers = facts.shape.layers
    freezings: list[str | int] = [layers // 2] if facts.shape.num_frozen(settings) >= 0 else ["embeddings", layers // 2]
    longest = min(settings.max_length, facts.limit, facts.table[-1][0] if facts.table else settings.max_length)
    return [
        ("max_length", max(longest // 2, 16)),
        ("precision", "bf16"),
        ("gradient_checkpointing", True),
        ("micro_batch_size", max(now.micro_batch_size // 2, 1)),
        *(("freeze_layers", choice) for choice in freezings),
        ("lora", True),
    ]
