"""The words of many texts as numbers: hashed, one after the other, with the places where each text begins.

A word is a run of letters and digits, whatever its case; a symbol that is neither, such as an emoji, is a word of its
own, and so is a Chinese or Japanese character. ASCII punctuation and white space only separate.

The hash of a word is a polynomial in its bytes modulo 2⁶⁴, for which all words are computed at once from running sums:
with an odd base, the sum up to a word's start can be taken away and its power divided out. Two words of a vocabulary
share a 32-bit hash about once in a hundred thousand, which similarities survive.

Shapes: N texts, T words in all.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from core.base.mixing import mixed

Array = np.ndarray[Any, Any]

_BASE = 0x9E3779B97F4A7C15
_INVERSE = pow(_BASE, -1, 1 << 64)
_MOST = 1 << 18
"""Characters of a text that count; what comes after is left out, so that one huge text costs no more than many."""
_ALONE = re.compile(r"([^\w\s]|[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff])")
_BLOCK = 1 << 20
"""Bytes that are hashed at once."""


@dataclass(frozen=True)
class Words:
    """The words of N texts."""

    hashes: Array
    """[T] uint32, text after text."""
    starts: Array
    """[N + 1] int64: the words of text i are `hashes[starts[i]:starts[i + 1]]`."""

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> Array:
        """How many words each text has [N]."""
        counts: Array = np.diff(self.starts)
        return counts

    def of(self, text: int) -> Array:
        """Return the words of one text, in order."""
        words: Array = self.hashes[self.starts[text] : self.starts[text + 1]]
        return words


def words_of(batches: Iterable[Sequence[str]]) -> Words:
    """Return the words of texts, which come in batches."""
    hashes, counts = [np.zeros(0, dtype=np.uint32)], [np.zeros(1, dtype=np.int64)]
    for texts in batches:
        encoded = [_folded(text[:_MOST]).encode("utf-8", "replace") for text in texts]
        for some in _blocks(encoded):
            found, sizes = _hashed(some)
            hashes.append(found)
            counts.append(sizes)
    return Words(np.concatenate(hashes), np.cumsum(np.concatenate(counts)))


def _folded(text: str) -> str:
    """Return `text` without upper case, and with blanks around what is a word by itself."""
    if text.isascii():
        return text.lower()
    return _ALONE.sub(r" \1 ", unicodedata.normalize("NFKC", text).casefold())


def _blocks(encoded: list[bytes]) -> Iterable[list[bytes]]:
    block: list[bytes] = []
    size = 0
    for one in encoded:
        block.append(one)
        size += len(one)
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block


def _hashed(encoded: list[bytes]) -> tuple[Array, Array]:
    """Return the hashes of all words of some texts, and how many each text has."""
    content = np.frombuffer(b" ".join(encoded) + b" ", dtype=np.uint8)
    inside = _inside()[content]
    edges = np.diff(inside.astype(np.int8), prepend=np.int8(0))
    begin, end = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    powers, inverse = (_powers_of(base, _longest(len(content)))[: len(content)] for base in (_BASE, _INVERSE))
    sums = np.zeros(len(content) + 1, dtype=np.uint64)
    np.cumsum((content.astype(np.uint64) + np.uint64(1)) * powers, out=sums[1:])
    hashes = mixed((sums[end] - sums[begin]) * inverse[begin])
    ends = np.cumsum([len(one) + 1 for one in encoded])
    before = np.searchsorted(begin, ends)
    return (hashes >> np.uint64(32)).astype(np.uint32), np.diff(before, prepend=0)


@cache
def _inside() -> Array:
    """Return for each byte whether it belongs to a word [256]; those of other alphabets do."""
    return np.array([code >= 128 or chr(code).isalnum() for code in range(256)])


def _longest(size: int) -> int:
    """Return `size` rounded up, so that the powers of a few sizes serve all."""
    return 1 << max(size - 1, 2 * _BLOCK - 1).bit_length()


@cache
def _powers_of(base: int, size: int) -> Array:
    """Return the powers 0, 1, … of `base` modulo 2⁶⁴ [size]."""
    factors = np.full(size, base, dtype=np.uint64)
    factors[0] = 1
    powers: Array = np.cumprod(factors, dtype=np.uint64)
    return powers
