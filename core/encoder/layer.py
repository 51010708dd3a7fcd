"""One layer of the encoder, forward and backward.

    x = norm(x + drop(attention(x)))              from the stream x to `attended`, its normalised form to `middle`
    x = norm(x + drop(down(gelu(up(x)))))         to `fed`, its normalised form leaves

The last layer of a classifier is `short`: its queries, and all that comes after attention, are computed for the first
token of each review only.

Shapes: T packed tokens of B reviews, of which Tq go through the upper part: Tq = T, or B where the layer is short.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from core.encoder.architecture import Architecture
from core.encoder.attention import attend, attend_backward
from core.encoder.dropout import Masks
from core.encoder.layout import Block, Packed
from core.encoder.norm import normalise, normalise_backward
from core.encoder.products import Accumulator, linear, product
from core.encoder.weights import LayerTensors
from core.encoder.workspace import Workspace

_FP32 = torch.float32
_GELU = torch.ops.aten.gelu.out
_GELU_BACKWARD = torch.ops.aten.gelu_backward.grad_input


@dataclass
class Drops:
    """A layer's dropout masks; None where nothing is dropped."""

    attention: list[torch.Tensor | None]
    """By block [G, Q, L]."""
    projection: torch.Tensor | None
    """[Tq, H], as the next."""
    feed_forward: torch.Tensor | None


@dataclass
class Kept:
    """What a layer's backward pass needs."""

    input: torch.Tensor
    """[T, H]; in the products' format, as all that follows but `attended` and `fed`."""
    queries: list[torch.Tensor]
    """By block [G, Q, D]."""
    keys: list[torch.Tensor]
    """By block [G, L, D], as the values."""
    values: list[torch.Tensor]
    probabilities: list[torch.Tensor]
    """By block [G, Q, L]."""
    context: torch.Tensor
    """[Tq, H]"""
    attended: torch.Tensor
    """[Tq, H] fp32, before its normalisation, as `fed`."""
    attended_rows: torch.Tensor
    """[2, Tq, 1] mean and reciprocal deviation of the rows of `attended`."""
    middle: torch.Tensor
    """[Tq, H], the feed-forward's input."""
    up: torch.Tensor
    """[Tq, I] before the gelu."""
    active: torch.Tensor
    """[Tq, I] after it."""
    fed: torch.Tensor
    fed_rows: torch.Tensor


class Layer:
    """A layer on its weights; `own` are the gradients that its backward pass adds to."""

    def __init__(
        self,
        architecture: Architecture,
        weights: LayerTensors,
        own: LayerTensors,
        work: Workspace,
        accumulate: Accumulator,
        dtype: torch.dtype,
        *,
        short: bool,
    ) -> None:
        self.architecture, self.weights, self.own = architecture, weights, own
        self.short = short
        self._work, self._add, self._dtype = work, accumulate, dtype

    def drops(self, batch: Packed, masks: Masks) -> Drops:
        """The layer's next masks."""
        rates, heads, width = self.architecture.dropouts, self.architecture.heads, self.architecture.width
        attention = [
            masks.take(rates.attention, block.reviews * heads, 1 if self.short else block.length, block.length)
            for block in batch.blocks
        ]
        rows = len(batch.lengths) if self.short else batch.rows
        return Drops(attention, masks.take(rates.projection, rows, width), masks.take(rates.feed_forward, rows, width))

    def forward(self, batch: Packed, stream: torch.Tensor, drops: Drops | None, slot: str) -> tuple[torch.Tensor, Kept]:
        """The stream [Tq, H] that leaves the layer, and what its backward pass needs, in buffers named by `slot`.

        Args:
            stream: [T, H] fp32; a layer that is not short writes what leaves into the same memory.
        """
        weights, work, dtype, width = self.weights, self._work, self._dtype, self.architecture.width
        inputs = work(f"{slot}.input", batch.rows, width, dtype=dtype).copy_(stream)
        skipped = width if self.short else 0  # a short layer's queries are computed apart
        qkv = work("qkv", batch.rows, 3 * width - skipped, dtype=dtype)
        linear(inputs, weights.qkv[skipped:], weights.qkv_bias[skipped:], qkv)
        if self.short:
            stream, first = stream[batch.first], work(f"{slot}.first", len(batch.first), width, dtype=dtype)
            linear(inputs[batch.first], weights.qkv[:width], weights.qkv_bias[:width], first)
            leaving = work("leaving", len(batch.first), width, dtype=_FP32)
        else:
            first, leaving = None, stream
        rows = len(stream)
        attention = self._attend(batch, qkv, first, drops, slot)
        kept = Kept(
            inputs,
            *attention,
            attended=work(f"{slot}.attended", rows, width, dtype=_FP32),
            attended_rows=work(f"{slot}.attended rows", 2, rows, 1, dtype=_FP32),
            middle=work(f"{slot}.middle", rows, width, dtype=dtype),
            up=work(f"{slot}.up", rows, self.architecture.inner, dtype=dtype),
            active=work(f"{slot}.active", rows, self.architecture.inner, dtype=dtype),
            fed=work(f"{slot}.fed", rows, width, dtype=_FP32),
            fed_rows=work(f"{slot}.fed rows", 2, rows, 1, dtype=_FP32),
        )
        self._feed_forward(kept, stream, leaving, drops)
        return leaving, kept

    def _feed_forward(self, kept: Kept, stream: torch.Tensor, leaving: torch.Tensor, drops: Drops | None) -> None:
        """From the context to what leaves the layer, [Tq, H] fp32; `leaving` may be `stream`."""
        weights, work, epsilon = self.weights, self._work, self.architecture.epsilon
        narrow = work("narrow", *stream.shape, dtype=self._dtype)
        linear(kept.context, weights.out, weights.out_bias, narrow)
        if drops is not None and drops.projection is not None:
            narrow.mul_(drops.projection)
        total = torch.add(stream, narrow, out=kept.attended)
        middle = work("middle", *stream.shape, dtype=_FP32)
        normalise(total, weights.attention_scale, weights.attention_shift, epsilon, middle, kept.attended_rows)
        linear(kept.middle.copy_(middle), weights.up, weights.up_bias, kept.up)
        _GELU(kept.up, out=kept.active)
        product(kept.active, weights.down, narrow, weights.down_bias)
        if drops is not None and drops.feed_forward is not None:
            narrow.mul_(drops.feed_forward)
        total = torch.add(middle, narrow, out=kept.fed)
        normalise(total, weights.output_scale, weights.output_shift, epsilon, leaving, kept.fed_rows)

    def backward(
        self, batch: Packed, kept: Kept, drops: Drops, gradient: torch.Tensor, *, wanted: bool
    ) -> torch.Tensor:
        """Gradient [T, H] with respect to the layer's input, from that of its output; adds those of its weights.

        Args:
            gradient: [Tq, H] fp32; what is returned may be in the same memory.
            wanted: whether the gradient of the input is; if not, what is returned means nothing.
        """
        weights, own, work, add = self.weights, self.own, self._work, self._add
        rows, width = gradient.shape
        through = work("through", rows, width, dtype=_FP32)
        normalise_backward(
            gradient, kept.fed, kept.fed_rows, weights.output_scale, own.output_scale, own.output_shift,
            through, work, add,
        )  # fmt: skip
        narrow = work("narrow", rows, width, dtype=self._dtype).copy_(through)
        if drops.feed_forward is not None:
            narrow.mul_(drops.feed_forward)
        add.weight(own.down, kept.active, narrow)
        add.bias(own.down_bias, narrow)
        wide = work("wide", rows, self.architecture.inner, dtype=self._dtype)
        product(narrow, weights.down.t(), wide)
        _GELU_BACKWARD(wide, kept.up, grad_input=wide)
        add.weight(own.up, wide, kept.middle)
        add.bias(own.up_bias, wide)
        through.add_(product(wide, weights.up, narrow))
        normalise_backward(
            through, kept.attended, kept.attended_rows, weights.attention_scale, own.attention_scale,
            own.attention_shift, gradient, work, add,
        )  # fmt: skip
        narrow.copy_(gradient)
        if drops.projection is not None:
            narrow.mul_(drops.projection)
        add.weight(own.out, narrow, kept.context)
        add.bias(own.out_bias, narrow)
        context = work("context gradient", rows + 1, width, dtype=self._dtype)
        product(narrow, weights.out, context[:rows])
        context[rows:].zero_()
        if self.short:
            return self._lower_backward_short(batch, kept, drops, context, gradient, wanted)
        return self._lower_backward(batch, kept, drops, context, gradient, wanted)

    def _lower_backward(
        self, batch: Packed, kept: Kept, drops: Drops, context: torch.Tensor, gradient: torch.Tensor, wanted: bool
    ) -> torch.Tensor:
        """Through attention: from the context's gradient [T + 1, H], its last row 0, and the skip's [T, H]."""
        weights, own, work, width = self.weights, self.own, self._work, self.architecture.width
        qkv = work("qkv", batch.rows, 3 * width, dtype=self._dtype)
        qkv[batch.tokens :].zero_()
        for index, block in enumerate(batch.blocks):
            part = work("heads gradient", 3, *kept.keys[index].shape, dtype=self._dtype)
            of_block = self._split(
                block, context, 1, block.gather, work("context heads", *part.shape[1:], dtype=self._dtype)
            )
            self._attend_backward(kept, drops, index, of_block[0], part[0], part[1], part[2])
            self._join(block, part, qkv)
        self._add.weight(own.qkv, qkv, kept.input)
        self._add.bias(own.qkv_bias, qkv)
        if wanted:
            narrow = work("narrow", batch.rows, width, dtype=self._dtype)
            gradient.add_(product(qkv, weights.qkv, narrow))
        return gradient

    def _lower_backward_short(
        self, batch: Packed, kept: Kept, drops: Drops, context: torch.Tensor, gradient: torch.Tensor, wanted: bool
    ) -> torch.Tensor:
        """The same for a short layer: from the context's gradient [B + 1, H] and the skip's [B, H]."""
        weights, own, work, width = self.weights, self.own, self._work, self.architecture.width
        first = work("queries gradient", len(batch.first), width, dtype=self._dtype)
        keys_values = work("qkv", batch.rows, 2 * width, dtype=self._dtype)
        keys_values[batch.tokens :].zero_()
        for index, block in enumerate(batch.blocks):
            part = work("heads gradient", 2, *kept.keys[index].shape, dtype=self._dtype)
            of_queries = self._as_heads(first, block)
            self._attend_backward(kept, drops, index, self._as_heads(context, block), of_queries, part[0], part[1])
            self._join(block, part, keys_values)
        self._add.weight(own.qkv[:width], first, kept.input[batch.first])
        self._add.bias(own.qkv_bias[:width], first)
        self._add.weight(own.qkv[width:], keys_values, kept.input)
        self._add.bias(own.qkv_bias[width:], keys_values)
        if not wanted:
            return gradient
        narrow = product(keys_values, weights.qkv[width:], work("narrow", batch.rows, width, dtype=self._dtype))
        below = work("stream gradient", batch.rows, width, dtype=_FP32).copy_(narrow)
        gradient.add_(torch.mm(first, weights.qkv[:width]))
        return below.index_add_(0, batch.first, gradient)

    def _attend(
        self, batch: Packed, qkv: torch.Tensor, first: torch.Tensor | None, drops: Drops | None, slot: str
    ) -> tuple[list[torch.Tensor], list[torch.Tensor], list[torch.Tensor], list[torch.Tensor], torch.Tensor]:
        """Attention block by block: queries, keys, values and probabilities of each, and the context [Tq, H].

        Args:
            qkv: [T, 3H]; keys and values alone, [T, 2H], where the queries [B, H] are given as `first`.
        """
        work, dtype, width, heads = self._work, self._dtype, self.architecture.width, self.architecture.heads
        kinds = qkv.shape[1] // width
        places = sum(block.places for block in batch.blocks)
        store = work(f"{slot}.heads", places * kinds * width, dtype=dtype)
        scores = sum(block.places * heads * (1 if first is not None else block.length) for block in batch.blocks)
        soft = work(f"{slot}.probabilities", scores, dtype=dtype)
        context = work(f"{slot}.context", batch.rows if first is None else len(first), width, dtype=dtype)
        if first is None:
            context[batch.tokens :].zero_()
        queries, keys, values, probabilities = [], [], [], []
        for index, block in enumerate(batch.blocks):
            shape = (kinds, block.reviews * heads, block.length, width // heads)
            size = block.places * kinds * width
            part = self._split(block, qkv, kinds, block.gather_any, store[:size].view(shape))
            query = part[0] if first is None else self._as_heads(first, block)
            key, value = part[-2], part[-1]
            mine = query.shape[0] * query.shape[1] * block.length
            probability = soft[:mine].view(*query.shape[:2], block.length)
            store, soft = store[size:], soft[mine:]
            dropped = drops.attention[index] if drops is not None else None
            if first is None:
                out = work("context heads", *query.shape, dtype=dtype)
                attend(query, key, value, block.mask, dropped, probability, out, work)
                self._join(block, out[None], context)
            else:
                attend(query, key, value, block.mask, dropped, probability, self._as_heads(context, block), work)
            queries.append(query)
            keys.append(key)
            values.append(value)
            probabilities.append(probability)
        return queries, keys, values, probabilities, context

    def _attend_backward(
        self,
        kept: Kept,
        drops: Drops,
        index: int,
        context: torch.Tensor,
        queries: torch.Tensor,
        keys: torch.Tensor,
        values: torch.Tensor,
    ) -> None:
        """Gradients of block `index` from that of its context [G, Q, D], into the last three."""
        attend_backward(
            context, kept.queries[index], kept.keys[index], kept.values[index], drops.attention[index],
            kept.probabilities[index], queries, keys, values, self._work,
        )  # fmt: skip

    def _as_heads(self, rows: torch.Tensor, block: Block) -> torch.Tensor:
        """One row [H] a review, seen as [G, 1, D]: the same memory."""
        of_block = rows[block.start : block.start + block.reviews]
        return of_block.view(block.reviews * self.architecture.heads, 1, self.architecture.head_width)

    def _split(
        self, block: Block, flat: torch.Tensor, kinds: int, gather: torch.Tensor | None, out: torch.Tensor
    ) -> torch.Tensor:
        """A block's rows of [T, kinds·H] as heads [kinds, G, L, D], in `out`."""
        heads, head_width = self.architecture.heads, self.architecture.head_width
        if gather is None:
            rows = flat[block.rows]
        else:
            padded = self._work("padded", block.places, flat.shape[1], dtype=self._dtype)
            rows = torch.index_select(flat, 0, gather, out=padded)
        part = out.view(kinds, block.reviews, heads, block.length, head_width)
        part.copy_(rows.view(block.reviews, block.length, kinds, heads, head_width).permute(2, 0, 3, 1, 4))
        return out.view(kinds, block.reviews * heads, block.length, head_width)

    def _join(self, block: Block, part: torch.Tensor, out: torch.Tensor) -> None:
        """The inverse of `_split`: heads [kinds, G, L, D] into a block's rows of `out` [T, kinds·H]."""
        heads, head_width, kinds = self.architecture.heads, self.architecture.head_width, part.shape[0]
        rows = out[block.rows]
        padded = rows
        if block.scatter is not None:
            padded = self._work("padded", block.places, out.shape[1], dtype=self._dtype)
        whole = part.view(kinds, block.reviews, heads, block.length, head_width)
        padded.view(block.reviews, block.length, kinds, heads, head_width).copy_(whole.permute(1, 3, 0, 2, 4))
        if block.scatter is not None:
            torch.index_select(padded, 0, block.scatter, out=rows)
