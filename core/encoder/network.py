"""The whole classifier: embeddings, layers and head, forward and backward.

    x = norm(word + position + type)                                  embeddings
    x = layer(x), for each layer                                      see layer.py
    logits = output(drop(activation(dense(x of the first token))))    head

The stream x and the normalisations are fp32, as under autocast; products are in the format of `Weights.compute`. A
classifier reads only the first token, so the last layer is computed for it alone, which is exact. What the backward
pass needs is kept in named buffers, one set a layer; with `recompute` only the input of each layer is kept, and the
layer is computed a second time, with the same dropout, when its gradients are due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from core.encoder.dropout import Masks
from core.encoder.layer import Drops, Kept, Layer
from core.encoder.layout import Packed
from core.encoder.norm import normalise, normalise_backward
from core.encoder.products import Accumulator
from core.encoder.weights import HeadTensors, Weights
from core.encoder.workspace import Workspace

_FP32 = torch.float32
_ONCE = "0"
"""Buffers of a layer of which nothing is kept: the lowest layer's, which nobody needs meanwhile."""


@dataclass
class _Embedded:
    """What the embeddings' backward pass needs."""

    total: torch.Tensor
    """[T, H] fp32, the sum before its normalisation."""
    rows: torch.Tensor
    """[2, T, 1] mean and reciprocal deviation of its rows."""
    mask: torch.Tensor | None
    """[T, H], of the dropout on the stream."""


class Network:
    """Computes logits, and adds gradients to `Weights.gradient`."""

    def __init__(
        self,
        weights: Weights,
        *,
        boundary: int = -1,
        first_token_only: bool = True,
        recompute: bool = False,
        reuse: bool = True,
    ) -> None:
        """Build it on its weights.

        Args:
            boundary: the embeddings and so many lowest layers are frozen: they neither learn nor drop anything; -1
                where all learn.
            first_token_only: compute the last layer for the first token only; False for tests.
            recompute: keep less for the backward pass, and compute layers twice.
            reuse: reuse buffers; False for tests.
        """
        self.weights, self.architecture = weights, weights.architecture
        self._boundary, self._recompute = boundary, recompute
        self._work = Workspace(reuse)
        largest = max(max(layer.qkv.numel(), layer.up.numel()) for layer in weights.layers)
        scratch = None if weights.dtype == _FP32 else torch.empty(largest, dtype=weights.dtype)
        self._accumulate = Accumulator(scratch)
        top = self.architecture.layers - 1
        self._layers = [
            Layer(
                self.architecture, own, gradient, self._work, self._accumulate, weights.dtype,
                short=first_token_only and number == top,
            )
            for number, (own, gradient) in enumerate(zip(weights.layers, weights.layer_gradients, strict=True))
        ]  # fmt: skip

    def recompute(self) -> bool:
        """Keep only the input of each layer from now on; False if that is so already."""
        changed, self._recompute = not self._recompute, True
        return changed

    def free(self) -> None:
        """Let go of all buffers; they are made anew when they are needed."""
        self._work.clear()

    @torch.no_grad()
    def logits(self, batch: Packed) -> torch.Tensor:
        """[B, C] fp32, nothing dropped."""
        return self.logits_above(batch, self.stream(batch, 0), 0)

    @torch.no_grad()
    def stream(self, batch: Packed, layers: int) -> torch.Tensor:
        """The stream after the `layers` lowest layers, nothing dropped: [T, H] fp32, or [B, H] after all of them."""
        stream = self._embed(batch, None)[0]
        for layer in self._layers[:layers]:
            stream, _ = layer.forward(batch, stream, None, _ONCE)
        return self._first(batch, stream) if layers == len(self._layers) else stream

    @torch.no_grad()
    def logits_above(self, batch: Packed, stream: torch.Tensor, layers: int) -> torch.Tensor:
        """[B, C] fp32 from the stream after the `layers` lowest layers, nothing dropped; `stream` is written over."""
        for layer in self._layers[layers:]:
            stream, _ = layer.forward(batch, stream, None, _ONCE)
        return self._head(self._first(batch, stream), self.weights.head, None)

    @torch.no_grad()
    def head_logits(self, rows: torch.Tensor) -> torch.Tensor:
        """[B, C] fp32 from the stream [B, H] after all layers, nothing dropped."""
        return self._head(rows, self.weights.head, None)

    @torch.no_grad()
    def learn_head(
        self, rows: torch.Tensor, masks: Masks, loss: Callable[[torch.Tensor], torch.Tensor], *, first: bool
    ) -> torch.Tensor:
        """`learn` where all layers are frozen, from the stream [B, H] after them: only the head is computed."""
        self._accumulate.first = first
        return self._head_gradients(rows, masks, loss, wanted=False)[0]

    @torch.no_grad()
    def learn(
        self,
        batch: Packed,
        masks: Masks,
        loss: Callable[[torch.Tensor], torch.Tensor],
        *,
        first: bool,
        stream: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One forward and backward pass: adds the gradients of `loss(logits [B, C])` and returns the loss.

        Args:
            first: whether this is the first micro-batch of its step: what earlier steps left is then overwritten.
            stream: what is known to come out at the boundary, as `Network.stream` gives it; it is written over.
        """
        embedded = None
        self._accumulate.first = first
        if self._boundary >= 0:
            stream = self.stream(batch, self._boundary) if stream is None else stream
        else:
            stream, embedded = self._embed(batch, masks)
        learning = list(enumerate(self._layers))[max(self._boundary, 0) :]
        drops: dict[int, Drops] = {}
        inputs: dict[int, torch.Tensor] = {}
        kept: dict[int, Kept] = {}
        for number, layer in learning:
            drops[number] = layer.drops(batch, masks)
            if self._recompute:
                inputs[number] = self._work(f"{number}.stream", *stream.shape, dtype=_FP32).copy_(stream)
                stream, _ = layer.forward(batch, stream, drops[number], _ONCE)
            else:
                stream, kept[number] = layer.forward(batch, stream, drops[number], str(number))
        value, gradient = self._head_gradients(self._first(batch, stream), masks, loss)
        if learning and not learning[-1][1].short:
            gradient = self._spread(gradient, batch)
        for number, layer in reversed(learning):
            of_layer = kept[number] if kept else layer.forward(batch, inputs[number], drops[number], _ONCE)[1]
            wanted = number > learning[0][0] or embedded is not None
            gradient = layer.backward(batch, of_layer, drops[number], gradient, wanted=wanted)
        if embedded is not None:
            self._embed_backward(batch, gradient, embedded)
        return value

    # Embeddings

    def _embed(self, batch: Packed, masks: Masks | None) -> tuple[torch.Tensor, _Embedded]:
        """The stream [T, H] that enters the first layer, and what the way back needs."""
        tensors, count, width = self.weights.embeddings, batch.rows, self.architecture.width
        total = self._work("embedded", count, width, dtype=_FP32)
        rows_of = self.weights.rows_of(batch.ids)  # before `words`, which it may lengthen
        torch.index_select(self.weights.words(), 0, rows_of, out=total)
        places = self._work("stream gradient", count, width, dtype=_FP32)
        total.add_(torch.index_select(tensors.position, 0, batch.positions, out=places))
        if tensors.token_type is not None:
            total.add_(tensors.token_type[0])
        stream = self._work("stream", count, width, dtype=_FP32)
        rows = self._work("embedded rows", 2, count, 1, dtype=_FP32)
        normalise(total, tensors.scale, tensors.shift, self.architecture.epsilon, stream, rows)
        mask = masks.take(self.architecture.dropouts.embedding, count, width) if masks is not None else None
        if mask is not None:
            stream.mul_(mask)
        return stream, _Embedded(total, rows, mask)

    def _embed_backward(self, batch: Packed, gradient: torch.Tensor, embedded: _Embedded) -> None:
        tensors, own = self.weights.embeddings, self.weights.embedding_gradients
        if embedded.mask is not None:
            gradient.mul_(embedded.mask)
        through = self._work("stream", *gradient.shape, dtype=_FP32)
        normalise_backward(
            gradient, embedded.total, embedded.rows, tensors.scale, own.scale, own.shift, through, self._work,
            self._accumulate,
        )  # fmt: skip
        rows = self.weights.rows_of(batch.ids)
        words = self.weights.word_gradient()
        if self._accumulate.first:
            words.zero_()
            own.position.zero_()
            if own.token_type is not None:
                own.token_type.zero_()
        words.index_add_(0, rows, through)
        padding = batch.ids == self.architecture.padding
        if padding.any():  # a padding token's embedding does not learn, wherever it stands
            words[rows[torch.from_numpy(padding)]] = 0
        own.position.index_add_(0, batch.positions, through)
        if self.architecture.counts_padding:
            own.position[self.architecture.padding] = 0
        if own.token_type is not None:
            own.token_type[0].add_(through.sum(0))

    # Head

    def _first(self, batch: Packed, stream: torch.Tensor) -> torch.Tensor:
        """[B, H] the stream of the reviews' first tokens."""
        return stream if len(stream) == len(batch.first) else stream[batch.first]

    def _spread(self, gradient: torch.Tensor, batch: Packed) -> torch.Tensor:
        """The gradient [B, H] of the first tokens as one of all tokens [T, H]."""
        whole = self._work("stream gradient", batch.rows, self.architecture.width, dtype=_FP32).zero_()
        return whole.index_copy_(0, batch.first, gradient)

    def _head(self, first: torch.Tensor, head: HeadTensors, masks: Masks | None) -> torch.Tensor:
        """[B, C] logits from [B, H]; fp32."""
        rates = self.architecture.dropouts
        if masks is not None and (mask := masks.take(rates.before_head, *first.shape)) is not None:
            first = first * mask
        pooled = functional.linear(first, head.dense, head.dense_bias)
        pooled = functional.relu(pooled) if self.architecture.family == "distilbert" else torch.tanh(pooled)
        if masks is not None and (mask := masks.take(rates.head, *pooled.shape)) is not None:
            pooled = pooled * mask
        return functional.linear(pooled, head.output, head.output_bias)

    def _head_gradients(
        self,
        first: torch.Tensor,
        masks: Masks,
        loss: Callable[[torch.Tensor], torch.Tensor],
        *,
        wanted: bool = True,
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss, and its gradient [B, H] with respect to `first`; adds those of the head. So small a part is left
        to autograd.

        Args:
            wanted: whether that gradient is; if not, what is returned means nothing.
        """
        head, own = self.weights.head, self.weights.head_gradients
        tensors = (first, head.dense, head.dense_bias, head.output, head.output_bias)
        leaves = [tensor.detach().requires_grad_(wanted or tensor is not first) for tensor in tensors]
        with torch.enable_grad():
            value = loss(self._head(leaves[0], HeadTensors(*leaves[1:]), masks))
            gradients = torch.autograd.grad(value, leaves if wanted else leaves[1:])
        totals = (own.dense, own.dense_bias, own.output, own.output_bias)
        for total, gradient in zip(totals, gradients[-len(totals) :], strict=True):
            self._accumulate.add(total, gradient)
        return value.detach(), gradients[0]
