"""What padding costs a run, in seconds on this machine."""

from __future__ import annotations

import msgspec

from core.data.length_report import Padding
from core.forecast.duration import seconds, step_operations
from core.forecast.facts import Facts
from core.forecast.run import Run
from core.planning import loads
from core.settings.schema import Settings


class PaddingCost(msgspec.Struct, frozen=True, kw_only=True):
    """What padding costs a run, or what it saves a run that packs its reviews: seconds of an epoch, by the way batches
    are formed."""

    native: bool
    """Whether the run packs reviews end to end: then it computes no padding, and the seconds are saved."""
    measured: bool
    """Whether the speed was measured on this machine; otherwise it is a guess."""
    epoch: float
    """Seconds of an epoch of the run."""
    to_longest: float
    """Seconds for the padding if all reviews are padded to the longest of all."""
    random: float
    """If batches are drawn at random."""
    by_length: float
    """If batches hold reviews of similar length, as in training."""


def padding_cost(facts: Facts, settings: Settings, padding: Padding) -> PaddingCost:
    """Return what padding costs a run with `settings` whose batches would be padded as `padding` says."""
    run = Run(facts, settings)
    whole = loads.Work(
        sum(length * count for length, count in run.table), sum(length**2 * count for length, count in run.table), 0
    )

    def cost(share: float, squares: float) -> float:
        padded = loads.Work(whole.tokens / (1 - share), whole.squares * squares, 0)
        extra = step_operations(run, padded) - step_operations(run, whole)
        return extra * run.per_review / run.calibration.rate

    return PaddingCost(
        native=run.native,
        measured=run.calibration.measured and not run.calibration.is_busy,
        epoch=seconds(run, run.requested)[0],
        to_longest=cost(padding.to_longest, padding.longest_squares),
        random=cost(padding.random, padding.random_squares),
        by_length=cost(padding.by_length, padding.squares),
    )
