"""The learning rate of every optimizer step: a pure function of the step, so that a resumed run needs no state of it.

    linear, cosine   rise over the warm-up, then fall to zero over all the steps that are left
    constant         rise, then stay
    wsd              rise, stay, and fall to zero over the last steps: warm-up, stable, decay

Only the last does not ask how long a run will be before it falls. What comes before is a trunk that longer runs share,
so a run can be made longer from there and becomes the very run that it would have been. Its fall is 1 − √x, which
Hägele et al. (2024) found best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.settings.schema import Settings


@dataclass(frozen=True)
class Schedule:
    """The shape of a run's learning rate, as shares of its peak."""

    kind: str
    steps: int
    """Optimizer steps of the run."""
    warmup: float
    """Steps over which the rate rises; need not be whole."""
    trunk: int | None
    """Steps before the fall of wsd; None where the rate of every step depends on how many there will be."""

    def share(self, step: int) -> float:
        """Learning rate of `step`, counted from 0, by the peak. All but a constant one are zero after the last step."""
        if step < self.warmup:
            return (step + 1) / (self.warmup + 1)
        if self.trunk is not None:
            return 1.0 if step < self.trunk else 1 - math.sqrt((step - self.trunk) / max(self.steps - self.trunk, 1))
        done = (step - self.warmup) / max(self.steps - self.warmup, 1)
        if self.kind == "linear":
            return 1 - done
        if self.kind == "cosine":
            return 0.5 * (1 + math.cos(math.pi * done))
        return 1.0

    def shares_steps_with(self, other: Schedule, step: int) -> bool:
        """Whether a run stands the same after `step` steps by both: no rate before that differs."""
        return all(self.share(one) == other.share(one) for one in range(step))


def schedule_of(settings: Settings, steps: int, per_epoch: int) -> Schedule:
    """The schedule that `settings` mean for a run of `steps`, `per_epoch` of them in an epoch."""
    if settings.schedule != "wsd":
        return Schedule(settings.schedule, steps, settings.warmup_ratio * steps, None)
    warmup = settings.warmup_ratio * per_epoch
    trunk = max(steps - max(round(settings.decay_ratio * steps), 1), 0)
    return Schedule("wsd", steps, warmup, trunk)


def planned_steps(settings: Settings, per_epoch: int) -> int:
    """Optimizer steps that `settings` mean, `per_epoch` of them in an epoch."""
    return settings.max_steps or settings.epochs * per_epoch
