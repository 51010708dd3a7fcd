"""Tokenized reviews with their classes, for training or evaluation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.data.tokens import SpecialTokens
from core.reviews.reading import Reviews

_SPARE = 4
"""How many times as many reviews are examined to find the longest in tokens: bytes predict tokens only roughly."""


class Tokens(Protocol):
    """The token ids of N reviews; see `core.data.token_store.TokenStore`."""

    @property
    def counts(self) -> np.ndarray: ...

    def __len__(self) -> int: ...
    def __getitem__(self, row: int) -> np.ndarray: ...
    def lengths(self, rows: np.ndarray, special_tokens: SpecialTokens) -> np.ndarray: ...
    def wait(self, rows: np.ndarray) -> None: ...


@dataclass(frozen=True)
class Examples:
    """Tokenized reviews and their classes: `rows` [N] of `tokens`, and `labels` [N]."""

    tokens: Tokens
    rows: np.ndarray
    labels: np.ndarray
    reviews: Reviews | None = None
    """The stored reviews, next to which computed features are cached; None if they are not stored."""

    def lengths(self, positions: np.ndarray, special_tokens: SpecialTokens) -> np.ndarray:
        """Return the tokens [n] of the reviews at [n] `positions`, truncated and with special tokens.

        Blocks until they are tokenized.
        """
        return self.tokens.lengths(self.rows[positions], special_tokens)

    def whole_lengths(self, special_tokens: SpecialTokens) -> np.ndarray:
        """Return the int64 tokens [N] of all reviews, not truncated, with special tokens; blocks until tokenized."""
        self.tokens.wait(self.rows)
        whole: np.ndarray = self.tokens.counts[self.rows].astype(np.int64)
        return whole + len(special_tokens.before) + len(special_tokens.after)

    def ids(self, positions: np.ndarray) -> list[np.ndarray]:
        """Return the token ids of the reviews at [n] `positions`, without special tokens and not truncated."""
        return [self.tokens[row] for row in self.rows[positions]]

    def longest(self, count: int, special_tokens: SpecialTokens) -> np.ndarray:
        """Return the positions of the `count` longest reviews in tokens, in ascending order of length.

        If the texts are stored, only the longest in bytes are examined, four times as many: that does not wait until
        all reviews are tokenized.
        """
        among = np.arange(len(self.rows))
        if self.reviews is not None:
            among = longest_in_bytes(self.reviews, self.rows, count)
        order = np.argsort(self.lengths(among, special_tokens), kind="stable")
        found: np.ndarray = among[order[-count:]]
        return found


def longest_in_bytes(reviews: Reviews, rows: np.ndarray, count: int) -> np.ndarray:
    """Return the positions in `rows` [N] of the longest texts in bytes, four times `count`, in ascending order."""
    sizes = reviews.sizes()[rows]
    most = min(_SPARE * count, len(rows))
    return np.sort(np.argpartition(-sizes, most - 1)[:most]) if most else np.zeros(0, dtype=np.int64)
