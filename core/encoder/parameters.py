"""Which parameters a classifier has, besides its word embeddings, and which tensor of the native encoder each is in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from core.encoder.architecture import NAMES, Architecture


@dataclass
class LayerTensors:
    """The weights of one layer, or their gradients.

    Weights of matrix products, with their biases, are in the format of the products; layer norms are fp32.
    """

    qkv: torch.Tensor
    """[3H, H]"""
    qkv_bias: torch.Tensor
    out: torch.Tensor
    """[H, H]"""
    out_bias: torch.Tensor
    attention_scale: torch.Tensor
    """[H], of the layer norm after attention."""
    attention_shift: torch.Tensor
    up: torch.Tensor
    """[I, H]"""
    up_bias: torch.Tensor
    down: torch.Tensor
    """[I, H], transposed."""
    down_bias: torch.Tensor
    output_scale: torch.Tensor
    """[H], of the layer norm after the feed-forward network."""
    output_shift: torch.Tensor


@dataclass
class EmbeddingTensors:
    """The weights of the embeddings other than the word embeddings, all fp32."""

    position: torch.Tensor
    """[positions, H]"""
    token_type: torch.Tensor | None
    """[types, H]; every token of a review has type 0."""
    scale: torch.Tensor
    shift: torch.Tensor


@dataclass
class HeadTensors:
    """The weights of the classification head, all fp32: dense [H, H] and output [C, H]."""

    dense: torch.Tensor
    dense_bias: torch.Tensor
    output: torch.Tensor
    output_bias: torch.Tensor


@dataclass(frozen=True)
class Parameter:
    """A parameter of the Hugging Face module."""

    field: str
    """The tensor of `LayerTensors`, `EmbeddingTensors` or `HeadTensors` that holds it, or that it is a part of."""
    name: str
    transposed: bool = False


def parameters_of(architecture: Architecture) -> Iterator[Parameter]:
    """Yield every parameter other than the word embeddings, in the order of the flat buffers."""
    for number in range(architecture.layers):
        yield from layer_parameters(architecture, number)
    yield from embedding_parameters(architecture)
    yield from head_parameters(architecture)


def layer_parameters(architecture: Architecture, number: int) -> Iterator[Parameter]:
    """Yield the parameters of one layer; those that share a tensor follow each other."""
    names = NAMES[architecture.family]
    inside = names.inside
    base = names.layer.format(number)
    for kind, suffix in (("", "weight"), ("_bias", "bias")):
        for piece in (inside.query, inside.key, inside.value):
            yield Parameter(f"qkv{kind}", f"{base}.{piece}.{suffix}")
        yield Parameter(f"out{kind}", f"{base}.{inside.out}.{suffix}")
        yield Parameter(f"up{kind}", f"{base}.{inside.up}.{suffix}")
        yield Parameter(f"down{kind}", f"{base}.{inside.down}.{suffix}", transposed=suffix == "weight")
    for norm, field in ((inside.attention_norm, "attention"), (inside.output_norm, "output")):
        yield Parameter(f"{field}_scale", f"{base}.{norm}.weight")
        yield Parameter(f"{field}_shift", f"{base}.{norm}.bias")


def embedding_parameters(architecture: Architecture) -> Iterator[Parameter]:
    """Yield the parameters of the embeddings other than the word embeddings."""
    names = NAMES[architecture.family]
    yield Parameter("position", f"{names.embeddings}.position_embeddings.weight")
    if names.token_types:
        yield Parameter("token_type", f"{names.embeddings}.token_type_embeddings.weight")
    yield Parameter("scale", f"{names.embeddings}.LayerNorm.weight")
    yield Parameter("shift", f"{names.embeddings}.LayerNorm.bias")


def head_parameters(architecture: Architecture) -> Iterator[Parameter]:
    """Yield the parameters of the classification head."""
    names = NAMES[architecture.family]
    yield Parameter("dense", f"{names.dense}.weight")
    yield Parameter("dense_bias", f"{names.dense}.bias")
    yield Parameter("output", f"{names.output}.weight")
    yield Parameter("output_bias", f"{names.output}.bias")
