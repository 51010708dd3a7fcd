"""How many bytes of buffers a micro-batch needs, counted from the buffers that network.py and its parts allocate.

It does not import torch, so that a forecast can be made while settings are edited. A test compares every buffer, to
the byte, with the `Workspace` of a real pass.

Shapes: T packed rows of B reviews; Tq = T, or B in the last layer, which computes only first tokens; H hidden size,
I intermediate size, A heads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.encoder.blocks import block_sizes, packed_rows

Buffers = dict[tuple[str, int], int]
"""Bytes, by name and bytes per element: buffers of the same name in fp32 and in bf16 are two."""

_FP32 = 4


class Sizes(Protocol):
    """The sizes of an architecture that decide how much memory it needs."""

    @property
    def layers(self) -> int: ...
    @property
    def hidden_size(self) -> int: ...
    @property
    def heads(self) -> int: ...
    @property
    def intermediate_size(self) -> int: ...


def total(several: Iterable[Buffers]) -> int:
    """Return the bytes of buffers that are shared by several passes."""
    return sum(largest(several).values())


def largest(several: Iterable[Buffers]) -> Buffers:
    """Return each buffer at the largest size that one of several passes needs."""
    found: Buffers = {}
    for buffers in several:
        for key, size in buffers.items():
            found[key] = max(found.get(key, 0), size)
    return found


def learning(
    sizes: Sizes,
    lengths: Sequence[int],
    item: int,
    num_frozen: int = -1,
    *,
    recompute: bool = False,
    given: bool = False,
) -> Buffers:
    """Return the buffers of `Network.learn` for reviews of [B] `lengths`.

    Args:
        item: Bytes per element in the format of the products, 2 or 4.
        num_frozen: Lowest layers that are frozen, along with the embeddings; −1 if nothing is frozen.
        given: Whether the output of the frozen layers is known.
    """
    one = _Pass(sizes, lengths, item)
    frozen = max(num_frozen, 0)
    if not given:
        one.embed()
        for number in range(frozen):
            one.forward("0", number)
    trainable = range(frozen, sizes.layers)
    for number in trainable:
        if recompute:
            one.add(f"{number}.hidden", one.rows, sizes.hidden_size, _FP32)
        one.forward("0" if recompute else str(number), number)
    for number in trainable:
        one.backward(number, input_grad=number > frozen or num_frozen < 0)
    return one.buffers


def classifying(sizes: Sizes, lengths: Sequence[int], item: int, layers: int = 0, *, given: bool = False) -> Buffers:
    """Return the buffers of `Network.logits`, or of `logits_above` if the output of the lowest `layers` is `given`."""
    one = _Pass(sizes, lengths, item)
    if not given:
        one.embed()
    for number in range(layers if given else 0, sizes.layers):
        one.forward("0", number)
    return one.buffers


class _Pass:
    """Adds up the buffers of one pass."""

    def __init__(self, sizes: Sizes, lengths: Sequence[int], item: int) -> None:
        self.buffers: Buffers = {}
        self._sizes, self._item = sizes, item
        self._reviews = len(lengths)
        self.rows = packed_rows(sum(lengths), len(lengths))
        blocks = block_sizes(lengths, sizes.heads)
        self._padded_tokens = sum(count * length for count, length in blocks)
        self._largest_block = max(count * length for count, length in blocks)
        self._largest_padded, start = 0, 0
        for count, length in blocks:
            if any(review != length for review in lengths[start : start + count]):
                self._largest_padded = max(self._largest_padded, count * length)
            start += count
        self._scores = sizes.heads * sum(count * length * length for count, length in blocks)
        self._block_scores = sizes.heads * max(count * length * length for count, length in blocks)

    def add(self, name: str, rows: int, columns: int, item: int | None = None) -> None:
        size = item or self._item
        self.buffers[name, size] = max(self.buffers.get((name, size), 0), rows * columns * size)

    def embed(self) -> None:
        for name in ("embedded", "hidden grad", "hidden"):
            self.add(name, self.rows, self._sizes.hidden_size, _FP32)
        self.add("embedded stats", self.rows, 2, _FP32)

    def forward(self, slot: str, number: int) -> None:
        """Add the forward pass of layer `number`, which keeps its activations in buffers named after `slot`."""
        hidden_size, heads = self._sizes.hidden_size, self._sizes.heads
        first_only = number == self._sizes.layers - 1
        rows, kinds = (self._reviews, 2) if first_only else (self.rows, 3)
        self.add(f"{slot}.input", self.rows, hidden_size)
        self.add("qkv", self.rows, kinds * hidden_size)
        self.add(f"{slot}.heads", self._padded_tokens, kinds * hidden_size)
        self.add(f"{slot}.probabilities", self._padded_tokens * heads if first_only else self._scores, 1)
        self.add(f"{slot}.context", rows, hidden_size)
        self._pad(kinds)
        self._attend(first_only)
        if first_only:
            self.add(f"{slot}.first", rows, hidden_size)
            self.add("output", rows, hidden_size, _FP32)
        else:
            self._pad(1)
            self.add("context heads", self._largest_block, hidden_size)
        for name in ("attention", "output"):
            self.add(f"{slot}.{name}_sum", rows, hidden_size, _FP32)
            self.add(f"{slot}.{name}_stats", rows, 2, _FP32)
        self.add(f"{slot}.attention_output", rows, hidden_size)
        for name in ("up", "activated"):
            self.add(f"{slot}.{name}", rows, self._sizes.intermediate_size)
        self.add("projected", rows, hidden_size)
        self.add("normed", rows, hidden_size, _FP32)

    def backward(self, number: int, *, input_grad: bool) -> None:
        """Add the backward pass of layer `number`, with or without the gradient of its input."""
        hidden_size = self._sizes.hidden_size
        first_only = number == self._sizes.layers - 1
        rows, kinds = (self._reviews, 2) if first_only else (self.rows, 3)
        self.add("sum grad", rows, hidden_size, _FP32)
        self.add("projected", rows, hidden_size)
        self.add("up grad", rows, self._sizes.intermediate_size)
        self.add("context grad", rows + 1, hidden_size)
        for name in ("scale grad", "shift grad"):
            self.add(name, 1, hidden_size, _FP32)
        self.add("qkv", self.rows, kinds * hidden_size)
        self.add("heads grad", self._largest_block, kinds * hidden_size)
        self._pad(kinds)
        self._attend(first_only)
        if first_only:
            self.add("queries grad", rows, hidden_size)
        else:
            self._pad(1)
            self.add("context heads", self._largest_block, hidden_size)
        if input_grad:
            self.add("projected", self.rows, hidden_size)
        if input_grad and first_only:
            self.add("hidden grad", self.rows, hidden_size, _FP32)

    def _pad(self, kinds: int) -> None:
        if self._largest_padded:
            self.add("padded", self._largest_padded, kinds * self._sizes.hidden_size)

    def _attend(self, first_only: bool) -> None:
        """Add the scores of the largest block; in bf16, their softmax is fp32 and needs two more buffers."""
        scores = self._largest_block * self._sizes.heads if first_only else self._block_scores
        self.add("scores", scores, 1)
        if self._item != _FP32:
            self.add("scores", scores, 1, _FP32)
            self.add("softmax", scores, 1, _FP32)
