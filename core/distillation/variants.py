"""Variants of reviews, for the teacher to say something new about: with few reviews, a student learns them by heart.

A variant lacks some of the tokens of a review, drawn at random, and one of four is a passage of it (after Tang et al.
2019, "Distilling Task-Specific Knowledge from BERT", which masks words and samples n-grams). Whatever that makes of the
text, it has no label of its own: what the teacher says of it is what is learned.

On amazon_cells (600 reviews, three of the starter's six layers), eight variants of each review halved the distance from
the teacher's probabilities on reviews that neither had seen.
"""

from __future__ import annotations

import numpy as np

from core.data.examples import Tokens
from core.data.token_store import TokenStore

MOST = 20_000
"""Variants of all reviews together: with many reviews, more of the same say little."""
_DROPPED = 0.15
"""Share of the tokens that are left out."""
_PASSAGES = 0.25
"""Share of the variants that are a passage."""
_SHORTEST = 3
"""Tokens of the shortest passage."""
RECIPE = f"drop {_DROPPED}, passages {_PASSAGES}, at least {_SHORTEST}"
"""Names what makes variants, for whoever keeps something computed from them."""


def count_variants(reviews: int, each: int) -> int:
    """Return how many variants `each` of so many reviews gives in all."""
    return min(reviews * each, MOST)


def make_variants(tokens: Tokens, rows: np.ndarray, each: int) -> TokenStore:
    """Return variants of the reviews at [N] `rows`, always the same ones; all reviews have as many, give or take one.

    Args:
        tokens: Complete.
        each: Of each review, as far as there are not too many.
    """
    total = count_variants(len(rows), each)
    generator = np.random.default_rng(0)
    order = generator.permutation(len(rows))
    found = [_variant(np.asarray(tokens[int(rows[order[number % len(rows)]])]), generator) for number in range(total)]
    counts = np.array([len(one) for one in found], dtype=np.int32)
    starts = np.cumsum(counts, dtype=np.int64) - counts
    ids = np.concatenate(found) if found else np.zeros(0, dtype=np.uint32)
    return TokenStore(ids, starts, counts, complete=True)


def _variant(ids: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """Return some of the tokens [L] of a review, at least one if it has any."""
    if len(ids) > _SHORTEST and generator.random() < _PASSAGES:
        length = int(generator.integers(_SHORTEST, len(ids)))
        start = int(generator.integers(0, len(ids) - length + 1))
        ids = ids[start : start + length]
    kept = ids[generator.random(len(ids)) >= _DROPPED]
    return kept if len(kept) else ids[:1]
