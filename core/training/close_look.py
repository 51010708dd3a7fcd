"""A close look at some steps: gradients and updates in each part of the model.

A look reads all gradients, weights and moments once. The first step is looked at, then as many as keep the cost of
looking within a budget. What is trained does not depend on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import torch

from core.base.out_of_memory import Attempt
from core.learners.base import Learner

SHARE = 0.004
"""The share of the time that may be spent on looking."""
SHARE_ON_GPU = SHARE / 2
"""The same where only handing the work out is timed: the device may need nearly twice as long for it."""
MOST = 2000
"""About the most steps of a run that are looked at."""


class LookBudget:
    """Decides when the next look can be afforded."""

    def __init__(self, steps: int, clock: Callable[[], float] = time.monotonic, share: float = SHARE) -> None:
        """Args:
        steps: planned of the whole run.
        clock: returns seconds.
        share: of the time that may be spent on looking.
        """
        self._clock, self._share = clock, share
        self._apart = max(-(-steps // MOST), 1)
        """Steps between two looks at least."""
        self._begun: float | None = None
        """When the first step was."""
        self._next_step, self._next_moment = 0, 0.0
        self.spent = 0.0
        """Seconds that all looks have cost."""

    def affords(self, step: int) -> bool:
        """Return whether to look at `step`.

        All looks so far must be within their share of the time there was. The last one must also be paid for by the
        time since then, so that a pause or an evaluation is not followed by many looks at once.
        """
        now = self._clock()
        if self._begun is None:
            self._begun = now
            return True
        affordable = self.spent <= self._share * (now - self._begun)
        return affordable and now >= self._next_moment and step >= self._next_step

    def spend(self, step: int, seconds: float) -> None:
        """Count what a look at `step` has cost."""
        self.spent += seconds
        self._next_step, self._next_moment = step + self._apart, self._clock() + seconds / self._share


class CloseLook:
    """Looks at the gradients before an update, and at the weights after it, if that can be afforded.

    It never ends a run: without enough memory for it there are no figures.
    """

    def __init__(self, learner: Learner, budget: LookBudget, clock: Callable[[], float] = time.monotonic) -> None:
        self._learner, self._budget, self._clock = learner, budget, clock
        self._looking = False
        self._gradients: torch.Tensor | None = None
        self._seconds = 0.0
        """What this look has cost."""

    def before_update(self, step: int) -> None:
        """Look at the gradients of `step`, counted from 0."""
        self._looking, self._gradients, self._seconds = self._budget.affords(step), None, 0.0
        if self._looking:
            self._gradients = self._look(self._learner.gradient_norms)

    def after_update(self, step: int, rate: float) -> tuple[torch.Tensor, ...]:
        """Return 2P scalars on the device: the norm of the gradients of every part, then its update ratio; or nothing.

        Args:
            step: See `before_update`.
            rate: The learning rate of the update.
        """
        if not self._looking:
            return ()
        ratios = self._look(lambda: self._learner.update_ratios(rate))
        self._budget.spend(step, self._seconds)
        if self._gradients is None or ratios is None:
            return ()
        return *self._gradients.unbind(), *ratios.unbind()

    def _look(self, work: Callable[[], torch.Tensor]) -> torch.Tensor | None:
        began = self._clock()
        attempt = Attempt(work)
        self._seconds += self._clock() - began
        return None if attempt.failed else attempt.result
