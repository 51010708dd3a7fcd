"""Reviews packed end to end, without padding, and the blocks of reviews in which attention sees them.

All but attention works on single tokens, so a micro-batch is one list of T tokens. Attention works inside *blocks* of
some reviews, each block padded to its own longest review, and never across reviews: a block is a batched product with
one matrix a review and head, and its padding is masked. A block has so few scores that they stay in the processor's
cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.encoder.blocks import block_sizes, packed_rows


@dataclass(frozen=True)
class Block:
    """Reviews that attention sees in one batched product."""

    start: int
    """Its first review."""
    reviews: int
    length: int
    """L: tokens that each of its reviews is padded to."""
    rows: slice
    """Its packed rows."""
    gather: torch.Tensor | None
    """[reviews·L] packed row of each padded place, T for padding. None if nothing is padded."""
    gather_any: torch.Tensor | None
    """The same with the block's first row for padding: where it does not matter what is read there."""
    scatter: torch.Tensor | None
    """[rows] padded place, inside the block, of each of its packed rows."""
    mask: torch.Tensor | None
    """[reviews·A, 1, L] added to the scores: 0 for tokens, very negative for padding. None if nothing is padded."""

    @property
    def places(self) -> int:
        return self.reviews * self.length


@dataclass(frozen=True)
class Packed:
    """A micro-batch: token ids end to end."""

    ids: np.ndarray
    """[T] ids; T is rounded up, and what is added at the end belongs to no review."""
    positions: torch.Tensor
    """[T] rows of the position table."""
    lengths: np.ndarray
    """[B] tokens of each review."""
    first: torch.Tensor
    """[B] row of each review's first token."""
    blocks: tuple[Block, ...]

    @property
    def tokens(self) -> int:
        """Tokens that belong to reviews."""
        return int(self.blocks[-1].rows.stop)

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
) -> Packed:
    """Pack B reviews.

    Args:
        reviews: B arrays of token ids, framed and cut, of like length where possible.
        heads: A.
        padding: id of the padding token.
        counts_padding: positions are counted as in RoBERTa; see `Architecture`.
        dtype: of the masks.
    """
    lengths = np.array([len(review) for review in reviews], dtype=np.int64)
    tokens = int(lengths.sum())
    rows = packed_rows(tokens, len(reviews))
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
    blocks = _blocks(lengths, starts, heads, rows, dtype)
    return Packed(ids, torch.from_numpy(positions), lengths, torch.from_numpy(starts), blocks)


def _blocks(lengths: np.ndarray, starts: np.ndarray, heads: int, nowhere: int, dtype: torch.dtype) -> tuple[Block, ...]:
    """Cut reviews, in their order, into blocks."""
    blocks: list[Block] = []
    start = 0
    for count, longest in block_sizes(lengths.tolist(), heads):
        inside = lengths[start : start + count]
        first = int(starts[start])
        rows = slice(first, first + int(inside.sum()))
        if (inside == longest).all():
            blocks.append(Block(start, count, longest, rows, None, None, None, None))
        else:
            blocks.append(_padded(start, inside, longest, rows, heads, nowhere, dtype))
        start += count
    return tuple(blocks)


def _padded(
    start: int, lengths: np.ndarray, longest: int, rows: slice, heads: int, nowhere: int, dtype: torch.dtype
) -> Block:
    beyond = np.arange(longest)[None, :] >= lengths[:, None]
    scatter = np.flatnonzero(~beyond)
    gather = np.full(beyond.size, nowhere, dtype=np.int64)
    gather[scatter] = np.arange(rows.start, rows.stop)
    added = np.where(beyond, np.float32(np.finfo(np.float32).min / 2), np.float32(0))
    return Block(
        start,
        len(lengths),
        longest,
        rows,
        torch.from_numpy(gather),
        torch.from_numpy(np.where(gather == nowhere, rows.start, gather)),
        torch.from_numpy(scatter),
        torch.from_numpy(np.repeat(added, heads, axis=0)[:, None, :]).to(dtype),
    )
