"""The classifier for inference only: the computation of network.py, with nothing kept for a backward pass.

The weights no longer change, so they are laid out once in the form that the kernels read (`products.FixedLinear`), and
attention is torch's own, which does not keep the scores. Measured against the forward pass of a network in training,
fp32, two processors: 12 ms instead of 20 for one review of 80 tokens; a tenth faster for many reviews.

Shapes: as in `core.encoder`; queries, keys and values of a block are viewed as [n, A, L, D], with n its reviews.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from core.encoder.architecture import Architecture
from core.encoder.layout import Block, Packed
from core.encoder.parameters import LayerTensors
from core.encoder.products import FixedLinear
from core.encoder.weights import Weights


@dataclass(frozen=True)
class _LayerNorm:
    """Layer normalization in fp32."""

    scale: torch.Tensor
    shift: torch.Tensor
    epsilon: float

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.scale, self.shift, self.epsilon)


class Forward:
    """Computes logits from weights that do not change."""

    def __init__(self, weights: Weights) -> None:
        """Lay out `weights`, none of which may be trainable."""
        self.architecture, self.dtype = weights.architecture, weights.dtype
        self._words, self._embeddings, self._tensors = weights.words(), weights.embeddings, weights.head
        self._norm = _LayerNorm(self._embeddings.scale, self._embeddings.shift, self.architecture.epsilon)
        self._layers = [
            *(_Layer(self.architecture, layer) for layer in weights.layers[:-1]),
            _LastLayer(self.architecture, weights.layers[-1]),
        ]

    @torch.inference_mode()
    def logits(self, batch: Packed) -> torch.Tensor:
        """Return logits [B, C] in fp32."""
        hidden = self._embed(batch)
        for layer in self._layers:
            hidden = layer(batch, hidden)
        return self._head(hidden)

    @torch.inference_mode()
    def means(self, batch: Packed, layers: Sequence[int]) -> torch.Tensor:
        """Return the mean output [B, n·H] in fp32 of n layers over all tokens of each review, one layer after another.

        Args:
            layers: In ascending order, counted from 1, without the top layer; 0 is the embeddings.
        """
        hidden, found = self._embed(batch), []
        lengths = torch.from_numpy(batch.lengths)
        for number in range(layers[-1] + 1):
            hidden = self._layers[number - 1](batch, hidden) if number else hidden
            if number in layers:
                found.append(torch.segment_reduce(hidden[: batch.tokens], "mean", lengths=lengths))
        return torch.cat(found, dim=1)

    def _embed(self, batch: Packed) -> torch.Tensor:
        """Return the input [T, H] of the first layer, in fp32."""
        tensors = self._embeddings
        total = functional.embedding(torch.from_numpy(batch.ids), self._words)
        total += functional.embedding(batch.positions, tensors.position)
        if tensors.token_type is not None:
            total += tensors.token_type[0]
        return self._norm(total)

    def _head(self, first: torch.Tensor) -> torch.Tensor:
        """Return logits [B, C] from the hidden states of the first tokens [B, H]."""
        head = self._tensors
        pooled = functional.linear(first, head.dense, head.dense_bias)
        pooled = functional.relu(pooled) if self.architecture.family == "distilbert" else torch.tanh(pooled)
        return functional.linear(pooled, head.output, head.output_bias)


class _Layer:
    """One layer; see layer.py."""

    def __init__(self, architecture: Architecture, weights: LayerTensors, skipped: int = 0) -> None:
        """Args: skipped: First rows of the qkv weight, which are not computed for all tokens."""
        self._hidden_size, self._heads = architecture.hidden_size, architecture.heads
        self._head_size = architecture.head_size
        self._dtype = weights.qkv.dtype
        self._qkv = FixedLinear(weights.qkv[skipped:], weights.qkv_bias[skipped:])
        self._out = FixedLinear(weights.out, weights.out_bias)
        self._up = FixedLinear(weights.up, weights.up_bias, gelu=True)
        self._down = FixedLinear(weights.down.t(), weights.down_bias)
        self._attention_norm = _LayerNorm(weights.attention_scale, weights.attention_shift, architecture.epsilon)
        self._output_norm = _LayerNorm(weights.output_scale, weights.output_shift, architecture.epsilon)

    def __call__(self, batch: Packed, hidden: torch.Tensor) -> torch.Tensor:
        """Return the output [T, H] in fp32, given the input."""
        qkv = self._qkv(hidden.to(self._dtype))
        context = qkv.new_empty(len(hidden), self._hidden_size)
        context[batch.tokens :] = 0
        for block in batch.blocks:
            query, key, value = self._as_heads(self._padded(block, qkv), block)
            self._unpad(block, self._attend(block, query, key, value), context)
        return self._feed_forward(context, hidden)

    def _feed_forward(self, context: torch.Tensor, hidden: torch.Tensor) -> torch.Tensor:
        normed = self._attention_norm(hidden + self._out(context))
        return self._output_norm(normed + self._down(self._up(normed.to(self._dtype))))

    def _attend(self, block: Block, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """Return the context [n, Q, H] of queries [n, A, Q, D]."""
        mask = None if block.mask is None else block.mask[:: self._heads, None]
        context = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return context.transpose(1, 2).reshape(block.reviews, -1, self._hidden_size)

    def _padded(self, block: Block, flat: torch.Tensor) -> torch.Tensor:
        """Return a block's rows of `flat` [T, …] as [n·L, …], with arbitrary rows for padding."""
        return flat[block.rows] if block.gather_any is None else flat.index_select(0, block.gather_any)

    def _as_heads(self, padded: torch.Tensor, block: Block) -> tuple[torch.Tensor, ...]:
        """Return the parts of [n·L, k·H] as k views [n, A, L, D]."""
        parts = padded.view(block.reviews, block.length, -1, self._heads, self._head_size)
        return parts.permute(2, 0, 3, 1, 4).unbind()

    def _unpad(self, block: Block, padded: torch.Tensor, out: torch.Tensor) -> None:
        """Copy the tokens of [n, L, H], without padding, to the block's rows of `out` [T, H]."""
        flat = padded.view(-1, self._hidden_size)
        if block.scatter is None:
            out[block.rows] = flat
        else:
            torch.index_select(flat, 0, block.scatter, out=out[block.rows])


class _LastLayer(_Layer):
    """The last layer: queries, and everything after attention, are computed for the first tokens only."""

    def __init__(self, architecture: Architecture, weights: LayerTensors) -> None:
        hidden_size = architecture.hidden_size
        super().__init__(architecture, weights, skipped=hidden_size)
        self._query = FixedLinear(weights.qkv[:hidden_size], weights.qkv_bias[:hidden_size])

    def __call__(self, batch: Packed, hidden: torch.Tensor) -> torch.Tensor:
        """Return the output [B, H] of the first token of each review."""
        inputs, first = hidden.to(self._dtype), hidden[batch.first]
        keys_values, queries = self._qkv(inputs), self._query(inputs[batch.first])
        context = torch.empty_like(queries)
        for block in batch.blocks:
            reviews = slice(block.start, block.start + block.reviews)
            query = queries[reviews].view(block.reviews, self._heads, 1, self._head_size)
            key, value = self._as_heads(self._padded(block, keys_values), block)
            context[reviews] = self._attend(block, query, key, value).view(block.reviews, self._hidden_size)
        return self._feed_forward(context, first)
