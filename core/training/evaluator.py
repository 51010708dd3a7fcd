"""Logits of many reviews, computed in batches of similar length that fit in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from core.base.out_of_memory import Attempt, OutOfMemoryError
from core.data.batches import length_sorted
from core.data.examples import Examples
from core.data.tokens import SpecialTokens
from core.learners.base import Learner
from core.planning.sizes import EVALUATION_REVIEWS


class Evaluator:
    """Computes logits for evaluations."""

    def __init__(
        self,
        learner: Learner,
        special_tokens: SpecialTokens,
        classes: int,
        tokens: int,
        on_smaller: Callable[[int], None],
        heartbeat: Callable[[], None],
    ) -> None:
        """Args:
        tokens: the most tokens in a batch; half as many once a batch has not fit in memory.
        on_smaller: called with the reviews of a batch that did not fit.
        heartbeat: called before every forward pass.
        """
        self._learner, self._special_tokens, self._classes = learner, special_tokens, classes
        self._tokens = tokens
        self._on_smaller, self._heartbeat = on_smaller, heartbeat

    def rehearse(self, several: Sequence[Examples], computed: int) -> None:
        """Compute the most expensive batch of an evaluation of any of `several`, and discard it.

        Args:
            computed: Tokens of a forward and backward pass that has just fit: with no more tokens, an evaluation fits.

        Raises:
            OutOfMemoryError: Not even one review fits.
        """
        longest = [(examples, examples.longest(EVALUATION_REVIEWS, self._special_tokens)) for examples in several]
        tokens = [int(examples.lengths(found, self._special_tokens).sum()) for examples, found in longest]
        if min(max(tokens), self._tokens) > computed:
            self.logits(*longest[tokens.index(max(tokens))])

    def logits(
        self, examples: Examples, positions: np.ndarray, progress: Callable[[float], None] = lambda fraction: None
    ) -> np.ndarray:
        """Return [n, C] fp32 logits of the reviews at [n] `positions`.

        Args:
            progress: Called with the fraction of the reviews computed so far, 0 to 1.

        Raises:
            OutOfMemoryError: Not even one review fits.
        """
        logits = np.zeros((len(positions), self._classes), dtype=np.float32)
        lengths = examples.lengths(positions, self._special_tokens)
        left = deque(length_sorted(lengths, self._tokens, EVALUATION_REVIEWS))
        done = 0
        while left:
            batch = left.popleft()
            attempt = Attempt(partial(self._forward, examples, positions[batch]))
            if attempt.failed:
                self._shrink(len(batch), int(lengths[batch].sum()))
                rest = np.concatenate([batch, *left])
                left = deque(rest[part] for part in length_sorted(lengths[rest], self._tokens, EVALUATION_REVIEWS))
                continue
            logits[batch] = attempt.result
            done += len(batch)
            progress(done / len(positions))
        return logits

    def _forward(self, examples: Examples, positions: np.ndarray) -> np.ndarray:
        self._heartbeat()
        logits: np.ndarray = self._learner.logits(examples, positions).cpu().numpy()
        return logits

    def _shrink(self, reviews: int, tokens: int) -> None:
        """Make batches smaller from now on: `reviews` with `tokens` in all did not fit."""
        self._learner.free()
        if reviews == 1:
            raise OutOfMemoryError(f"Out of memory: not even one review of {tokens:,} tokens can be classified.")
        self._tokens = -(-tokens // 2)
        self._on_smaller(reviews)
