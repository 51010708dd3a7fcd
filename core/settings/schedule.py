"""The learning rate of each optimizer step, as a pure function of the step: a resumed run needs no scheduler state.

    linear, cosine   rise during warmup, then fall to zero over all remaining steps
    constant         rise during warmup, then hold
    wsd              rise, hold, and fall to zero over the last steps (warmup, stable, decay)

Only wsd does not depend on the length of the run until it starts to fall. Up to that point it is a trunk shared with
longer runs, so a run can be extended from the end of its trunk and becomes exactly the run it would have been if it had
been planned longer. It falls as 1 − √x, which Hägele et al. (2024) found to work best.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.settings.schema import Settings


@dataclass(frozen=True)
class Schedule:
    """The learning rate of a run over its steps, as shares of the peak."""

    kind: str
    steps: int
    """Optimizer steps in the run."""
    warmup: float
    """Steps over which the rate rises; not necessarily a whole number."""
    trunk: int | None
    """Steps before wsd starts to fall; None if the rate of every step depends on the number of steps."""

    def share(self, step: int) -> float:
        """Return the learning rate of `step` (from 0) as a share of the peak. All but `constant` end at zero."""
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
        """Return whether both schedules give the same rate in each of the first `step` steps."""
        return all(self.share(one) == other.share(one) for one in range(step))


def schedule_of(settings: Settings, steps: int, per_epoch: int) -> Schedule:
    """Return the schedule for a run of `steps` optimizer steps, `per_epoch` in each epoch."""
    if settings.schedule != "wsd":
        return Schedule(settings.schedule, steps, settings.warmup_ratio * steps, None)
    warmup = settings.warmup_ratio * per_epoch
    trunk = max(steps - max(round(settings.decay_ratio * steps), 1), 0)
    return Schedule("wsd", steps, warmup, trunk)


def planned_steps(settings: Settings, per_epoch: int) -> int:
    """Return the number of optimizer steps in a run, with `per_epoch` steps in each epoch."""
    return settings.max_steps or settings.epochs * per_epoch
