"""How many rows a micro-batch has, and which of its reviews share a block in attention, from their lengths alone.

It does not import torch: `layout.py` builds tensors from this, and the memory forecast counts with it.
"""

from __future__ import annotations

from collections.abc import Sequence

_ROW_STEPS = ((1216, 32), (1 << 62, 64))
"""(tokens, multiple): T is rounded up to a multiple, which depends on its size. A kernel has to be made for each new
shape, so the fewer shapes the better."""
_LENGTH_MULTIPLE = 8
"""L is rounded up to a multiple of this; so is T for a single review, because there the extra rows of a larger multiple
would cost more than making a kernel. A single review is a block of its exact length."""
_BLOCK_SCORES = 1 << 20
"""Reviews share a block as long as their attention scores (A·L² per review) do not exceed this number."""


def packed_rows(tokens: int, reviews: int) -> int:
    """Return T, the number of rows in which `tokens` tokens of `reviews` reviews are computed."""
    step = _LENGTH_MULTIPLE if reviews == 1 else next(step for top, step in _ROW_STEPS if tokens <= top)
    return _rounded(tokens, step)


def block_sizes(lengths: Sequence[int], heads: int) -> list[tuple[int, int]]:
    """Divide reviews of [B] `lengths`, in order, into blocks; return the number of reviews and L of each."""
    blocks: list[tuple[int, int]] = []
    start = 0
    while start < len(lengths):
        count = 1  # always a power of two, so that few different shapes occur
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
