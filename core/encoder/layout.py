"""Reviews packed end to end, without padding, and the blocks of reviews in which attention sees them.

All but attention works on single tokens, so a micro-batch is one list of T tokens. Attention works inside *blocks* of
some reviews, each block padded to its own longest review, and never across reviews: every block is a batched product
with one matrix a review, and its padding is masked. A block holds so few scores that they stay in the processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

_ROW_MULTIPLE = 16
_LENGTH_MULTIPLE = 8
_BLOCK_SCORES = 1 << 19
"""Attention scores (A·L² a review) up to which reviews share a block."""


@dataclass(frozen=True)
class Block:
    """Reviews that attention sees in one batched product."""

    start: int
    """Its first review."""
    reviews: int
    length: int
    """Tokens that each of its reviews is padded to."""
    offset: int
    """Where it begins in the padded order."""
    mask: torch.Tensor | None
    """[reviews·A, 1, L] added to the scores: 0 for tokens, very negative for padding; None if nothing is padded."""


@dataclass(frozen=True)
class Packed:
    """A micro-batch: token ids end to end."""

    ids: np.ndarray
    """[T] ids; T is rounded up, and what is added belongs to no review."""
    positions: torch.Tensor
    """[T] rows of the position table."""
    lengths: np.ndarray
    """[B] tokens of each review."""
    first: torch.Tensor
    """[B] place of each review's first token."""
    blocks: tuple[Block, ...]
    padded: int
    """Places in the padded order, all blocks together."""
    gather: torch.Tensor | None
    """[padded] packed place of each padded one; T for padding. None if both orders are the same."""
    gather_any: torch.Tensor | None
    """The same with place 0 for padding: where what is read there does not matter."""
    scatter: torch.Tensor | None
    """[T] padded place of each packed one; 0 for what belongs to no review."""

    @property
    def tokens(self) -> int:
        """Tokens that belong to reviews."""
        return int(self.lengths.sum())

    @property
    def rows(self) -> int:
        """T, what is computed."""
        return len(self.ids)


def pack(
    reviews: Sequence[np.ndarray],
    heads: int,
    padding: int,
    *,
    counts_padding: bool,
    dtype: torch.dtype = torch.float32,
    row_multiple: int = _ROW_MULTIPLE,
) -> Packed:
    """Pack B reviews.

    Args:
        reviews: B arrays of token ids, framed and cut, of like length where possible.
        heads: A.
        padding: id of the padding token.
        counts_padding: positions are counted as in RoBERTa; see `Architecture`.
        dtype: of the masks.
        row_multiple: T is rounded up to a multiple of it, so that few shapes of products occur.
    """
    lengths = np.array([len(review) for review in reviews], dtype=np.int64)
    tokens = int(lengths.sum())
    rows = tokens if len(reviews) == 1 else -(-tokens // row_multiple) * row_multiple
    ids = np.full(rows, padding, dtype=np.int64)
    ids[:tokens] = np.concatenate(reviews)
    starts = np.cumsum(lengths) - lengths
    positions = np.zeros(rows, dtype=np.int64)
    if counts_padding:
        known = ids[:tokens] != padding
        seen = np.concatenate([[0], np.cumsum(known)])
        before = np.repeat(seen[starts], lengths)
        positions[:tokens] = (seen[1:] - before) * known + padding
    else:
        positions[:tokens] = np.arange(tokens) - np.repeat(starts, lengths)
    first = torch.from_numpy(starts)
    blocks, padded = _blocks(lengths, heads, dtype)
    if padded == rows and all(block.mask is None for block in blocks):
        return Packed(ids, torch.from_numpy(positions), lengths, first, blocks, padded, None, None, None)
    gather = np.full(padded, rows, dtype=np.int64)
    scatter = np.zeros(rows, dtype=np.int64)
    wide = np.concatenate([np.full(block.reviews, block.length) for block in blocks])
    within = np.arange(tokens) - np.repeat(starts, lengths)
    places = np.repeat(np.cumsum(wide) - wide, lengths) + within
    gather[places] = np.arange(tokens)
    scatter[:tokens] = places
    gather_any = np.where(gather == rows, 0, gather)
    return Packed(
        ids,
        torch.from_numpy(positions),
        lengths,
        first,
        blocks,
        padded,
        torch.from_numpy(gather),
        torch.from_numpy(gather_any),
        torch.from_numpy(scatter),
    )


def _blocks(lengths: np.ndarray, heads: int, dtype: torch.dtype) -> tuple[tuple[Block, ...], int]:
    """Cut reviews, in their order, into blocks; and the padded places of all of them."""
    blocks: list[Block] = []
    start = offset = 0
    while start < len(lengths):
        stop, longest = start, 0
        while stop < len(lengths):
            longer = max(longest, _rounded(int(lengths[stop])) if len(lengths) > 1 else int(lengths[stop]))
            if stop > start and (stop + 1 - start) * heads * longer * longer > _BLOCK_SCORES:
                break
            longest, stop = longer, stop + 1
        inside = lengths[start:stop]
        blocks.append(Block(start, stop - start, longest, offset, _mask(inside, longest, heads, dtype)))
        offset += (stop - start) * longest
        start = stop
    return tuple(blocks), offset


def _rounded(length: int) -> int:
    return -(-length // _LENGTH_MULTIPLE) * _LENGTH_MULTIPLE


def _mask(lengths: np.ndarray, longest: int, heads: int, dtype: torch.dtype) -> torch.Tensor | None:
    if (lengths == longest).all():
        return None
    beyond = np.arange(longest)[None, :] >= lengths[:, None]
    added = np.where(beyond, np.float32(np.finfo(np.float32).min / 2), np.float32(0))
    return torch.from_numpy(np.repeat(added, heads, axis=0)[:, None, :]).to(dtype)
