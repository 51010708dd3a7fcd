"""How many bytes of buffers a micro-batch needs: the names and shapes of `network.py`, `layer.py` and `attention.py`.

Counted, not measured, and without torch, so that a forecast can be made while settings are edited. A test holds every
buffer here against the `Workspace` of a real pass, to the byte.

Shapes: T packed rows of B reviews, Tq = T or, in the short layer on top, B; H width, I inner, A heads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from core.encoder.blocks import block_sizes, packed_rows

Buffers = dict[tuple[str, int], int]
"""Bytes by name and size of an element; one in fp32 and one in bf16 of the same name are two."""

_FP32 = 4


class Sizes(Protocol):
    """What of an architecture decides how much it needs."""

    @property
    def layers(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def heads(self) -> int: ...
    @property
    def inner(self) -> int: ...


def total(several: Iterable[Buffers]) -> int:
    """Bytes of buffers that serve all of `several` passes: each is as large as the largest of them needs it."""
    return sum(largest(several).values())


def largest(several: Iterable[Buffers]) -> Buffers:
    """The largest of each buffer."""
    found: Buffers = {}
    for buffers in several:
        for key, size in buffers.items():
            found[key] = max(found.get(key, 0), size)
    return found


def learning(
    sizes: Sizes, lengths: Sequence[int], item: int, boundary: int = -1, *, recompute: bool = False, given: bool = False
) -> Buffers:
    """The buffers of `Network.learn` for reviews of [B] `lengths`.

    Args:
        item: bytes of an element in the products' format, 2 or 4.
        boundary: lowest layers that are frozen, with the embeddings; -1 where those learn.
        given: what leaves the frozen layers is known.
    """
    one = _Pass(sizes, lengths, item)
    frozen = max(boundary, 0)
    if not given:
        one.embed()
        for number in range(frozen):
            one.forward("0", number)
    learned = range(frozen, sizes.layers)
    for number in learned:
        if recompute:
            one.add(f"{number}.stream", one.rows, sizes.width, _FP32)
        one.forward("0" if recompute else str(number), number)
    for number in learned:
        one.backward(number, wanted=number > frozen or boundary < 0)
    return one.buffers


def classifying(sizes: Sizes, lengths: Sequence[int], item: int, layers: int = 0, *, given: bool = False) -> Buffers:
    """The buffers of `Network.logits`; of `logits_above` those `layers` where what leaves them is `given`."""
    one = _Pass(sizes, lengths, item)
    if not given:
        one.embed()
    for number in range(layers if given else 0, sizes.layers):
        one.forward("0", number)
    return one.buffers


class _Pass:
    """Adds up what one pass asks of a workspace."""

    def __init__(self, sizes: Sizes, lengths: Sequence[int], item: int) -> None:
        self.buffers: Buffers = {}
        self._sizes, self._item = sizes, item
        self._reviews = len(lengths)
        self.rows = packed_rows(sum(lengths), len(lengths))
        blocks = block_sizes(lengths, sizes.heads)
        self._places = sum(count * length for count, length in blocks)
        self._most_places = max(count * length for count, length in blocks)
        self._padded_places, start = 0, 0
        for count, length in blocks:
            if any(own != length for own in lengths[start : start + count]):
                self._padded_places = max(self._padded_places, count * length)
            start += count
        self._scores = sizes.heads * sum(count * length * length for count, length in blocks)
        self._block_scores = sizes.heads * max(count * length * length for count, length in blocks)

    def add(self, name: str, rows: int, columns: int, item: int | None = None) -> None:
        size = item or self._item
        self.buffers[name, size] = max(self.buffers.get((name, size), 0), rows * columns * size)

    def embed(self) -> None:
        for name in ("embedded", "stream gradient", "stream"):
            self.add(name, self.rows, self._sizes.width, _FP32)
        self.add("embedded rows", self.rows, 2, _FP32)

    def forward(self, slot: str, number: int) -> None:
        """Layer `number`, what it keeps in buffers named by `slot`."""
        width, inner, heads = self._sizes.width, self._sizes.inner, self._sizes.heads
        short = number == self._sizes.layers - 1
        rows, kinds = (self._reviews, 2) if short else (self.rows, 3)
        self.add(f"{slot}.input", self.rows, width)
        self.add("qkv", self.rows, kinds * width)
        self.add(f"{slot}.heads", self._places, kinds * width)
        self.add(f"{slot}.probabilities", self._places * heads if short else self._scores, 1)
        self.add(f"{slot}.context", rows, width)
        self._pad(kinds)
        self._attend(short)
        if short:
            self.add(f"{slot}.first", rows, width)
            self.add("leaving", rows, width, _FP32)
        else:
            self._pad(1)
            self.add("context heads", self._most_places, width)
        for name in ("attended", "fed"):
            self.add(f"{slot}.{name}", rows, width, _FP32)
            self.add(f"{slot}.{name} rows", rows, 2, _FP32)
        self.add(f"{slot}.middle", rows, width)
        for name in ("up", "active"):
            self.add(f"{slot}.{name}", rows, inner)
        self.add("narrow", rows, width)
        self.add("middle", rows, width, _FP32)

    def backward(self, number: int, *, wanted: bool) -> None:
        """Layer `number`; `wanted` is the gradient of its input."""
        width = self._sizes.width
        short = number == self._sizes.layers - 1
        rows, kinds = (self._reviews, 2) if short else (self.rows, 3)
        self.add("through", rows, width, _FP32)
        self.add("narrow", rows, width)
        self.add("wide", rows, self._sizes.inner)
        self.add("context gradient", rows + 1, width)
        for name in ("scale gradient", "shift gradient"):
            self.add(name, 1, width, _FP32)
        self.add("qkv", self.rows, kinds * width)
        self.add("heads gradient", self._most_places, kinds * width)
        self._pad(kinds)
        self._attend(short)
        if short:
            self.add("queries gradient", rows, width)
        else:
            self._pad(1)
            self.add("context heads", self._most_places, width)
        if wanted:
            self.add("narrow", self.rows, width)
        if wanted and short:
            self.add("stream gradient", self.rows, width, _FP32)

    def _pad(self, kinds: int) -> None:
        if self._padded_places:
            self.add("padded", self._padded_places, kinds * self._sizes.width)

    def _attend(self, short: bool) -> None:
        """Scores of the largest block; in bf16 their softmax is fp32 and needs two more."""
        scores = self._most_places * self._sizes.heads if short else self._block_scores
        self.add("scores", scores, 1)
        if self._item != _FP32:
            self.add("scores", scores, 1, _FP32)
            self.add("softmax", scores, 1, _FP32)
