"""One transformer layer, forward and backward.

    x = norm(x + dropout(attention(x)))          the sum is `attention_sum`, its norm the input of the feed-forward part
    x = norm(x + dropout(down(gelu(up(x)))))     the sum is `output_sum`, its norm the output of the layer

The last layer of a classifier is `first_token_only`: the queries, and everything after attention, are computed for the
first token of each review only.

Shapes: T packed tokens of B reviews. The part after attention has Tq rows: Tq = T, or B if `first_token_only`.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.encoder.architecture import Architecture
from core.encoder.block_attention import BlockAttention, SavedAttention
from core.encoder.dropout import Masks
from core.encoder.layout import Packed
from core.encoder.norm import layer_norm, layer_norm_backward
from core.encoder.parameters import LayerTensors
from core.encoder.products import Accumulator, linear, product
from core.encoder.workspace import Workspace

_FP32 = torch.float32
_GELU = torch.ops.aten.gelu.out
_GELU_BACKWARD = torch.ops.aten.gelu_backward.grad_input


@dataclass
class DropoutMasks:
    """The dropout masks of a layer; None where nothing is dropped."""

    attention: list[torch.Tensor | None]
    """[G, Q, L], one per block."""
    projection: torch.Tensor | None
    """[Tq, H]"""
    feed_forward: torch.Tensor | None
    """[Tq, H]"""


@dataclass
class SavedActivations:
    """What the backward pass of a layer needs; in the format of the products, except where it says fp32."""

    input: torch.Tensor
    """[T, H]"""
    attention: SavedAttention
    context: torch.Tensor
    """[Tq, H]"""
    attention_sum: torch.Tensor
    """[Tq, H] fp32"""
    attention_stats: torch.Tensor
    """[2, Tq, 1] fp32, mean and reciprocal standard deviation of the rows of `attention_sum`."""
    attention_output: torch.Tensor
    """[Tq, H], input of the feed-forward network."""
    up: torch.Tensor
    """[Tq, I], before the GELU."""
    activated: torch.Tensor
    """[Tq, I], after the GELU."""
    output_sum: torch.Tensor
    """[Tq, H] fp32"""
    output_stats: torch.Tensor
    """[2, Tq, 1] fp32, as `attention_stats`."""


class Layer:
    """A layer that reads `weights`; its backward pass adds to `grads`."""

    def __init__(
        self,
        architecture: Architecture,
        weights: LayerTensors,
        grads: LayerTensors,
        workspace: Workspace,
        accumulate: Accumulator,
        dtype: torch.dtype,
        *,
        first_token_only: bool,
    ) -> None:
        self.architecture, self.weights, self.grads = architecture, weights, grads
        self.first_token_only = first_token_only
        self._workspace, self._accumulate, self._dtype = workspace, accumulate, dtype
        self._attention = BlockAttention(architecture.hidden_size, architecture.heads, workspace, dtype)

    def dropout_masks(self, batch: Packed, masks: Masks) -> DropoutMasks:
        """Take the masks of this layer from those of the micro-batch."""
        rates, heads, hidden_size = self.architecture.dropouts, self.architecture.heads, self.architecture.hidden_size
        attention = [
            masks.take(
                rates.attention, block.reviews * heads, 1 if self.first_token_only else block.length, block.length
            )
            for block in batch.blocks
        ]
        rows = len(batch.lengths) if self.first_token_only else batch.rows
        projection = masks.take(rates.projection, rows, hidden_size)
        return DropoutMasks(attention, projection, masks.take(rates.feed_forward, rows, hidden_size))

    def forward(
        self, batch: Packed, hidden: torch.Tensor, dropout: DropoutMasks | None, slot: str
    ) -> tuple[torch.Tensor, SavedActivations]:
        """Return the output [Tq, H] in fp32, and what the backward pass needs, in buffers named after `slot`.

        Args:
            hidden: [T, H] fp32. The output replaces it in the same memory, unless `first_token_only`.
        """
        weights, work, dtype, hidden_size = self.weights, self._workspace, self._dtype, self.architecture.hidden_size
        inputs = work(f"{slot}.input", batch.rows, hidden_size, dtype=dtype).copy_(hidden)
        skipped = hidden_size if self.first_token_only else 0  # the queries of first tokens are computed below
        qkv = work("qkv", batch.rows, 3 * hidden_size - skipped, dtype=dtype)
        linear(inputs, weights.qkv[skipped:], weights.qkv_bias[skipped:], qkv)
        if self.first_token_only:
            hidden, queries = hidden[batch.first], work(f"{slot}.first", len(batch.first), hidden_size, dtype=dtype)
            linear(inputs[batch.first], weights.qkv[:hidden_size], weights.qkv_bias[:hidden_size], queries)
            output = work("output", len(batch.first), hidden_size, dtype=_FP32)
        else:
            queries, output = None, hidden
        rows, intermediate_size = len(hidden), self.architecture.intermediate_size
        masks = dropout.attention if dropout is not None else None
        attention, context = self._attention.forward(batch, qkv, queries, masks, slot)
        saved = SavedActivations(
            inputs,
            attention,
            context,
            attention_sum=work(f"{slot}.attention_sum", rows, hidden_size, dtype=_FP32),
            attention_stats=work(f"{slot}.attention_stats", 2, rows, 1, dtype=_FP32),
            attention_output=work(f"{slot}.attention_output", rows, hidden_size, dtype=dtype),
            up=work(f"{slot}.up", rows, intermediate_size, dtype=dtype),
            activated=work(f"{slot}.activated", rows, intermediate_size, dtype=dtype),
            output_sum=work(f"{slot}.output_sum", rows, hidden_size, dtype=_FP32),
            output_stats=work(f"{slot}.output_stats", 2, rows, 1, dtype=_FP32),
        )
        self._feed_forward(saved, hidden, output, dropout)
        return output, saved

    def _feed_forward(
        self, saved: SavedActivations, hidden: torch.Tensor, output: torch.Tensor, dropout: DropoutMasks | None
    ) -> None:
        """Compute everything after attention: from the context to `output` [Tq, H] fp32, which may be `hidden`."""
        weights, work, epsilon = self.weights, self._workspace, self.architecture.epsilon
        projected = work("projected", *hidden.shape, dtype=self._dtype)
        linear(saved.context, weights.out, weights.out_bias, projected)
        if dropout is not None and dropout.projection is not None:
            projected.mul_(dropout.projection)
        total = torch.add(hidden, projected, out=saved.attention_sum)
        normed = work("normed", *hidden.shape, dtype=_FP32)
        layer_norm(total, weights.attention_scale, weights.attention_shift, epsilon, normed, saved.attention_stats)
        linear(saved.attention_output.copy_(normed), weights.up, weights.up_bias, saved.up)
        _GELU(saved.up, out=saved.activated)
        product(saved.activated, weights.down, projected, weights.down_bias)
        if dropout is not None and dropout.feed_forward is not None:
            projected.mul_(dropout.feed_forward)
        total = torch.add(normed, projected, out=saved.output_sum)
        layer_norm(total, weights.output_scale, weights.output_shift, epsilon, output, saved.output_stats)

    def backward(
        self, batch: Packed, saved: SavedActivations, dropout: DropoutMasks, grad: torch.Tensor, *, input_grad: bool
    ) -> torch.Tensor:
        """Add the gradients of the weights to `grads`, and return the gradient of the input [T, H].

        Args:
            grad: [Tq, H] fp32, gradient of the output. It is overwritten, and may be returned.
            input_grad: Whether the gradient of the input is needed; otherwise what is returned is undefined.
        """
        weights, grads, work, accumulate = self.weights, self.grads, self._workspace, self._accumulate
        rows, hidden_size = grad.shape
        grad_sum = work("sum grad", rows, hidden_size, dtype=_FP32)
        layer_norm_backward(
            grad, saved.output_sum, saved.output_stats, weights.output_scale, grads.output_scale, grads.output_shift,
            grad_sum, work, accumulate,
        )  # fmt: skip
        grad_projected = work("projected", rows, hidden_size, dtype=self._dtype).copy_(grad_sum)
        if dropout.feed_forward is not None:
            grad_projected.mul_(dropout.feed_forward)
        accumulate.weight(grads.down, saved.activated, grad_projected)
        accumulate.bias(grads.down_bias, grad_projected)
        grad_up = work("up grad", rows, self.architecture.intermediate_size, dtype=self._dtype)
        product(grad_projected, weights.down.t(), grad_up)
        _GELU_BACKWARD(grad_up, saved.up, grad_input=grad_up)
        accumulate.weight(grads.up, grad_up, saved.attention_output)
        accumulate.bias(grads.up_bias, grad_up)
        grad_sum.add_(product(grad_up, weights.up, grad_projected))
        layer_norm_backward(
            grad_sum, saved.attention_sum, saved.attention_stats, weights.attention_scale, grads.attention_scale,
            grads.attention_shift, grad, work, accumulate,
        )  # fmt: skip
        grad_projected.copy_(grad)
        if dropout.projection is not None:
            grad_projected.mul_(dropout.projection)
        accumulate.weight(grads.out, grad_projected, saved.context)
        accumulate.bias(grads.out_bias, grad_projected)
        grad_context = work("context grad", rows + 1, hidden_size, dtype=self._dtype)
        product(grad_projected, weights.out, grad_context[:rows])
        grad_context[rows:].zero_()
        if self.first_token_only:
            return self._attention_backward_first(batch, saved, dropout, grad_context, grad, input_grad)
        return self._attention_backward(batch, saved, dropout, grad_context, grad, input_grad)

    def _attention_backward(
        self,
        batch: Packed,
        saved: SavedActivations,
        dropout: DropoutMasks,
        grad_context: torch.Tensor,
        grad: torch.Tensor,
        input_grad: bool,
    ) -> torch.Tensor:
        """Return the gradient of the input, from those of the context [T + 1, H] and of the residual [T, H]."""
        weights, grads = self.weights, self.grads
        grad_qkv = self._attention.backward(batch, saved.attention, dropout.attention, grad_context)
        self._accumulate.weight(grads.qkv, grad_qkv, saved.input)
        self._accumulate.bias(grads.qkv_bias, grad_qkv)
        if input_grad:
            out = self._workspace("projected", batch.rows, self.architecture.hidden_size, dtype=self._dtype)
            grad.add_(product(grad_qkv, weights.qkv, out))
        return grad

    def _attention_backward_first(
        self,
        batch: Packed,
        saved: SavedActivations,
        dropout: DropoutMasks,
        grad_context: torch.Tensor,
        grad: torch.Tensor,
        input_grad: bool,
    ) -> torch.Tensor:
        """Do the same in a layer that is `first_token_only`, from [B + 1, H] and [B, H]."""
        weights, grads, work, hidden_size = self.weights, self.grads, self._workspace, self.architecture.hidden_size
        grad_queries, grad_keys_values = self._attention.backward_first(
            batch, saved.attention, dropout.attention, grad_context
        )
        self._accumulate.weight(grads.qkv[:hidden_size], grad_queries, saved.input[batch.first])
        self._accumulate.bias(grads.qkv_bias[:hidden_size], grad_queries)
        self._accumulate.weight(grads.qkv[hidden_size:], grad_keys_values, saved.input)
        self._accumulate.bias(grads.qkv_bias[hidden_size:], grad_keys_values)
        if not input_grad:
            return grad
        out = work("projected", batch.rows, hidden_size, dtype=self._dtype)
        product(grad_keys_values, weights.qkv[hidden_size:], out)
        grad_hidden = work("hidden grad", batch.rows, hidden_size, dtype=_FP32).copy_(out)
        grad.add_(torch.mm(grad_queries, weights.qkv[:hidden_size]))
        return grad_hidden.index_add_(0, batch.first, grad)
