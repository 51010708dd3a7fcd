"""What is learned from, or measured on: tokenized reviews with their classes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.data.token_store import TokenStore
from core.data.tokens import SpecialTokens
from core.reviews.reading import Reviews

_SPARE = 4
"""How many times as many reviews are looked at to find the longest: bytes foretell tokens, but not to one."""


@dataclass(frozen=True)
class Examples:
    """Tokenized reviews and their classes: `rows` [N] into `tokens`, `labels` [N]."""

    tokens: TokenStore
    rows: np.ndarray
    labels: np.ndarray
    reviews: Reviews | None = None
    """Where the reviews are kept, and with them what is computed of them once; None for nowhere."""

    def lengths(self, positions: np.ndarray, special_tokens: SpecialTokens) -> np.ndarray:
        """[n] tokens that the reviews at [n] `positions` have, once cut and framed; waits until they are tokenized."""
        return self.tokens.lengths(self.rows[positions], special_tokens)

    def ids(self, positions: np.ndarray) -> list[np.ndarray]:
        """The token ids of the reviews at [n] `positions`."""
        return [self.tokens[row] for row in self.rows[positions]]

    def longest(self, count: int, special_tokens: SpecialTokens) -> np.ndarray:
        """Positions of the `count` longest reviews in tokens, the shortest of them first.

        Where texts are known, they are sought among four times as many of the longest in bytes, so that nobody has to
        wait until all reviews are tokenized.
        """
        among = np.arange(len(self.rows))
        if self.reviews is not None:
            among = longest_in_bytes(self.reviews, self.rows, count)
        order = np.argsort(self.lengths(among, special_tokens), kind="stable")
        found: np.ndarray = among[order[-count:]]
        return found


def longest_in_bytes(reviews: Reviews, rows: np.ndarray, count: int) -> np.ndarray:
    """Positions in `rows` [N] of four times `count` of the longest texts, in order."""
    sizes = reviews.sizes()[rows]
    most = min(_SPARE * count, len(rows))
    return np.sort(np.argpartition(-sizes, most - 1)[:most]) if most else np.zeros(0, dtype=np.int64)
