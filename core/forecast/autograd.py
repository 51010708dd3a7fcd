"""What autograd keeps of a micro-batch on the transformers path: the tensors of a layer, counted.

On a CPU attention is computed step by step; on a GPU it is fused: of its scores nothing is kept but a number for each
row, and masks of dropout are bytes. A test holds the count against what real forward passes save; that of GPUs was held
against an H100. Free of torch, as `core/encoder/footprint.py` is.

Shapes: T tokens of B reviews, all padded to the longest; H width, I inner, A heads, r LoRA's rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.planning.model_shape import ModelShape

_FP32 = 4
_LENGTH_MULTIPLE = 8
"""Reviews are padded to a multiple of so many tokens; see `core.data.tokens.collate`."""


@dataclass(frozen=True)
class Lora:
    """What LoRA adds to a layer."""

    rank: int
    drops: bool
    """Whether there is dropout before its matrices: each of the six then has an input of its own, and a mask."""


def padded(lengths: Sequence[int]) -> tuple[int, int]:
    """T, and the sum of the squared lengths, of reviews that are padded to the longest."""
    wide = -(-max(lengths, default=0) // _LENGTH_MULTIPLE) * _LENGTH_MULTIPLE
    return len(lengths) * wide, len(lengths) * wide * wide


def kept(shape: ModelShape, lengths: Sequence[int], item: int, lora: Lora | None = None, *, fused: bool = False) -> int:
    """Bytes that the backward pass of one layer needs, weights apart.

    Args:
        item: bytes of an element of products. fused: on a GPU.
    """
    tokens, squares = padded(lengths)
    width, inner = shape.hidden_size, shape.intermediate_size
    apart = lora is not None and lora.drops
    masks = width * (1 if shape.family == "distilbert" else 2)  # of dropout on the stream
    masks *= 1 if fused else item
    products = item * (3 * width + inner)  # queries, keys, values; what enters the gelu
    norms = _FP32 * 2 * (width + 2)
    inputs = (5 if item != _FP32 or apart else 3) * width + inner  # fp32: queries, keys and values share one
    more = 0
    if lora is not None:
        more = item * 6 * lora.rank
        more += (1 if fused else _FP32) * (5 * width + inner) if lora.drops else 0  # masks before its matrices
        more += item * width if fused and lora.drops else 0  # what attention gives, apart from what goes on
    whole = tokens * (products + masks + norms + item * inputs + more)
    if fused:
        return whole + tokens * shape.heads * _FP32
    return whole + squares * shape.heads * (_FP32 + 2 * item)  # the softmax in fp32, its dropout mask, their product


def embedding(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Bytes that the embeddings' backward pass needs: what they normalise, and a mask."""
    return padded(lengths)[0] * _FP32 * 2 * shape.hidden_size


def stream(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Bytes of a layer's input: all that is kept of it where it is computed a second time."""
    return padded(lengths)[0] * _FP32 * shape.hidden_size


def passing(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Bytes that come and go while one layer is computed backward."""
    return padded(lengths)[0] * _FP32 * (4 * shape.hidden_size + 2 * shape.intermediate_size)


def forward(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Bytes that come and go in a layer when nothing is kept."""
    tokens, squares = padded(lengths)
    return tokens * _FP32 * (8 * shape.hidden_size + 2 * shape.intermediate_size) + squares * shape.heads * 2 * _FP32


def fused_embedding(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Bytes that the embeddings keep on a GPU, with the last layer's output, whose first tokens the head reads."""
    return padded(lengths)[0] * (2 * _FP32 + 1) * shape.hidden_size


def fused_passing(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Bytes that come and go while one layer is computed backward on a GPU."""
    return padded(lengths)[0] * _FP32 * (3 * shape.hidden_size + shape.intermediate_size)


def fused_forward(shape: ModelShape, lengths: Sequence[int], item: int) -> int:
    """Bytes that come and go in a layer on a GPU when nothing is kept."""
    copies = item * shape.hidden_size if item != _FP32 else 0
    return padded(lengths)[0] * (_FP32 * 3 * shape.hidden_size + item * 2 * shape.intermediate_size + copies)
