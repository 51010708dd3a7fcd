"""How large micro-batches may be, and how that adapts to the memory there is.

A micro-batch has a limit in tokens where its size is left to the machine, and one in reviews. When memory does not
suffice, the limit that parts batches becomes half of what has failed; with a single review, activations are computed
twice instead of kept; after that nothing helps. Long after, limits grow back, in case the memory was only lent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.data.batches import largest_part, micro_batches

UNLIMITED = 1 << 62
_CALM_STEPS = 100
"""Optimizer steps without trouble after which limits double; after trouble with grown limits it takes twice as many."""


@dataclass(frozen=True)
class MicroBatchLimits:
    """Of a micro-batch."""

    tokens: int
    reviews: int
    recompute: bool = False
    """Whether activations are computed a second time for the backward pass."""

    def parts(self, lengths: np.ndarray) -> list[slice]:
        """A batch of reviews with [B] `lengths`, in micro-batches."""
        return micro_batches(lengths, self.tokens, self.reviews)

    def largest(self, lengths: np.ndarray) -> slice:
        """The most expensive micro-batch there can be of reviews with [n] `lengths`, which ascend."""
        return largest_part(lengths, self.tokens, self.reviews)


class MicroBatchPolicy:
    """The limits of a run, as they are now."""

    def __init__(self, asked: MicroBatchLimits, recompute: Callable[[], bool]) -> None:
        """Args: recompute: has activations computed twice from now on; says whether that can be done, and was not."""
        self.asked = self.now = asked
        self._recompute = recompute
        self._since, self._patience, self._grown = 0, _CALM_STEPS, False

    def shrink(self, step: int, reviews: int, tokens: int) -> bool:
        """A micro-batch of `reviews` with `tokens` did not fit: make the next ones smaller. False: that cannot be."""
        if self._grown:
            self._patience *= 2
        self._since, self._grown = step, False
        if reviews > 1:
            if self.now.tokens < UNLIMITED:
                self.now = replace(self.now, tokens=max(-(-tokens // 2), 1))
            else:
                self.now = replace(self.now, reviews=reviews // 2)
            return True
        if self._recompute():
            self.now = replace(self.now, recompute=True)
            return True
        return False

    def reduce(self, times: int) -> None:
        """Halve what was asked for so often, where limits are not as small already; from two times on, recompute."""
        asked, now = self.asked, self.now
        if asked.tokens < UNLIMITED:
            self.now = replace(now, tokens=min(now.tokens, max(asked.tokens >> times, 1)))
        else:
            self.now = replace(now, reviews=min(now.reviews, max(asked.reviews >> times, 1)))
        if times > 1 and self._recompute():
            self.now = replace(self.now, recompute=True)

    def limit_to(self, tokens: int, reviews: int) -> None:
        """Begin with smaller limits than were asked for."""
        self.now = replace(self.now, tokens=min(self.now.tokens, tokens), reviews=min(self.now.reviews, reviews))

    def grow(self, step: int) -> bool:
        """Double the limits, if there was no trouble for long; says whether they changed. Recomputing stays."""
        asked = self.asked
        if (self.now.tokens, self.now.reviews) == (asked.tokens, asked.reviews) or step - self._since < self._patience:
            return False
        tokens = min(self.now.tokens * 2, asked.tokens)
        self.now = replace(self.now, tokens=tokens, reviews=min(self.now.reviews * 2, asked.reviews))
        self._since, self._grown = step, True
        return True

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps; empty while limits are as they were asked for."""
        if self.now == self.asked:
            return {}
        return {**asdict(self.now), "since": self._since, "patience": self._patience, "grown": self._grown}

    def restore(self, state: dict[str, Any]) -> None:
        """Stand where `state` was taken."""
        if not state:
            return
        self.now = MicroBatchLimits(int(state["tokens"]), int(state["reviews"]), bool(state["recompute"]))
        self._since, self._patience = int(state["since"]), int(state["patience"])
        self._grown = bool(state["grown"])
        if self.now.recompute and not self.asked.recompute:
            self._recompute()
