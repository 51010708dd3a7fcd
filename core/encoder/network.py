"""The whole classifier: embeddings, layers and head, forward and backward.

    x = norm(word + position + type)                                              embeddings
    x = layer(x), for each layer                                                  see layer.py
    logits = output(dropout(activation(dense(hidden state of the first token))))  head

The hidden states x and the layer norms are fp32, as under autocast; products are in the format of `Weights.compute`.
A classifier reads only the first token, so the last layer is computed for that token alone, which is exact. What the
backward pass needs is kept in named buffers, one set per layer. With `recompute`, only the input of each layer is kept,
and the layer is computed again, with the same dropout, when its gradients are due.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from core.encoder.dropout import Masks
from core.encoder.layer import DropoutMasks, Layer, SavedActivations
from core.encoder.layout import Packed
from core.encoder.norm import layer_norm, layer_norm_backward
from core.encoder.parameters import HeadTensors
from core.encoder.products import Accumulator
from core.encoder.weights import Weights
from core.encoder.workspace import Workspace

_FP32 = torch.float32
_SHARED_SLOT = "0"
"""The buffers of a layer whose activations are not kept: those of the lowest layer, which are free at that time."""


@dataclass
class _SavedEmbeddings:
    """What the backward pass of the embeddings needs."""

    total: torch.Tensor
    """[T, H] fp32, the sum before its layer norm."""
    stats: torch.Tensor
    """[2, T, 1] mean and reciprocal standard deviation of its rows."""
    mask: torch.Tensor | None
    """[T, H] dropout mask."""


class Network:
    """Computes logits, and adds gradients to `Weights.grad`."""

    def __init__(
        self,
        weights: Weights,
        *,
        num_frozen: int = -1,
        first_token_only: bool = True,
        recompute: bool = False,
        reuse: bool = True,
    ) -> None:
        """Build the network on its weights.

        Args:
            num_frozen: Lowest layers that are frozen, along with the embeddings: they are not trained and use no
                dropout. −1 if nothing is frozen.
            first_token_only: Compute the last layer for the first token only; False for tests.
            recompute: Keep less for the backward pass, and compute layers twice.
            reuse: Reuse buffers; False for tests.
        """
        self.weights, self.architecture = weights, weights.architecture
        self._num_frozen, self._recompute = num_frozen, recompute
        self._workspace = Workspace(reuse)
        largest = max(max(layer.qkv.numel(), layer.up.numel()) for layer in weights.layers)
        scratch = None if weights.dtype == _FP32 else torch.empty(largest, dtype=weights.dtype)
        self._accumulate = Accumulator(scratch)
        top = self.architecture.layers - 1
        self._layers = [
            Layer(
                self.architecture, tensors, grads, self._workspace, self._accumulate, weights.dtype,
                first_token_only=first_token_only and number == top,
            )
            for number, (tensors, grads) in enumerate(zip(weights.layers, weights.layer_grads, strict=True))
        ]  # fmt: skip

    def recompute(self) -> bool:
        """Keep only the input of each layer from now on; return False if that was so already."""
        changed, self._recompute = not self._recompute, True
        return changed

    def free(self) -> None:
        """Free all buffers; they are allocated again when they are needed."""
        self._workspace.clear()

    @torch.no_grad()
    def logits(self, batch: Packed) -> torch.Tensor:
        """Return logits [B, C] in fp32, without dropout."""
        return self.logits_above(batch, self.hidden_states(batch, 0), 0)

    @torch.no_grad()
    def outputs(self, batch: Packed, layers: Sequence[int]) -> tuple[torch.Tensor, ...]:
        """Return logits [B, C], and the output [B, H] of some layers for the first tokens, in fp32, without dropout.

        Args:
            layers: In ascending order, counted from 1.
        """
        hidden, found = self._embed(batch, None)[0], []
        for number, layer in enumerate(self._layers, start=1):
            hidden, _ = layer.forward(batch, hidden, None, _SHARED_SLOT)
            if number in layers:
                found.append(self._first(batch, hidden).clone())
        return self._head(self._first(batch, hidden), self.weights.head, None), *found

    @torch.no_grad()
    def hidden_states(self, batch: Packed, layers: int) -> torch.Tensor:
        """Return the output of the lowest `layers` layers, without dropout: [T, H] fp32; [B, H] after the last one."""
        hidden = self._embed(batch, None)[0]
        for layer in self._layers[:layers]:
            hidden, _ = layer.forward(batch, hidden, None, _SHARED_SLOT)
        return self._first(batch, hidden) if layers == len(self._layers) else hidden

    @torch.no_grad()
    def logits_above(self, batch: Packed, hidden: torch.Tensor, layers: int) -> torch.Tensor:
        """Return logits [B, C] in fp32 from the output of the `layers` lowest layers, without dropout.

        `hidden` is overwritten.
        """
        for layer in self._layers[layers:]:
            hidden, _ = layer.forward(batch, hidden, None, _SHARED_SLOT)
        return self._head(self._first(batch, hidden), self.weights.head, None)

    @torch.no_grad()
    def head_logits(self, first: torch.Tensor) -> torch.Tensor:
        """Return logits [B, C] in fp32 from the first tokens' output of all layers [B, H], without dropout."""
        return self._head(first, self.weights.head, None)

    @torch.no_grad()
    def learn_head(
        self, first_tokens: torch.Tensor, masks: Masks, loss: Callable[..., torch.Tensor], *, first: bool
    ) -> torch.Tensor:
        """Do what `learn` does if all layers are frozen: compute only the head, from their output [B, H]."""
        self._accumulate.first = first
        return self._head_backward(first_tokens, {}, masks, loss, input_grad=False)[0]

    @torch.no_grad()
    def learn(
        self,
        batch: Packed,
        masks: Masks,
        loss: Callable[..., torch.Tensor],
        *,
        first: bool,
        hidden: torch.Tensor | None = None,
        layers: Sequence[int] = (),
    ) -> torch.Tensor:
        """Run one forward and backward pass: add the gradients of `loss(logits [B, C])`, and return the loss.

        Args:
            loss: Gets also the output [B, H] for the first tokens of each of `layers`.
            first: Whether this is the first micro-batch of its step; it overwrites the gradients of earlier steps.
            hidden: Output of the frozen layers if it is known, as `hidden_states` returns it. It is overwritten.
            layers: In ascending order, counted from 1; none of them is frozen.
        """
        embedded = None
        self._accumulate.first = first
        if self._num_frozen >= 0:
            hidden = self.hidden_states(batch, self._num_frozen) if hidden is None else hidden
        else:
            hidden, embedded = self._embed(batch, masks)
        trainable = list(enumerate(self._layers))[max(self._num_frozen, 0) :]
        dropout: dict[int, DropoutMasks] = {}
        inputs: dict[int, torch.Tensor] = {}
        saved: dict[int, SavedActivations] = {}
        taken: dict[int, torch.Tensor] = {}
        for number, layer in trainable:
            dropout[number] = layer.dropout_masks(batch, masks)
            if self._recompute:
                inputs[number] = self._workspace(f"{number}.hidden", *hidden.shape, dtype=_FP32).copy_(hidden)
                hidden, _ = layer.forward(batch, hidden, dropout[number], _SHARED_SLOT)
            else:
                hidden, saved[number] = layer.forward(batch, hidden, dropout[number], str(number))
            if number + 1 in layers:
                taken[number] = self._first(batch, hidden).clone()
        value, grad, taken_grads = self._head_backward(self._first(batch, hidden), taken, masks, loss)
        if trainable and not trainable[-1][1].first_token_only:
            grad = self._spread(grad, batch)
        for number, layer in reversed(trainable):
            if self._recompute:
                activations = layer.forward(batch, inputs[number], dropout[number], _SHARED_SLOT)[1]
            else:
                activations = saved[number]
            input_grad = number > trainable[0][0] or embedded is not None
            if number in taken_grads:
                grad.index_add_(0, batch.first, taken_grads[number])
            grad = layer.backward(batch, activations, dropout[number], grad, input_grad=input_grad)
        if embedded is not None:
            self._embed_backward(batch, grad, embedded)
        return value

    # Embeddings

    def _embed(self, batch: Packed, masks: Masks | None) -> tuple[torch.Tensor, _SavedEmbeddings]:
        """Return the input [T, H] of the first layer, and what the backward pass needs."""
        tensors, rows, hidden_size = self.weights.embeddings, batch.rows, self.architecture.hidden_size
        total = self._workspace("embedded", rows, hidden_size, dtype=_FP32)
        word_rows = self.weights.rows_of(batch.ids)  # before `words`, to which it may add rows
        torch.index_select(self.weights.words(), 0, word_rows, out=total)
        positions = self._workspace("hidden grad", rows, hidden_size, dtype=_FP32)
        total.add_(torch.index_select(tensors.position, 0, batch.positions, out=positions))
        if tensors.token_type is not None:
            total.add_(tensors.token_type[0])
        hidden = self._workspace("hidden", rows, hidden_size, dtype=_FP32)
        stats = self._workspace("embedded stats", 2, rows, 1, dtype=_FP32)
        layer_norm(total, tensors.scale, tensors.shift, self.architecture.epsilon, hidden, stats)
        mask = masks.take(self.architecture.dropouts.embedding, rows, hidden_size) if masks is not None else None
        if mask is not None:
            hidden.mul_(mask)
        return hidden, _SavedEmbeddings(total, stats, mask)

    def _embed_backward(self, batch: Packed, grad: torch.Tensor, embedded: _SavedEmbeddings) -> None:
        tensors, grads = self.weights.embeddings, self.weights.embedding_grads
        if embedded.mask is not None:
            grad.mul_(embedded.mask)
        grad_total = self._workspace("hidden", *grad.shape, dtype=_FP32)
        layer_norm_backward(
            grad, embedded.total, embedded.stats, tensors.scale, grads.scale, grads.shift, grad_total, self._workspace,
            self._accumulate,
        )  # fmt: skip
        word_rows = self.weights.rows_of(batch.ids)
        grad_words = self.weights.word_rows(self.weights.grad)
        if self._accumulate.first:
            grad_words.zero_()
            grads.position.zero_()
            if grads.token_type is not None:
                grads.token_type.zero_()
        grad_words.index_add_(0, word_rows, grad_total)
        padding = batch.ids == self.architecture.padding
        if padding.any():  # the embedding of the padding token is not trained, wherever it occurs
            grad_words[word_rows[torch.from_numpy(padding)]] = 0
        grads.position.index_add_(0, batch.positions, grad_total)
        if self.architecture.offset_positions:
            grads.position[self.architecture.padding] = 0
        if grads.token_type is not None:
            grads.token_type[0].add_(grad_total.sum(0))

    # Head

    def _first(self, batch: Packed, hidden: torch.Tensor) -> torch.Tensor:
        """Return the hidden states of the first tokens [B, H]."""
        return hidden if len(hidden) == len(batch.first) else hidden[batch.first]

    def _spread(self, grad: torch.Tensor, batch: Packed) -> torch.Tensor:
        """Return the gradient of the first tokens [B, H] as one of all tokens [T, H]."""
        zeros = self._workspace("hidden grad", batch.rows, self.architecture.hidden_size, dtype=_FP32).zero_()
        return zeros.index_copy_(0, batch.first, grad)

    def _head(self, first: torch.Tensor, head: HeadTensors, masks: Masks | None) -> torch.Tensor:
        """Return logits [B, C] in fp32 from first tokens [B, H]."""
        rates = self.architecture.dropouts
        if masks is not None and (mask := masks.take(rates.before_head, *first.shape)) is not None:
            first = first * mask
        pooled = functional.linear(first, head.dense, head.dense_bias)
        pooled = functional.relu(pooled) if self.architecture.family == "distilbert" else torch.tanh(pooled)
        if masks is not None and (mask := masks.take(rates.head, *pooled.shape)) is not None:
            pooled = pooled * mask
        return functional.linear(pooled, head.output, head.output_bias)

    def _head_backward(
        self,
        first: torch.Tensor,
        taken: Mapping[int, torch.Tensor],
        masks: Masks,
        loss: Callable[..., torch.Tensor],
        *,
        input_grad: bool = True,
    ) -> tuple[torch.Tensor, torch.Tensor, dict[int, torch.Tensor]]:
        """Add the gradients of the head, and return the loss and its gradients.

        The head and the loss are so small that they are left to autograd.

        Args:
            first: [B, H], what the head reads: the output of the top layer for the first tokens.
            taken: For each layer that the loss reads, its number from 0 and its output [B, H] for the first tokens.
            input_grad: Whether the gradient of `first` is needed; otherwise what is returned for it is undefined.

        Returns:
            The loss; its gradient [B, H] with respect to `first`, which includes what the loss reads of the top layer;
            and those with respect to the layers below it.
        """
        head, grads = self.weights.head, self.weights.head_grads
        tensors = (first, head.dense, head.dense_bias, head.output, head.output_bias)
        leaves = [tensor.detach().requires_grad_(input_grad or tensor is not first) for tensor in tensors]
        top = self.architecture.layers - 1
        below = {number: one.detach().requires_grad_() for number, one in taken.items() if number != top}
        read = {number: leaves[0] if number == top else below[number] for number in taken}
        with torch.enable_grad():
            value = loss(self._head(leaves[0], HeadTensors(*leaves[1:]), masks), *read.values())
            wanted = leaves if input_grad else leaves[1:]
            found = torch.autograd.grad(value, [*wanted, *below.values()])
        totals = (grads.dense, grads.dense_bias, grads.output, grads.output_bias)
        for total, grad in zip(totals, found[len(wanted) - len(totals) :], strict=False):
            self._accumulate.add(total, grad)
        return value.detach(), found[0], dict(zip(below, found[len(wanted) :], strict=True))
