"""How many rows a micro-batch has, and which of its reviews attention sees together: from their lengths alone.

Apart from `layout.py`, which builds tensors from it, the memory forecast needs it, where nobody has torch.
"""

from __future__ import annotations

from collections.abc import Sequence

_ROW_STEPS = ((1216, 32), (1 << 62, 64))
"""Up to so many tokens, T is rounded up to a multiple of so many: the kernels of every new shape cost a cold start."""
_LENGTH_MULTIPLE = 8
"""The same for the reviews of a block, and for T where a review is alone: there the products are small enough that
what is added would cost more than a cold start does. Alone, a review is a block of its own length."""
_BLOCK_SCORES = 1 << 20
"""Attention scores (A·L² a review) up to which reviews share a block."""


def packed_rows(tokens: int, reviews: int) -> int:
    """T: rows that so many tokens of so many reviews are computed in."""
    step = _LENGTH_MULTIPLE if reviews == 1 else next(step for top, step in _ROW_STEPS if tokens <= top)
    return _rounded(tokens, step)


def block_sizes(lengths: Sequence[int], heads: int) -> list[tuple[int, int]]:
    """Reviews with [B] `lengths`, in their order, in blocks of a power of two of them: reviews, and L, of each."""
    blocks: list[tuple[int, int]] = []
    start = 0
    while start < len(lengths):
        count = 1
        while start + 2 * count <= len(lengths):
            longest = _rounded(max(lengths[start : start + 2 * count]), _LENGTH_MULTIPLE)
            if 2 * count * heads * longest * longest > _BLOCK_SCORES:
                break
            count *= 2
        multiple = _LENGTH_MULTIPLE if len(lengths) > 1 else 1
        blocks.append((count, _rounded(max(lengths[start : start + count]), multiple)))
        start += count
    return blocks


def _rounded(count: int, multiple: int) -> int:
    return -(-count // multiple) * multiple
