"""The forecast of a run, and of what each change of settings would save.

It needs only facts and settings, and takes a millisecond. `memory.py` and `duration.py` do the counting.
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
"""Share of the free memory that a plan may use."""
MEASURED = (0.1, 0.3)
"""Relative uncertainty of memory and of the time of the whole run, with a calibration. More than nine in ten runs in
benchmarks/MEMORY.md are within them."""
GUESSED = (0.25, 0.5)
"""The same without a calibration; itself a guess."""


class Saving(BaseModel):
    """A change of one setting that saves memory."""

    model_config = ConfigDict(frozen=True)

    setting: str
    value: Any
    bytes: int
    """Memory saved."""
    seconds: float
    """Time added; negative if it saves time too."""


class Forecast(BaseModel):
    """What a run will need."""

    model_config = ConfigDict(frozen=True)

    peak_bytes: int
    low_bytes: int
    high_bytes: int
    parts: Parts
    seconds_per_epoch: float
    training_seconds: float
    """Duration of the pass over frozen layers, the steps and the evaluations, as a run's journal counts it."""
    seconds: float
    """Duration of the whole run, from the start of the worker."""
    low_seconds: float
    high_seconds: float
    steps: int
    path: str
    precision: str
    measured: bool
    """Whether such steps have been measured on this machine while it was quiet; otherwise the times are a guess."""
    micro_batch_size: int
    """Reviews of the most expensive micro-batch, after any reduction to fit."""
    micro_batch_tokens: int
    batch_size: int
    free_bytes: int
    fits: bool
    """Whether the requested micro-batches fit. If not, they become smaller; the batch size stays."""
    largest_micro_batch: int
    """How many of the longest reviews fit in a micro-batch, up to the batch size; 0 if not even one does."""
    disk_bytes: int
    """Size of the run's folder once it has ended."""
    dominant: str
    """Name of the largest part besides the baseline."""


def forecast(facts: Facts, settings: Settings) -> Forecast:
    """Return what a run with `settings` will need."""
    run = Run(facts, settings)
    requested = run.requested
    room = int(facts.free_bytes * HEADROOM) if facts.free_bytes else UNLIMITED
    plan = limits_that_fit(run, room)
    counted, calibration = parts(run, plan), run.calibration
    sure_bytes = (MEASURED if calibration.measured else GUESSED)[0]
    measured = calibration.measured and not calibration.is_busy
    sure_seconds = (MEASURED if measured else GUESSED)[1]
    part = run.largest_part(plan)
    epoch, training = duration.seconds(run, plan)
    training += duration.frozen_pass_seconds(run, plan)
    whole = calibration.start + training + duration.saving_seconds(run)
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
        fits=plan == requested and counted.total <= room,
        largest_micro_batch=largest_micro_batch(run, room),
        disk_bytes=disk_bytes(run, training),
        dominant=max(needed, key=lambda name: needed[name]),
    )


def savings(facts: Facts, settings: Settings) -> list[Saving]:
    """Return the changes of one setting that save memory, the largest saving first."""
    now = forecast(facts.model_copy(update={"free_bytes": 0}), settings)
    found = []
    for name, value in _changes(facts, settings, now):
        try:
            changed = settings.changed({name: value})
        except InputError:  # it conflicts with the other settings
            continue
        then = forecast(facts.model_copy(update={"free_bytes": 0}), changed)
        if then.peak_bytes < now.peak_bytes:
            saved, more = now.peak_bytes - then.peak_bytes, then.seconds - now.seconds
            found.append(Saving(setting=name, value=value, bytes=saved, seconds=more))
    return sorted(found, key=lambda saving: -saving.bytes)


def _changes(facts: Facts, settings: Settings, now: Forecast) -> list[tuple[str, Any]]:
    """Return settings, with new values, that may save memory."""
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
