"""Reviews packed end to end without padding, and the blocks of reviews in which attention is computed.

Everything but attention works on single tokens, so a micro-batch is one sequence of T tokens. Attention works inside
*blocks* of a few reviews, each padded to its own longest review, and never across reviews: a block is a batched product
with one matrix per review and head, and its padding is masked. Blocks are small enough that their scores stay in the
processor's cache.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from core.encoder.blocks import block_sizes, packed_rows


@dataclass(frozen=True)
class Block:
    """Reviews whose attention is computed in one batched product."""

    start: int
    """Its first review."""
    reviews: int
    length: int
    """L, the number of tokens to which each of its reviews is padded."""
    rows: slice
    """Its packed rows."""
    gather: torch.Tensor | None
    """[reviews·L] packed row of each padded token, T for padding. None if nothing is padded."""
    gather_any: torch.Tensor | None
    """The same with the block's first row for padding, for use where the padding may have any value."""
    scatter: torch.Tensor | None
    """[rows] padded token, inside the block, of each of its packed rows."""
    mask: torch.Tensor | None
    """[reviews·A, 1, L] added to the scores: 0 for tokens, very negative for padding. None if nothing is padded."""

    @property
    def padded_tokens(self) -> int:
        """Tokens including padding."""
        return self.reviews * self.length


@dataclass(frozen=True)
class Packed:
    """A micro-batch of reviews, packed end to end."""

    ids: np.ndarray
    """[T] token ids. T is rounded up; the ids added at the end belong to no review."""
    positions: torch.Tensor
    """[T] rows of the position embeddings."""
    lengths: np.ndarray
    """[B] tokens of each review."""
    first: torch.Tensor
    """[B] row of each review's first token."""
    blocks: tuple[Block, ...]

    @property
    def tokens(self) -> int:
        """Number of tokens that belong to reviews."""
        return int(self.blocks[-1].rows.stop)

    @property
    def rows(self) -> int:
        """T, the number of rows that are computed."""
        return len(self.ids)


def pack(
    reviews: Sequence[np.ndarray],
    heads: int,
    padding: int,
    *,
    offset_positions: bool,
    dtype: torch.dtype = torch.float32,
) -> Packed:
    """Pack B reviews.

    Args:
        reviews: B arrays of token ids, truncated and with special tokens; similar lengths need less padding.
        heads: A.
        padding: Id of the padding token.
        offset_positions: See `Architecture`.
        dtype: Format of the masks.
    """
    lengths = np.array([len(review) for review in reviews], dtype=np.int64)
    tokens = int(lengths.sum())
    rows = packed_rows(tokens, len(reviews))
    ids = np.full(rows, padding, dtype=np.int64)
    ids[:tokens] = np.concatenate(reviews)
    starts = np.cumsum(lengths) - lengths
    positions = np.zeros(rows, dtype=np.int64)
    if offset_positions:
        is_token = ids[:tokens] != padding
        seen = np.concatenate([[0], np.cumsum(is_token)])
        before = np.repeat(seen[starts], lengths)
        positions[:tokens] = (seen[1:] - before) * is_token + padding
    else:
        positions[:tokens] = np.arange(tokens) - np.repeat(starts, lengths)
    blocks = _blocks(lengths, starts, heads, rows, dtype)
    return Packed(ids, torch.from_numpy(positions), lengths, torch.from_numpy(starts), blocks)


def _blocks(lengths: np.ndarray, starts: np.ndarray, heads: int, nowhere: int, dtype: torch.dtype) -> tuple[Block, ...]:
    """Divide the reviews into blocks, in order."""
    blocks: list[Block] = []
    start = 0
    for count, longest in block_sizes(lengths.tolist(), heads):
        of_block = lengths[start : start + count]
        first = int(starts[start])
        rows = slice(first, first + int(of_block.sum()))
        if (of_block == longest).all():
            blocks.append(Block(start, count, longest, rows, None, None, None, None))
        else:
            blocks.append(_padded_block(start, of_block, longest, rows, heads, nowhere, dtype))
        start += count
    return tuple(blocks)


def _padded_block(
    start: int, lengths: np.ndarray, longest: int, rows: slice, heads: int, nowhere: int, dtype: torch.dtype
) -> Block:
    is_padding = np.arange(longest)[None, :] >= lengths[:, None]
    scatter = np.flatnonzero(~is_padding)
    gather = np.full(is_padding.size, nowhere, dtype=np.int64)
    gather[scatter] = np.arange(rows.start, rows.stop)
    mask = np.where(is_padding, np.float32(np.finfo(np.float32).min / 2), np.float32(0))
    return Block(
        start,
        len(lengths),
        longest,
        rows,
        torch.from_numpy(gather),
        torch.from_numpy(np.where(gather == nowhere, rows.start, gather)),
        torch.from_numpy(scatter),
        torch.from_numpy(np.repeat(mask, heads, axis=0)[:, None, :]).to(dtype),
    )
