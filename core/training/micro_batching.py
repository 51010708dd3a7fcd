"""The size of micro-batches, and how it adapts to the available memory.

A micro-batch is limited in reviews, and in tokens if its size is auto. When memory runs out, the limit becomes half of
what failed. If a single review fails, its activations are recomputed in the backward pass instead of kept; if that
fails too, nothing helps. After many steps without trouble the limits grow back, in case the shortage was temporary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from core.data.batches import micro_batches
from core.planning.loads import largest_part
from core.planning.run_plan import UNLIMITED, MicroBatchLimits

_CALM_STEPS = 100
"""Optimizer steps without trouble before limits double. Trouble with grown limits doubles the number."""


class MicroBatchPolicy:
    """The current limits of a run."""

    def __init__(self, requested: MicroBatchLimits, recompute: Callable[[], bool]) -> None:
        """Args:
        requested: the limits that the settings ask for.
        recompute: turns recomputation on; returns False if it is impossible, or on already.
        """
        self.requested = self.now = requested
        self._recompute = recompute
        self._since, self._patience, self._grown = 0, _CALM_STEPS, False

    def parts(self, lengths: np.ndarray) -> list[slice]:
        """Split a batch of reviews with [B] `lengths` into micro-batches."""
        return micro_batches(lengths, self.now.tokens, self.now.reviews)

    def largest(self, lengths: np.ndarray) -> slice:
        """Return the most expensive micro-batch that reviews with ascending [n] `lengths` can form."""
        count = len(largest_part(lengths.tolist(), self.now.tokens, self.now.reviews))
        return slice(len(lengths) - count, len(lengths))

    def shrink(self, step: int, reviews: int, tokens: int) -> bool:
        """Make micro-batches smaller, after `reviews` with `tokens` did not fit; return False if they cannot be."""
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
        """Limit micro-batches to the requested size halved `times` times; from the second time on, also recompute."""
        requested, now = self.requested, self.now
        if requested.tokens < UNLIMITED:
            self.now = replace(now, tokens=min(now.tokens, max(requested.tokens >> times, 1)))
        else:
            self.now = replace(now, reviews=min(now.reviews, max(requested.reviews >> times, 1)))
        if times > 1 and self._recompute():
            self.now = replace(self.now, recompute=True)

    def limit_to(self, tokens: int, reviews: int) -> None:
        """Lower the limits to at most `tokens` and `reviews`."""
        self.now = replace(self.now, tokens=min(self.now.tokens, tokens), reviews=min(self.now.reviews, reviews))

    def grow(self, step: int) -> bool:
        """Double the limits after many steps without trouble; return whether they changed. Recomputation stays on."""
        requested = self.requested
        is_whole = (self.now.tokens, self.now.reviews) == (requested.tokens, requested.reviews)
        if is_whole or step - self._since < self._patience:
            return False
        tokens = min(self.now.tokens * 2, requested.tokens)
        self.now = replace(self.now, tokens=tokens, reviews=min(self.now.reviews * 2, requested.reviews))
        self._since, self._grown = step, True
        return True

    def state(self) -> dict[str, Any]:
        """Return the state for a checkpoint; empty while the limits are those requested."""
        if self.now == self.requested:
            return {}
        return {**asdict(self.now), "since": self._since, "patience": self._patience, "grown": self._grown}

    def restore(self, state: dict[str, Any]) -> None:
        """Restore what `state` returned."""
        if not state:
            return
        self.now = MicroBatchLimits(int(state["tokens"]), int(state["reviews"]), bool(state["recompute"]))
        self._since, self._patience = int(state["since"]), int(state["patience"])
        self._grown = bool(state["grown"])
        if self.now.recompute and not self.requested.recompute:
            self._recompute()
