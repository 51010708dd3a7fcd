"""The classifier for classification alone: the computation of network.py, with nothing kept for a way back.

Weights that do not change any more are laid out once as the kernels read them (`products.FixedLinear`), and attention
is torch's own, which keeps no scores. Measured against a training network's forward pass, fp32, two processors: one
review of 80 tokens in 12 ms instead of 20; many reviews a tenth faster.

Shapes: as in `core.encoder`; a block's queries, keys and values are seen as [n, A, L, D] with n its reviews.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch.nn import functional

from core.encoder.architecture import Architecture
from core.encoder.layout import Block, Packed
from core.encoder.products import FixedLinear
from core.encoder.weights import LayerTensors, Weights


@dataclass(frozen=True)
class _Norm:
    """Layer normalisation; fp32."""

    scale: torch.Tensor
    shift: torch.Tensor
    epsilon: float

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        return functional.layer_norm(x, x.shape[-1:], self.scale, self.shift, self.epsilon)


class Forward:
    """Computes logits from weights that stay as they are."""

    def __init__(self, weights: Weights) -> None:
        """Args: weights: of which nothing learns."""
        self.architecture, self.dtype = weights.architecture, weights.dtype
        self._words, self._embeddings, self._tensors = weights.words(), weights.embeddings, weights.head
        self._norm = _Norm(self._embeddings.scale, self._embeddings.shift, self.architecture.epsilon)
        self._layers = [
            *(_Layer(self.architecture, layer) for layer in weights.layers[:-1]),
            _LastLayer(self.architecture, weights.layers[-1]),
        ]

    @torch.inference_mode()
    def logits(self, batch: Packed) -> torch.Tensor:
        """[B, C] fp32."""
        stream = self._embed(batch)
        for layer in self._layers:
            stream = layer(batch, stream)
        return self._head(stream)

    def _embed(self, batch: Packed) -> torch.Tensor:
        """The stream [T, H] that enters the first layer; fp32."""
        tensors = self._embeddings
        total = functional.embedding(torch.from_numpy(batch.ids), self._words)
        total += functional.embedding(batch.positions, tensors.position)
        if tensors.token_type is not None:
            total += tensors.token_type[0]
        return self._norm(total)

    def _head(self, first: torch.Tensor) -> torch.Tensor:
        """[B, C] from the first tokens' stream [B, H]."""
        head = self._tensors
        pooled = functional.linear(first, head.dense, head.dense_bias)
        pooled = functional.relu(pooled) if self.architecture.family == "distilbert" else torch.tanh(pooled)
        return functional.linear(pooled, head.output, head.output_bias)


class _Layer:
    """One layer; see layer.py."""

    def __init__(self, architecture: Architecture, weights: LayerTensors, skipped: int = 0) -> None:
        """Args: skipped: rows of the weight of queries, keys and values that are not computed for all tokens."""
        self._width, self._heads, self._head_width = architecture.width, architecture.heads, architecture.head_width
        self._dtype = weights.qkv.dtype
        self._qkv = FixedLinear(weights.qkv[skipped:], weights.qkv_bias[skipped:])
        self._out = FixedLinear(weights.out, weights.out_bias)
        self._up = FixedLinear(weights.up, weights.up_bias, gelu=True)
        self._down = FixedLinear(weights.down.t(), weights.down_bias)
        self._middle = _Norm(weights.attention_scale, weights.attention_shift, architecture.epsilon)
        self._leaving = _Norm(weights.output_scale, weights.output_shift, architecture.epsilon)

    def __call__(self, batch: Packed, stream: torch.Tensor) -> torch.Tensor:
        """The stream [T, H] that leaves the layer, from that which enters it; fp32."""
        qkv = self._qkv(stream.to(self._dtype))
        context = qkv.new_empty(len(stream), self._width)
        context[batch.tokens :] = 0
        for block in batch.blocks:
            query, key, value = self._as_heads(self._padded(block, qkv), block)
            self._unpad(block, self._attend(block, query, key, value), context)
        return self._feed_forward(context, stream)

    def _feed_forward(self, context: torch.Tensor, stream: torch.Tensor) -> torch.Tensor:
        middle = self._middle(stream + self._out(context))
        return self._leaving(middle + self._down(self._up(middle.to(self._dtype))))

    def _attend(self, block: Block, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor) -> torch.Tensor:
        """The context [n, Q, H] of queries [n, A, Q, D]."""
        mask = None if block.mask is None else block.mask[:: self._heads, None]
        context = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return context.transpose(1, 2).reshape(block.reviews, -1, self._width)

    def _padded(self, block: Block, flat: torch.Tensor) -> torch.Tensor:
        """[n·L, …] a block's rows of `flat` [T, …], with any rows for its padding."""
        return flat[block.rows] if block.gather_any is None else flat.index_select(0, block.gather_any)

    def _as_heads(self, padded: torch.Tensor, block: Block) -> tuple[torch.Tensor, ...]:
        """The parts of [n·L, k·H] as k views [n, A, L, D]."""
        parts = padded.view(block.reviews, block.length, -1, self._heads, self._head_width)
        return parts.permute(2, 0, 3, 1, 4).unbind()

    def _unpad(self, block: Block, padded: torch.Tensor, out: torch.Tensor) -> None:
        """What belongs to tokens of [n, L, H] into the block's rows of `out` [T, H]."""
        flat = padded.view(-1, self._width)
        if block.scatter is None:
            out[block.rows] = flat
        else:
            torch.index_select(flat, 0, block.scatter, out=out[block.rows])


class _LastLayer(_Layer):
    """The last one: queries, and all that comes after attention, are computed for first tokens only."""

    def __init__(self, architecture: Architecture, weights: LayerTensors) -> None:
        width = architecture.width
        super().__init__(architecture, weights, skipped=width)
        self._query = FixedLinear(weights.qkv[:width], weights.qkv_bias[:width])

    def __call__(self, batch: Packed, stream: torch.Tensor) -> torch.Tensor:
        """[B, H], what leaves the layer at the first token of each review."""
        narrow, first = stream.to(self._dtype), stream[batch.first]
        keys_values, queries = self._qkv(narrow), self._query(narrow[batch.first])
        context = torch.empty_like(queries)
        for block in batch.blocks:
            mine = slice(block.start, block.start + block.reviews)
            query = queries[mine].view(block.reviews, self._heads, 1, self._head_width)
            key, value = self._as_heads(self._padded(block, keys_values), block)
            context[mine] = self._attend(block, query, key, value).view(block.reviews, self._width)
        return self._feed_forward(context, first)
