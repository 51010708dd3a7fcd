"""What padding costs a run, in seconds on this machine."""

from __future__ import annotations

import msgspec

from core.data.length_report import Padding
from core.forecast.duration import step_operations
from core.forecast.facts import Facts
from core.forecast.run import Run
from core.planning import loads
from core.settings.schema import Settings


class PaddingCost(msgspec.Struct, frozen=True, kw_only=True):
    """What padding costs a run, or what it saves a run that packs its reviews."""

    native: bool
    """Whether the run packs reviews end to end: then it computes no padding, and the seconds are saved."""
    seconds: float
    """Seconds of an epoch that computing the padding takes at this machine's speed."""
    measured: bool
    """Whether that speed was measured on this machine; otherwise it is a guess."""


def padding_cost(facts: Facts, settings: Settings, padding: Padding) -> PaddingCost:
    """Return what padding costs a run with `settings` whose batches would be padded as `padding` says."""
    run = Run(facts, settings)
    whole = loads.Work(
        sum(length * count for length, count in run.table), sum(length**2 * count for length, count in run.table), 0
    )
    padded = loads.Work(whole.tokens / (1 - padding.by_length), whole.squares * padding.squares, 0)
    extra = step_operations(run, padded) - step_operations(run, whole)
    return PaddingCost(
        native=run.native,
        seconds=extra * run.per_review / run.calibration.rate,
        measured=run.calibration.measured and not run.calibration.is_busy,
    )
