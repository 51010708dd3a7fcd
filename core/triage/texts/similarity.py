"""How alike texts are: the cosine of their words, weighted by how rare they are (tf-idf, Salton and Buckley 1988).

Words are known by their hashes. Neither the logits of a model nor the first token of a fine-tuned encoder would serve:
both say hardly more than which class a review is of, and so nothing of what it is about.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from core.triage.texts.words import Words

Array = np.ndarray[Any, Any]

_BITS = 20
"""Words are told apart by this many bits of their hash here; two that are not are rare and hardly matter."""
_BLOCK = 1 << 20
"""Words that are weighed at once."""


def similarity_to(words: Words, text: int) -> Array:
    """Return the similarity of N texts to one of them [N] float32, from 0 to 1; that of the text itself is 1."""
    rows = len(words)
    wanted, times = np.unique(words.of(text) >> np.uint32(32 - _BITS), return_counts=True)
    found = np.zeros(rows, dtype=np.float32)
    if len(wanted):
        weights = _rarity(words)
        own = np.zeros(1 << _BITS, dtype=np.float32)
        own[wanted] = (1 + np.log(times)) * weights[wanted] ** 2  # the weight in this text, and once more in the other
        norm = float(np.sqrt(np.sum(((1 + np.log(times)) * weights[wanted]) ** 2)))
        for first, last, of_text, terms, counts in _terms(words):
            tf = 1 + np.log(counts)
            dots = np.bincount(of_text, own[terms] * tf, minlength=last - first)
            norms = np.sqrt(np.bincount(of_text, (weights[terms] * tf) ** 2, minlength=last - first))
            found[first:last] = np.divide(dots, norms * norm, out=np.zeros(last - first), where=norms > 0)
    found[text] = 1.0
    return np.minimum(found, 1.0, out=found)


def _rarity(words: Words) -> Array:
    """Return log((1 + N) / (1 + texts with the word)) + 1 for each word [2^bits] float32, as scikit-learn has it."""
    texts = np.zeros(1 << _BITS, dtype=np.int64)
    for _, _, _, terms, _ in _terms(words):
        texts += np.bincount(terms, minlength=1 << _BITS)
    rarity: Array = (np.log((1 + len(words)) / (1 + texts)) + 1).astype(np.float32)
    return rarity


def _terms(words: Words) -> Any:
    """Yield, for blocks of texts: the first and the one after the last, and for each different word in each text the
    place of the text in the block, the word, and how often it occurs there."""
    first = 0
    while first < len(words):
        last = int(np.searchsorted(words.starts, words.starts[first] + _BLOCK, side="right")) - 1
        last = min(max(last, first + 1), len(words))
        sizes = np.diff(words.starts[first : last + 1])
        of_text = np.repeat(np.arange(last - first, dtype=np.uint64), sizes)
        terms = words.hashes[words.starts[first] : words.starts[last]] >> np.uint32(32 - _BITS)
        keys, counts = np.unique(of_text << np.uint64(_BITS) | terms, return_counts=True)
        mask = np.uint64((1 << _BITS) - 1)
        yield first, last, (keys >> np.uint64(_BITS)).astype(np.int64), (keys & mask).astype(np.int64), counts
        first = last
