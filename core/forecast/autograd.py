"""Counts the bytes that autograd keeps for a micro-batch on the transformers path, layer by layer.

On a CPU attention is computed step by step. On a GPU it is fused: only one number per row of the scores is kept, and
dropout masks take one byte per element. A test compares the CPU count with what real forward passes save; the GPU count
was compared with an H100. Like `core/encoder/footprint.py`, this module does not import torch.

Shapes: T tokens of B reviews, all padded to the longest; H width, I inner width, A heads, r rank of LoRA.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.planning.model_shape import ModelShape

_FP32 = 4
_LENGTH_MULTIPLE = 8
"""Reviews are padded to a multiple of this many tokens; see `core.data.tokens.collate`."""


@dataclass(frozen=True)
class Lora:
    """What LoRA adds to a layer."""

    rank: int
    drops: bool
    """Whether dropout precedes its matrices. Each of the six then has its own input and mask."""


def padded(lengths: Sequence[int]) -> tuple[int, int]:
    """Return T and the sum of the squared lengths of reviews that are padded to the longest."""
    wide = -(-max(lengths, default=0) // _LENGTH_MULTIPLE) * _LENGTH_MULTIPLE
    return len(lengths) * wide, len(lengths) * wide * wide


def kept(shape: ModelShape, lengths: Sequence[int], item: int, lora: Lora | None = None, *, fused: bool = False) -> int:
    """Return the bytes that one layer keeps for its backward pass, not counting weights.

    Args:
        item: Bytes per element of the matrix products.
        fused: Whether attention is fused, as it is on a GPU.
    """
    tokens, squares = padded(lengths)
    width, inner = shape.hidden_size, shape.intermediate_size
    own_inputs = lora is not None and lora.drops
    masks = width * (1 if shape.family == "distilbert" else 2)  # dropout of the residual stream
    masks *= 1 if fused else item
    products = item * (3 * width + inner)  # queries, keys, values; the input of the GELU
    norms = _FP32 * 2 * (width + 2)
    inputs = (5 if item != _FP32 or own_inputs else 3) * width + inner  # in fp32 queries, keys and values share one
    added = 0
    if lora is not None:
        added = item * 6 * lora.rank
        added += (1 if fused else _FP32) * (5 * width + inner) if lora.drops else 0  # masks before its matrices
        added += item * width if fused and lora.drops else 0  # attention's output, beside its copy after dropout
    total = tokens * (products + masks + norms + item * inputs + added)
    if fused:
        return total + tokens * shape.heads * _FP32
    return total + squares * shape.heads * (_FP32 + 2 * item)  # the softmax in fp32, its dropout mask, their product


def embedding(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Return the bytes that the embeddings keep for their backward pass: the input of the normalization and a mask."""
    return padded(lengths)[0] * _FP32 * 2 * shape.hidden_size


def stream(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Return the bytes of a layer's input, which is all that is kept of a layer whose activations are recomputed."""
    return padded(lengths)[0] * _FP32 * shape.hidden_size


def passing(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Return the temporary bytes of one layer's backward pass."""
    return padded(lengths)[0] * _FP32 * (4 * shape.hidden_size + 2 * shape.intermediate_size)


def forward(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Return the temporary bytes of one layer's forward pass, when nothing is kept."""
    tokens, squares = padded(lengths)
    return tokens * _FP32 * (8 * shape.hidden_size + 2 * shape.intermediate_size) + squares * shape.heads * 2 * _FP32


def fused_embedding(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Return the bytes that the embeddings keep on a GPU, including the last layer's output, which the head reads."""
    return padded(lengths)[0] * (2 * _FP32 + 1) * shape.hidden_size


def fused_passing(shape: ModelShape, lengths: Sequence[int]) -> int:
    """Return the temporary bytes of one layer's backward pass on a GPU."""
    return padded(lengths)[0] * _FP32 * (3 * shape.hidden_size + shape.intermediate_size)


def fused_forward(shape: ModelShape, lengths: Sequence[int], item: int) -> int:
    """Return the temporary bytes of one layer's forward pass on a GPU, when nothing is kept."""
    copies = item * shape.hidden_size if item != _FP32 else 0
    return padded(lengths)[0] * (_FP32 * 3 * shape.hidden_size + item * 2 * shape.intermediate_size + copies)
