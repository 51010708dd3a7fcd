"""Multi-head attention over packed reviews: block by block, from packed rows to heads and back.

The attention of one block is in `attention.py`. G = reviews · A in a block, Q queries per review: L, or 1 in a layer
that computes only the first token of each review.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch

from core.encoder.attention import attend, attend_backward
from core.encoder.layout import Block, Packed
from core.encoder.workspace import Workspace

Masks = list[torch.Tensor | None]


@dataclass
class SavedAttention:
    """What the backward pass needs, in a list with one tensor per block."""

    queries: list[torch.Tensor] = field(default_factory=list)
    """[G, Q, D]"""
    keys: list[torch.Tensor] = field(default_factory=list)
    """[G, L, D]"""
    values: list[torch.Tensor] = field(default_factory=list)
    """[G, L, D]"""
    probabilities: list[torch.Tensor] = field(default_factory=list)
    """[G, Q, L]"""


class BlockAttention:
    """The attention of one layer."""

    def __init__(self, hidden_size: int, heads: int, workspace: Workspace, dtype: torch.dtype) -> None:
        self._hidden_size, self._heads, self._head_size = hidden_size, heads, hidden_size // heads
        self._workspace, self._dtype = workspace, dtype

    def forward(
        self, batch: Packed, qkv: torch.Tensor, first_queries: torch.Tensor | None, masks: Masks | None, slot: str
    ) -> tuple[SavedAttention, torch.Tensor]:
        """Return what the backward pass needs, in buffers named after `slot`, and the context: [T, H] or [B, H].

        Args:
            qkv: [T, 3H]; or [T, 2H], keys and values only, if there are `first_queries` [B, H].
            masks: Dropout masks [G, Q, L], one per block; None without dropout.
        """
        work, dtype, hidden_size, heads = self._workspace, self._dtype, self._hidden_size, self._heads
        first_only = first_queries is not None
        kinds = qkv.shape[1] // hidden_size
        padded_tokens = sum(block.padded_tokens for block in batch.blocks)
        heads_left = work(f"{slot}.heads", padded_tokens * kinds * hidden_size, dtype=dtype)
        scores = sum(block.padded_tokens * heads * (1 if first_only else block.length) for block in batch.blocks)
        probabilities_left = work(f"{slot}.probabilities", scores, dtype=dtype)
        rows = len(first_queries) if first_queries is not None else batch.rows
        context = work(f"{slot}.context", rows, hidden_size, dtype=dtype)
        if not first_only:
            context[batch.tokens :].zero_()
        saved = SavedAttention()
        for index, block in enumerate(batch.blocks):
            size = block.padded_tokens * kinds * hidden_size
            shape = (kinds, block.reviews * heads, block.length, self._head_size)
            part = self._split(block, qkv, kinds, block.gather_any, heads_left[:size].view(shape))
            query = part[0] if first_queries is None else self._first_heads(first_queries, block)
            key, value = part[-2], part[-1]
            count = query.shape[0] * query.shape[1] * block.length
            probabilities = probabilities_left[:count].view(*query.shape[:2], block.length)
            heads_left, probabilities_left = heads_left[size:], probabilities_left[count:]
            mask = masks[index] if masks is not None else None
            if first_only:
                out = self._first_heads(context, block)
                attend(query, key, value, block.mask, mask, probabilities, out, work)
            else:
                out = work("context heads", *query.shape, dtype=dtype)
                attend(query, key, value, block.mask, mask, probabilities, out, work)
                self._join(block, out[None], context)
            saved.queries.append(query)
            saved.keys.append(key)
            saved.values.append(value)
            saved.probabilities.append(probabilities)
        return saved, context

    def backward(self, batch: Packed, saved: SavedAttention, masks: Masks, grad_context: torch.Tensor) -> torch.Tensor:
        """Return the gradient of queries, keys and values [T, 3H].

        Args:
            grad_context: [T + 1, H], its last row 0.
        """
        work, dtype = self._workspace, self._dtype
        grad_qkv = work("qkv", batch.rows, 3 * self._hidden_size, dtype=dtype)
        grad_qkv[batch.tokens :].zero_()
        for index, block in enumerate(batch.blocks):
            part = work("heads grad", 3, *saved.keys[index].shape, dtype=dtype)
            out = work("context heads", *part.shape[1:], dtype=dtype)
            grad_heads = self._split(block, grad_context, 1, block.gather, out)
            self._attend_backward(saved, masks, index, grad_heads[0], part[0], part[1], part[2])
            self._join(block, part, grad_qkv)
        return grad_qkv

    def backward_first(
        self, batch: Packed, saved: SavedAttention, masks: Masks, grad_context: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the gradients of the first tokens' queries [B, H], and of keys and values [T, 2H].

        Args:
            grad_context: [B + 1, H].
        """
        work, dtype = self._workspace, self._dtype
        grad_queries = work("queries grad", len(batch.first), self._hidden_size, dtype=dtype)
        grad_keys_values = work("qkv", batch.rows, 2 * self._hidden_size, dtype=dtype)
        grad_keys_values[batch.tokens :].zero_()
        for index, block in enumerate(batch.blocks):
            part = work("heads grad", 2, *saved.keys[index].shape, dtype=dtype)
            queries, context = self._first_heads(grad_queries, block), self._first_heads(grad_context, block)
            self._attend_backward(saved, masks, index, context, queries, part[0], part[1])
            self._join(block, part, grad_keys_values)
        return grad_queries, grad_keys_values

    def _attend_backward(
        self,
        saved: SavedAttention,
        masks: Masks,
        index: int,
        grad_context: torch.Tensor,
        grad_queries: torch.Tensor,
        grad_keys: torch.Tensor,
        grad_values: torch.Tensor,
    ) -> None:
        """Write the gradients of block `index` into the last three tensors."""
        attend_backward(
            grad_context, saved.queries[index], saved.keys[index], saved.values[index], masks[index],
            saved.probabilities[index], grad_queries, grad_keys, grad_values, self._workspace,
        )  # fmt: skip

    def _first_heads(self, rows: torch.Tensor, block: Block) -> torch.Tensor:
        """View a block's rows [reviews, H], one per review, as [G, 1, D]."""
        of_block = rows[block.start : block.start + block.reviews]
        return of_block.view(block.reviews * self._heads, 1, self._head_size)

    def _split(
        self, block: Block, flat: torch.Tensor, kinds: int, gather: torch.Tensor | None, out: torch.Tensor
    ) -> torch.Tensor:
        """Copy a block's rows of `flat` [T, kinds·H] to heads [kinds, G, L, D] in `out`."""
        if gather is None:
            rows = flat[block.rows]
        else:
            padded = self._workspace("padded", block.padded_tokens, flat.shape[1], dtype=self._dtype)
            rows = torch.index_select(flat, 0, gather, out=padded)
        part = out.view(kinds, block.reviews, self._heads, block.length, self._head_size)
        part.copy_(rows.view(block.reviews, block.length, kinds, self._heads, self._head_size).permute(2, 0, 3, 1, 4))
        return out.view(kinds, block.reviews * self._heads, block.length, self._head_size)

    def _join(self, block: Block, part: torch.Tensor, out: torch.Tensor) -> None:
        """Copy heads [kinds, G, L, D] to a block's rows of `out` [T, kinds·H]: the inverse of `_split`."""
        kinds = part.shape[0]
        rows = out[block.rows]
        padded = rows
        if block.scatter is not None:
            padded = self._workspace("padded", block.padded_tokens, out.shape[1], dtype=self._dtype)
        heads = part.view(kinds, block.reviews, self._heads, block.length, self._head_size)
        rows_of_heads = padded.view(block.reviews, block.length, kinds, self._heads, self._head_size)
        rows_of_heads.copy_(heads.permute(1, 3, 0, 2, 4))
        if block.scatter is not None:
            torch.index_select(padded, 0, block.scatter, out=rows)
