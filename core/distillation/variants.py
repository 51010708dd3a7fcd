"""Variants of reviews, for the teacher to say something new about: with few reviews, a student learns them by heart.

A variant lacks some of the words of a review, drawn at random, and one of four is a passage of it (after Tang et al.
2019, "Distilling Task-Specific Knowledge from BERT", which masks words and samples n-grams). Whatever that makes of the
text, it has no label of its own: what the teacher says of it is what is learned.

On amazon_cells (600 reviews, three of the starter's six layers), eight variants of each review halved the divergence
from the teacher's probabilities on reviews that neither had seen, from 0.19 to 0.09 nats.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

MOST = 20_000
"""Variants of all reviews together: with many reviews, more of the same say little."""
_DROPPED = 0.15
"""Share of the words that are left out."""
_PASSAGES = 0.25
"""Share of the variants that are a passage."""
_SHORTEST = 3
"""Words of the shortest passage."""
RECIPE = f"1: drop {_DROPPED}, passages {_PASSAGES}, at least {_SHORTEST}"
"""Names what makes variants, for whoever keeps something computed from them."""


def count_variants(reviews: int, each: int) -> int:
    """Return the number of variants in all, if each review gives `each`."""
    return min(reviews * each, MOST)


def make_variants(text: Callable[[int], str], reviews: int, each: int) -> list[str]:
    """Return variants of reviews, always the same ones; all reviews have as many, give or take one.

    Args:
        text: Returns the text of a review, by its position.
        reviews: How many there are.
        each: Variants of each, as far as there are not too many.
    """
    generator = np.random.default_rng(0)
    order = generator.permutation(reviews)
    return [variant(text(int(order[number % reviews])), generator) for number in range(count_variants(reviews, each))]


def variant(text: str, generator: np.random.Generator) -> str:
    """Return a text that lacks some words of another; of a text without blanks, some characters."""
    words, between = text.split(), " "
    if len(words) < _SHORTEST:
        words, between = list(text), ""
    if len(words) > _SHORTEST and generator.random() < _PASSAGES:
        length = int(generator.integers(_SHORTEST, len(words)))
        start = int(generator.integers(0, len(words) - length + 1))
        words = words[start : start + length]
    kept = [word for word, dropped in zip(words, generator.random(len(words)) < _DROPPED, strict=True) if not dropped]
    return between.join(kept or words[:1])
