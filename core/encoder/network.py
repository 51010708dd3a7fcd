"""The encoder and its head: forward and backward, block by block.

    x = norm(word + position + type)                                        embeddings
    for each layer:   x = norm(x + drop(attention(x)))                      attention block
                      x = norm(x + drop(down(gelu(up(x)))))                 feed-forward block
    logits = output(drop(activation(dense(x of the first token))))          head

The stream x and the normalisations are fp32, as under autocast; products are in the format of `Weights.compute`. A
classifier reads only the first token, so the last layer computes queries, output and feed-forward for it alone: that is
exact. What the backward pass needs is kept in named buffers, one set a layer; with `recompute` only the input of each
layer is kept, and the layer is computed a second time, with the same dropout, when its gradients are due.

Shapes: T packed tokens of B reviews, of which Tq go through a layer's upper part: Tq = T, in the last layer Tq = B.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn import functional

from core.encoder.attention import attend, attend_backward
from core.encoder.dropout import Masks
from core.encoder.layout import Block, Packed
from core.encoder.products import Accumulator, linear, linear_transposed
from core.encoder.weights import HeadTensors, Weights
from core.encoder.workspace import Workspace

_FP32 = torch.float32
_NORM_BACKWARD = torch.ops.aten.native_layer_norm_backward.out
_NORM = torch.ops.aten.native_layer_norm.out
_GELU = torch.ops.aten.gelu.out
_GELU_BACKWARD = torch.ops.aten.gelu_backward.grad_input


@dataclass
class _Norm:
    """A normalisation's input [Tq, H], and the mean and the reciprocal deviation [Tq, 1] of its rows; all fp32."""

    input: torch.Tensor
    mean: torch.Tensor
    deviation: torch.Tensor


@dataclass
class _Drops:
    """A layer's dropout masks; None where nothing is dropped."""

    attention: list[torch.Tensor | None]
    """By block [G, Q, L]."""
    projection: torch.Tensor | None
    feed_forward: torch.Tensor | None


@dataclass
class _Layer:
    """What a layer's backward pass needs; tensors in the products' format."""

    input: torch.Tensor
    """[T, H]"""
    queries: list[torch.Tensor]
    """By block [G, Q, D]."""
    keys: list[torch.Tensor]
    """By block [G, L, D], as the values."""
    values: list[torch.Tensor]
    probabilities: list[torch.Tensor]
    """By block [G, Q, L]."""
    context: torch.Tensor
    """[Tq, H]"""
    attention_norm: _Norm
    middle: torch.Tensor
    """[Tq, H], the feed-forward's input."""
    up: torch.Tensor
    """[Tq, I] before the gelu."""
    active: torch.Tensor
    """[Tq, I] after it."""
    output_norm: _Norm


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
        self._boundary, self._short, self._recompute = boundary, first_token_only, recompute
        self._work = Workspace(reuse)
        self._dtype = weights.dtype
        largest = max(max(layer.qkv.numel(), layer.up.numel()) for layer in weights.layers)
        self._accumulate = Accumulator(None if self._dtype == _FP32 else torch.empty(largest, dtype=self._dtype))

    @torch.no_grad()
    def logits(self, batch: Packed) -> torch.Tensor:
        """[B, C] fp32, nothing dropped."""
        return self.logits_above(batch, self.stream(batch, 0), 0)

    @torch.no_grad()
    def stream(self, batch: Packed, layers: int) -> torch.Tensor:
        """The stream after the `layers` lowest layers, nothing dropped: [T, H] fp32, or [B, H] after all of them."""
        stream, _, _ = self._embed(batch, None)
        for number in range(layers):
            stream, _ = self._forward(number, batch, stream, None, "once")
        return self._first(batch, stream) if layers == self.architecture.layers else stream

    @torch.no_grad()
    def logits_above(self, batch: Packed, stream: torch.Tensor, layers: int) -> torch.Tensor:
        """[B, C] fp32 from the stream after the `layers` lowest layers, nothing dropped."""
        for number in range(layers, self.architecture.layers):
            stream, _ = self._forward(number, batch, stream, None, "once")
        return self._head(self._first(batch, stream), self.weights.head, None)

    @torch.no_grad()
    def learn(
        self,
        batch: Packed,
        masks: Masks,
        loss: Callable[[torch.Tensor], torch.Tensor],
        stream: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One forward and backward pass: adds the gradients of `loss(logits [B, C])` and returns the loss.

        Args:
            stream: what is known to come out at the boundary, as `Network.stream` gives it.
        """
        lowest, top = max(self._boundary, 0), self.architecture.layers
        embedded = None
        if self._boundary >= 0:
            stream = self.stream(batch, lowest) if stream is None else stream
        else:
            stream, *embedded = self._embed(batch, masks)
        drops, inputs, kept = [], [], []
        for number in range(lowest, top):
            drops.append(self._drops(number, batch, masks))
            if self._recompute:
                inputs.append(self._work(f"{number}.stream", *stream.shape, dtype=_FP32).copy_(stream))
            stream, layer = self._forward(number, batch, stream, drops[-1], "once" if self._recompute else str(number))
            kept.append(None if self._recompute else layer)
        value, gradient = self._head_gradients(self._first(batch, stream), masks, loss)
        if lowest == top and self._boundary >= 0:
            return value
        if not (self._short and top):
            gradient = self._spread(gradient, batch)
        for number in reversed(range(lowest, top)):
            position = number - lowest
            layer = kept[position]
            if layer is None:
                _, layer = self._forward(number, batch, inputs[position], drops[position], "once")
            wanted = number > lowest or self._boundary < 0
            gradient = self._backward(number, batch, layer, drops[position], gradient, wanted)
        if embedded is not None:
            self._embed_backward(batch, embedded[0], embedded[1], gradient)
        return value

    # Embeddings

    def _embed(self, batch: Packed, masks: Masks | None) -> tuple[torch.Tensor, _Norm, torch.Tensor | None]:
        """The stream [T, H] that enters the first layer, its normalisation, and the dropout mask on it."""
        tensors, rows, width = self.weights.embeddings, batch.rows, self.architecture.width
        total = self._work("embedded", rows, width, dtype=_FP32)
        rows_of = self.weights.rows_of(batch.ids)  # before `words`, which it may lengthen
        torch.index_select(self.weights.words(), 0, rows_of, out=total)
        places = self._work("positions", rows, width, dtype=_FP32)
        total.add_(torch.index_select(tensors.position, 0, batch.positions, out=places))
        if tensors.token_type is not None:
            total.add_(tensors.token_type[0])
        stream = self._work("stream", rows, width, dtype=_FP32)
        norm = self._normalise("embedding", total, tensors.scale, tensors.shift, stream)
        mask = masks.take(self.architecture.dropouts.embedding, rows, width) if masks is not None else None
        if mask is not None:
            stream.mul_(mask)
        return stream, norm, mask

    def _embed_backward(self, batch: Packed, norm: _Norm, mask: torch.Tensor | None, gradient: torch.Tensor) -> None:
        tensors, own = self.weights.embeddings, self.weights.embedding_gradients
        if mask is not None:
            gradient.mul_(mask)
        gradient = self._normalise_backward(norm, gradient, tensors.scale, own.scale, own.shift)
        rows = self.weights.rows_of(batch.ids)
        words = self.weights.word_gradient()
        words.index_add_(0, rows, gradient)
        padding = batch.ids == self.architecture.padding
        if padding.any():  # a padding token's embedding does not learn, wherever it stands
            words[rows[torch.from_numpy(padding)]] = 0
        own.position.index_add_(0, batch.positions, gradient)
        if self.architecture.counts_padding:
            own.position[self.architecture.padding] = 0
        if own.token_type is not None:
            own.token_type[0].add_(gradient.sum(0))

    # Layers

    def _drops(self, number: int, batch: Packed, masks: Masks) -> _Drops:
        rates, heads, width = self.architecture.dropouts, self.architecture.heads, self.architecture.width
        last = self._is_short(number)
        attention = [
            masks.take(rates.attention, block.reviews * heads, 1 if last else block.length, block.length)
            for block in batch.blocks
        ]
        rows = len(batch.lengths) if last else batch.rows
        return _Drops(attention, masks.take(rates.projection, rows, width), masks.take(rates.feed_forward, rows, width))

    def _is_short(self, number: int) -> bool:
        return self._short and number == self.architecture.layers - 1

    def _forward(
        self, number: int, batch: Packed, stream: torch.Tensor, drops: _Drops | None, slot: str
    ) -> tuple[torch.Tensor, _Layer]:
        """One layer: the stream [Tq, H] that leaves it, and what its backward pass needs, in buffers named by `slot`."""
        weights, work, dtype, width = self.weights.layers[number], self._work, self._dtype, self.architecture.width
        inputs = work(f"{slot}.input", batch.rows, width, dtype=dtype).copy_(stream)
        if self._is_short(number):
            base = stream[batch.first]
            queries, keys, values = self._heads_of_first(number, batch, inputs, slot)
        else:
            base = stream
            queries, keys, values = self._heads(number, batch, inputs, slot)
        rows = len(base)
        context, probabilities = self._attention(batch, queries, keys, values, drops, rows, slot)
        projected = linear(context, weights.out, weights.out_bias, work("projected", rows, width, dtype=dtype))
        if drops is not None and drops.projection is not None:
            projected.mul_(drops.projection)
        total = torch.add(base, projected, out=work(f"{slot}.attended", rows, width, dtype=_FP32))
        middle_stream = work("middle", rows, width, dtype=_FP32)
        attention_norm = self._normalise(
            f"{slot}.attention", total, weights.attention_scale, weights.attention_shift, middle_stream
        )
        middle = work(f"{slot}.middle", rows, width, dtype=dtype).copy_(middle_stream)
        inner = self.architecture.inner
        up = linear(middle, weights.up, weights.up_bias, work(f"{slot}.up", rows, inner, dtype=dtype))
        active = _GELU(up, out=work(f"{slot}.active", rows, inner, dtype=dtype))
        linear_transposed(active, weights.down, weights.down_bias, projected)
        if drops is not None and drops.feed_forward is not None:
            projected.mul_(drops.feed_forward)
        total = torch.add(middle_stream, projected, out=work(f"{slot}.fed", rows, width, dtype=_FP32))
        leaving = work("leaving" if rows < batch.rows else "stream", rows, width, dtype=_FP32)
        output_norm = self._normalise(f"{slot}.output", total, weights.output_scale, weights.output_shift, leaving)
        return leaving, _Layer(
            inputs,
            queries,
            keys,
            values,
            probabilities,
            context,
            attention_norm,
            middle,
            up,
            active,
            output_norm,
        )

    def _backward(
        self, number: int, batch: Packed, layer: _Layer, drops: _Drops, gradient: torch.Tensor, wanted: bool
    ) -> torch.Tensor:
        """Gradient [T, H] with respect to a layer's input, from that of its output [Tq, H]; adds those of its weights.

        Args:
            wanted: whether the gradient of the input is; if not, what is returned means nothing.
        """
        weights, own, work = self.weights.layers[number], self.weights.layer_gradients[number], self._work
        add, width, dtype = self._accumulate, self.architecture.width, self._dtype
        rows = len(gradient)
        norm = layer.output_norm
        through = self._normalise_backward(norm, gradient, weights.output_scale, own.output_scale, own.output_shift)
        narrow = work("narrow", rows, width, dtype=dtype).copy_(through)
        if drops.feed_forward is not None:
            narrow.mul_(drops.feed_forward)
        add.weight(own.down, layer.active, narrow)
        add.bias(own.down_bias, narrow)
        wide = torch.mm(narrow, weights.down.t(), out=work("wide", rows, self.architecture.inner, dtype=dtype))
        _GELU_BACKWARD(wide, layer.up, grad_input=wide)
        add.weight(own.up, wide, layer.middle)
        add.bias(own.up_bias, wide)
        through.add_(torch.mm(wide, weights.up, out=narrow))
        norm = layer.attention_norm
        through = self._normalise_backward(
            norm, through, weights.attention_scale, own.attention_scale, own.attention_shift
        )
        narrow.copy_(through)
        if drops.projection is not None:
            narrow.mul_(drops.projection)
        add.weight(own.out, narrow, layer.context)
        add.bias(own.out_bias, narrow)
        context = work("context gradient", rows + 1, width, dtype=dtype)
        torch.mm(narrow, weights.out, out=context[:rows])
        context[rows:].zero_()
        if self._is_short(number):
            return self._heads_of_first_backward(number, batch, layer, drops, context, through, wanted)
        return self._heads_backward(number, batch, layer, drops, context, through, wanted)

    # Attention: from the stream's format to heads by block, and back

    def _heads(
        self, number: int, batch: Packed, inputs: torch.Tensor, slot: str
    ) -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor]]:
        """Queries, keys and values [G, L, D] by block."""
        weights, width = self.weights.layers[number], self.architecture.width
        flat = self._work("qkv", batch.rows, 3 * width, dtype=self._dtype)
        parts = self._split(batch, linear(inputs, weights.qkv, weights.qkv_bias, flat), 3, slot)
        return [part[0] for part in parts], [part[1] for part in parts], [part[2] for part in parts]

    def _heads_of_first(
        self, number: int, batch: Packed, inputs: torch.Tensor, slot: str
    ) -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor]]:
        """Queries [G, 1, D] of the first tokens, keys and values [G, L, D] of all, by block."""
        weights, width = self.weights.layers[number], self.architecture.width
        flat = self._work("qkv", batch.rows, 2 * width, dtype=self._dtype)
        parts = self._split(batch, linear(inputs, weights.qkv[width:], weights.qkv_bias[width:], flat), 2, slot)
        first = self._work(f"{slot}.first", len(batch.first), width, dtype=self._dtype)
        linear(inputs[batch.first], weights.qkv[:width], weights.qkv_bias[:width], first)
        queries = [self._rows_as_heads(first, block) for block in batch.blocks]
        return queries, [part[0] for part in parts], [part[1] for part in parts]

    def _rows_as_heads(self, rows: torch.Tensor, block: Block) -> torch.Tensor:
        """One row [H] a review, seen as [G, 1, D]: the same memory."""
        of_block = rows[block.start : block.start + block.reviews]
        return of_block.view(block.reviews * self.architecture.heads, 1, self.architecture.head_width)

    def _split(self, batch: Packed, flat: torch.Tensor, kinds: int, slot: str) -> list[torch.Tensor]:
        """From [T, kinds·H] to [kinds, G, L, D] by block."""
        heads, head_width, width = self.architecture.heads, self.architecture.head_width, self.architecture.width
        if batch.gather_any is not None:
            padded = self._work("padded", batch.padded, kinds * width, dtype=self._dtype)
            flat = torch.index_select(flat, 0, batch.gather_any, out=padded)
        store = self._work(f"{slot}.heads", batch.padded * kinds * width, dtype=self._dtype)
        parts = []
        for block in batch.blocks:
            size = block.reviews * block.length
            inside = store[block.offset * kinds * width : (block.offset + size) * kinds * width]
            part = inside.view(kinds, block.reviews, heads, block.length, head_width)
            rows = flat[block.offset : block.offset + size]
            part.copy_(rows.view(block.reviews, block.length, kinds, heads, head_width).permute(2, 0, 3, 1, 4))
            parts.append(part.view(kinds, block.reviews * heads, block.length, head_width))
        return parts

    def _join(self, batch: Packed, parts: list[torch.Tensor], out: torch.Tensor) -> torch.Tensor:
        """From [kinds, G, L, D] by block to [T, kinds·H], the inverse of `_split`; what belongs to no review is 0."""
        heads, head_width, kinds = self.architecture.heads, self.architecture.head_width, parts[0].shape[0]
        padded = out
        if batch.scatter is not None:
            padded = self._work("padded", batch.padded, out.shape[1], dtype=self._dtype)
        for block, part in zip(batch.blocks, parts, strict=True):
            size = block.reviews * block.length
            rows = padded[block.offset : block.offset + size]
            whole = part.view(kinds, block.reviews, heads, block.length, head_width)
            rows.view(block.reviews, block.length, kinds, heads, head_width).copy_(whole.permute(1, 3, 0, 2, 4))
        if batch.scatter is not None:
            torch.index_select(padded, 0, batch.scatter, out=out)
            out[batch.tokens :].zero_()
        return out

    def _attention(
        self,
        batch: Packed,
        queries: list[torch.Tensor],
        keys: list[torch.Tensor],
        values: list[torch.Tensor],
        drops: _Drops | None,
        rows: int,
        slot: str,
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """The context [Tq, H] and, by block, the probabilities [G, Q, L]."""
        work, dtype, width = self._work, self._dtype, self.architecture.width
        sizes = [query.shape[0] * query.shape[1] * key.shape[1] for query, key in zip(queries, keys, strict=True)]
        store = work(f"{slot}.probabilities", sum(sizes), dtype=dtype)
        context = work(f"{slot}.context", rows, width, dtype=dtype)
        short = queries[0].shape[1] != keys[0].shape[1]
        scattered = work("context heads", batch.padded * width, dtype=dtype) if not short else context
        probabilities, contexts, offset = [], [], 0
        for index, block in enumerate(batch.blocks):
            query, key = queries[index], keys[index]
            inside = store[offset : offset + sizes[index]].view(query.shape[0], query.shape[1], key.shape[1])
            offset += sizes[index]
            if short:
                of_block = self._rows_as_heads(context, block)
            else:
                start = block.offset * width
                of_block = scattered[start : start + block.reviews * block.length * width].view(query.shape)
            dropped = drops.attention[index] if drops is not None else None
            attend(query, key, values[index], block.mask, dropped, inside, of_block, work)
            probabilities.append(inside)
            contexts.append(of_block[None])
        return (context if short else self._join(batch, contexts, context)), probabilities

    def _heads_backward(
        self,
        number: int,
        batch: Packed,
        layer: _Layer,
        drops: _Drops,
        context: torch.Tensor,
        through: torch.Tensor,
        wanted: bool,
    ) -> torch.Tensor:
        """The rest of `_backward`: from the context's gradient [T + 1, H], its last row 0, to the input's [T, H]."""
        weights, own, width = self.weights.layers[number], self.weights.layer_gradients[number], self.architecture.width
        work, dtype = self._work, self._dtype
        if batch.gather is not None:
            padded = work("padded", batch.padded, width, dtype=dtype)
            context = torch.index_select(context, 0, batch.gather, out=padded)
        store = work("heads gradient", batch.padded * 3 * width, dtype=dtype)
        parts = []
        for index, block in enumerate(batch.blocks):
            key = layer.keys[index]
            size = block.reviews * block.length
            of_block = work("context of block", *key.shape, dtype=dtype)
            shape = (block.reviews, block.length, self.architecture.heads, self.architecture.head_width)
            rows = context[block.offset : block.offset + size].view(shape)
            of_block.view(shape[0], shape[2], shape[1], shape[3]).copy_(rows.transpose(1, 2))
            part = store[block.offset * 3 * width : (block.offset + size) * 3 * width].view(3, *key.shape)
            self._attend_backward(layer, drops, index, of_block, part[0], part[1], part[2])
            parts.append(part)
        qkv = self._join(batch, parts, work("qkv", batch.rows, 3 * width, dtype=dtype))
        self._accumulate.weight(own.qkv, qkv, layer.input)
        self._accumulate.bias(own.qkv_bias, qkv)
        if wanted:
            through.add_(torch.mm(qkv, weights.qkv, out=work("narrow", batch.rows, width, dtype=dtype)))
        return through

    def _heads_of_first_backward(
        self,
        number: int,
        batch: Packed,
        layer: _Layer,
        drops: _Drops,
        context: torch.Tensor,
        through: torch.Tensor,
        wanted: bool,
    ) -> torch.Tensor:
        """The same for the last layer: from the context's gradient [B + 1, H] to the input's [T, H]."""
        weights, own, width = self.weights.layers[number], self.weights.layer_gradients[number], self.architecture.width
        work, dtype = self._work, self._dtype
        store = work("heads gradient", batch.padded * 2 * width, dtype=dtype)
        first = work("queries gradient", len(batch.first), width, dtype=dtype)
        parts = []
        for index, block in enumerate(batch.blocks):
            size = block.reviews * block.length
            part = store[block.offset * 2 * width : (block.offset + size) * 2 * width]
            part = part.view(2, *layer.keys[index].shape)
            of_block, of_queries = self._rows_as_heads(context, block), self._rows_as_heads(first, block)
            self._attend_backward(layer, drops, index, of_block, of_queries, part[0], part[1])
            parts.append(part)
        keys_values = self._join(batch, parts, work("qkv", batch.rows, 2 * width, dtype=dtype))
        self._accumulate.weight(own.qkv[:width], first, layer.input[batch.first])
        self._accumulate.bias(own.qkv_bias[:width], first)
        self._accumulate.weight(own.qkv[width:], keys_values, layer.input)
        self._accumulate.bias(own.qkv_bias[width:], keys_values)
        if not wanted:
            return through
        narrow = torch.mm(keys_values, weights.qkv[width:], out=work("narrow", batch.rows, width, dtype=dtype))
        gradient = work("spread", batch.rows, width, dtype=_FP32).copy_(narrow)
        through.add_(torch.mm(first, weights.qkv[:width]))
        return gradient.index_add_(0, batch.first, through)

    def _attend_backward(
        self, layer: _Layer, drops: _Drops, index: int, context: torch.Tensor, *gradients: torch.Tensor
    ) -> None:
        query, key, value = layer.queries[index], layer.keys[index], layer.values[index]
        dropped, probabilities = drops.attention[index], layer.probabilities[index]
        attend_backward(context, query, key, value, dropped, probabilities, *gradients, work=self._work)

    # Normalisation

    def _normalise(
        self, name: str, total: torch.Tensor, scale: torch.Tensor, shift: torch.Tensor, out: torch.Tensor
    ) -> _Norm:
        rows, width = total.shape
        mean = self._work(f"{name}.mean", rows, 1, dtype=_FP32)
        deviation = self._work(f"{name}.deviation", rows, 1, dtype=_FP32)
        _NORM(total, [width], scale, shift, self.architecture.epsilon, out0=out, out1=mean, out2=deviation)
        return _Norm(total, mean, deviation)

    def _normalise_backward(
        self,
        norm: _Norm,
        gradient: torch.Tensor,
        scale: torch.Tensor,
        scale_gradient: torch.Tensor,
        shift_gradient: torch.Tensor,
    ) -> torch.Tensor:
        """Gradient [Tq, H] of a normalisation's input; it is one of two buffers, and not the one given."""
        rows, width = gradient.shape
        out = self._work("stream gradient 0", rows, width, dtype=_FP32)
        if out.data_ptr() == gradient.data_ptr():
            out = self._work("stream gradient 1", rows, width, dtype=_FP32)
        own_scale, own_shift = self._work("scale", width, dtype=_FP32), self._work("shift", width, dtype=_FP32)
        mean, deviation = norm.mean, norm.deviation
        everything = [True, True, True]
        _NORM_BACKWARD(
            gradient, norm.input, [width], mean, deviation, scale, scale, everything, out0=out, out1=own_scale,
            out2=own_shift,
        )  # fmt: skip
        scale_gradient.add_(own_scale)
        shift_gradient.add_(own_shift)
        return out

    # Head

    def _first(self, batch: Packed, stream: torch.Tensor) -> torch.Tensor:
        """[B, H] the stream of the reviews' first tokens."""
        return stream if len(stream) == len(batch.first) else stream[batch.first]

    def _spread(self, gradient: torch.Tensor, batch: Packed) -> torch.Tensor:
        """The gradient [B, H] of the first tokens as one of all tokens [T, H]."""
        whole = self._work("spread", batch.rows, self.architecture.width, dtype=_FP32).zero_()
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
        self, first: torch.Tensor, masks: Masks, loss: Callable[[torch.Tensor], torch.Tensor]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The loss, and its gradient [B, H] with respect to `first`; adds those of the head. So small a part is left
        to autograd."""
        head, own = self.weights.head, self.weights.head_gradients
        leaves = [
            tensor.detach().requires_grad_()
            for tensor in (first, head.dense, head.dense_bias, head.output, head.output_bias)
        ]
        with torch.enable_grad():
            value = loss(self._head(leaves[0], HeadTensors(*leaves[1:]), masks))
            gradients = torch.autograd.grad(value, leaves)
        for total, gradient in zip(
            (own.dense, own.dense_bias, own.output, own.output_bias), gradients[1:], strict=True
        ):
            total.add_(gradient)
        return value.detach(), gradients[0]
