"""Near copies: texts of which at least `SIMILAR` of the pairs of adjacent words are the same.

A group is a representative, the first of the group in the pile, and texts that are near copies of *it*, so that no
chain leads from one text to a quite different one. Texts with the same hash (`core/reviews/hashing.py`) are copies
whatever their words are. The same texts in the same order always give the same groups.

Candidates are found by MinHash in bands (Broder 1997; Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
chapter 3) and then compared word pair by word pair, so that nothing is grouped by an estimate. A pair with a similarity
of 0.85 becomes a candidate with a probability of 0.999. datasketch does the same with one object per text and one call
per word: for 100,000 texts it took 42 s of processor time and 900 MB; this takes 2 s.

Shapes: N texts, M different ones, S pairs of words in all, P pairs of texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from core.base.mixing import mixed
from core.triage.texts.words import Words

Array = np.ndarray[Any, Any]

SIMILAR = 0.85
"""The least Jaccard similarity of the sets of word pairs of near copies."""
_BANDS, _ROWS = 12, 5
"""Two texts are candidates if all `_ROWS` minima of a band are the same."""
_BLOCK = 1 << 17
"""Pairs of words whose minima are computed at once: they fit into a processor's cache."""
_COMPARED = 1 << 14
"""Pairs of texts that are compared at once."""
_EDGE = np.uint32(0x2545F491)
"""Stands before the first word and after the last."""


def near_copies(words: Words, text_hashes: Array) -> Array:
    """Return for each text the representative of its group, by its place [N] int32; its own place if it is alone.

    Args:
        text_hashes: [N] uint64, see `core.reviews.hashing`.
    """
    different, first, which = np.unique(text_hashes, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")  # different texts in the order of the pile
    rank = np.empty(len(different), dtype=np.int64)
    rank[order] = np.arange(len(different))
    texts = first[order]
    pairs = _WordPairs(words, texts)
    leaders = _leaders(pairs)
    groups: Array = texts[leaders][rank[which]].astype(np.int32)
    return groups


class _WordPairs:
    """The sets of hashed word pairs of M texts, as sorted numbers."""

    def __init__(self, words: Words, texts: Array) -> None:
        counts = words.counts[texts]
        sizes = np.where(counts > 0, counts + 1, 0)
        self.starts = np.zeros(len(texts) + 1, dtype=np.int64)
        np.cumsum(sizes, out=self.starts[1:])
        self.hashes = np.empty(self.starts[-1], dtype=np.uint32)
        done = 0
        for begin, end in _slices(self.starts, _BLOCK):
            of_text = np.repeat(np.arange(begin, end), sizes[begin:end])
            place = np.arange(len(of_text)) - (self.starts[of_text] - self.starts[begin])
            found = self._paired(words, texts[of_text], place, counts[of_text])
            keys = np.sort(of_text.astype(np.uint64) << np.uint64(32) | found)
            keys = keys[np.diff(keys, prepend=keys[:1] - np.uint64(1)) != 0]  # a set has each pair once
            self.hashes[done : done + len(keys)] = keys & np.uint64(0xFFFFFFFF)
            lengths = np.bincount((keys >> np.uint64(32)).astype(np.int64) - begin, minlength=end - begin)
            sizes[begin:end] = lengths
            done += len(keys)
        self.hashes = self.hashes[:done]
        np.cumsum(sizes, out=self.starts[1:])

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def sizes(self) -> Array:
        sizes: Array = np.diff(self.starts)
        return sizes

    @staticmethod
    def _paired(words: Words, text: Array, place: Array, count: Array) -> Array:
        """Return the hash of the pair at each place of a text: the word before the place, and the one at it."""
        at, last = words.starts[text] + place, len(words.hashes) - 1
        left = np.where(place > 0, words.hashes[np.maximum(at - 1, 0)], _EDGE)
        right = np.where(place < count, words.hashes[np.minimum(at, last)], _EDGE)
        return mixed(left.astype(np.uint64) << np.uint64(32) | right) >> np.uint64(32)

    def minima(self) -> Array:
        """Return the MinHash of each text [M, bands × rows] uint32; the largest number for a text without words."""
        draws = mixed(np.arange(1, 2 * _BANDS * _ROWS + 1, dtype=np.uint64) << np.uint64(8)) >> np.uint64(32)
        factors, offsets = draws.reshape(2, -1).astype(np.uint32)
        found = np.full((len(self), len(factors)), 0xFFFFFFFF, dtype=np.uint32)
        for begin, end in _slices(self.starts, _BLOCK):
            sizes = self.sizes[begin:end]
            filled = np.flatnonzero(sizes) + begin
            if not len(filled):
                continue
            hashes = self.hashes[self.starts[begin] : self.starts[end]]
            starts = self.starts[filled] - self.starts[begin]
            for column, (factor, offset) in enumerate(zip(factors | np.uint32(1), offsets, strict=True)):
                found[filled, column] = np.minimum.reduceat(hashes * factor + offset, starts)
        return found

    def similar(self, left: Array, right: Array) -> Array:
        """Return whether the texts of P pairs are near copies [P]."""
        result = np.zeros(len(left), dtype=bool)
        for begin in range(0, len(left), _COMPARED):
            part = slice(begin, begin + _COMPARED)
            a, b = left[part], right[part]
            keys = np.concatenate([self._keyed(a), self._keyed(b)])
            keys.sort()
            twice = keys[1:][keys[1:] == keys[:-1]] >> np.uint64(32)
            common = np.bincount(twice.astype(np.int64), minlength=len(a))
            together = self.sizes[a] + self.sizes[b] - common
            result[part] = (together > 0) & (common >= SIMILAR * together)
        return result

    def _keyed(self, texts: Array) -> Array:
        """Return the word pairs of some texts, each below its number among these texts."""
        sizes = self.sizes[texts]
        number = np.repeat(np.arange(len(texts)), sizes)
        before = np.cumsum(sizes) - sizes
        at = self.starts[texts][number] + np.arange(len(number)) - before[number]
        keys: Array = number.astype(np.uint64) << np.uint64(32) | self.hashes[at]
        return keys


def _leaders(pairs: _WordPairs) -> Array:
    """Return the leader of each of M texts [M], a text that it is a near copy of; itself if it leads or is alone.

    A text joins the earliest leader found, before any later text can join it: so no leader follows another.
    """
    leaders = np.arange(len(pairs))
    left, right = _candidates(pairs)
    fits = pairs.similar(left, right)
    for one, other in zip(left[fits].tolist(), right[fits].tolist(), strict=True):
        leader = leaders[one]
        if leaders[other] == other and (leader == one or pairs.similar(leader[None], np.array([other]))[0]):
            leaders[other] = leader
    return leaders


def _candidates(pairs: _WordPairs) -> tuple[Array, Array]:
    """Return pairs (earlier, later) of texts that may be near copies, in the order of the later, then the earlier.

    In each bucket of a band, all are compared with the first, and each with the one before it; comparing all with all
    would take forever where thousands share a sentence.
    """
    minima = pairs.minima()
    filled = np.flatnonzero(pairs.sizes)
    found = [np.zeros(0, dtype=np.uint64)]
    for band in range(_BANDS):
        key = np.zeros(len(filled), dtype=np.uint64)
        for column in range(band * _ROWS, (band + 1) * _ROWS):
            key = mixed(key ^ minima[filled, column])
        order = np.argsort(key, kind="stable")
        same = np.flatnonzero(key[order][1:] == key[order][:-1]) + 1
        starts = np.flatnonzero(np.diff(key[order], prepend=~key[order][:1]) != 0)
        first = starts[np.searchsorted(starts, same, side="right") - 1]
        later = filled[order[same]].astype(np.uint64)
        for earlier in (filled[order[first]], filled[order[same - 1]]):
            found.append(later << np.uint64(32) | earlier.astype(np.uint64))
    both = np.unique(np.concatenate(found))
    return (both & np.uint64(0xFFFFFFFF)).astype(np.int64), (both >> np.uint64(32)).astype(np.int64)


def _slices(starts: Array, most: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of texts that together have about `most` entries, given where those of each text start."""
    begin, last = 0, len(starts) - 1
    while begin < last:
        end = int(np.searchsorted(starts, starts[begin] + most, side="right")) - 1
        end = min(max(end, begin + 1), last)
        yield begin, end
        begin = end
