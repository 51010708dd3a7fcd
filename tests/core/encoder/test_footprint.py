"""The counted buffers are those of a real pass, to the byte."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoder.architecture import architecture_of
from core.encoder.dropout import MaskPool
from core.encoder.footprint import Buffers, classifying, largest, learning, total
from core.encoder.layout import pack
from core.encoder.network import Network
from core.encoder.weights import Weights
from core.models.layers import freeze
from tests.core.encoder.tiny import FAMILIES, LONGEST, PADDING, build, made_reviews

LAYERS = 3
LENGTHS = st.lists(st.integers(1, LONGEST), min_size=1, max_size=24)
CHOICES: dict[int, Any] = {-1: "none", 0: "embeddings", 1: 1, 2: 2}


def taken(network: Network) -> Buffers:
    found = network._workspace._buffers
    return {(name, dtype.itemsize): buffer.numel() * dtype.itemsize for (name, dtype), buffer in found.items()}


def made(
    family: str, lengths: list[int], num_frozen: int, item: int, heads: int, recompute: bool
) -> tuple[Network, Any, Any]:
    dtype = torch.bfloat16 if item == 2 else torch.float32
    model = build(family, layers=LAYERS, heads=heads, dropout=0.1)
    freeze(model, CHOICES[num_frozen])
    architecture = architecture_of(model)
    weights = Weights(model, architecture, dtype, lambda name, weight: (1.0, 0.0))
    network = Network(weights, num_frozen=num_frozen, recompute=recompute)
    reviews, offset = made_reviews(lengths), architecture.offset_positions
    batch = pack(reviews, heads, PADDING[family], offset_positions=offset, dtype=dtype)
    return network, batch, MaskPool(1, dtype, 1 << 16).masks(0, 0)


@settings(max_examples=60, deadline=None)
@given(
    family=st.sampled_from(FAMILIES),
    lengths=LENGTHS,
    num_frozen=st.sampled_from(sorted(CHOICES)),
    item=st.sampled_from([2, 4]),
    heads=st.sampled_from([1, 4, 8]),
    recompute=st.booleans(),
    given_hidden=st.booleans(),
)
def test_learning_takes_what_is_counted(
    family: str, lengths: list[int], num_frozen: int, item: int, heads: int, recompute: bool, given_hidden: bool
) -> None:
    network, batch, masks = made(family, lengths, num_frozen, item, heads, recompute)
    known = given_hidden and num_frozen > 0
    hidden = torch.randn(batch.rows, network.architecture.hidden_size) if known else None
    network.learn(batch, masks, lambda logits: logits.float().sum(), first=True, hidden=hidden)
    counted = learning(network.architecture, lengths, item, num_frozen, recompute=recompute, given=known)
    assert taken(network) == counted


@settings(max_examples=30, deadline=None)
@given(
    family=st.sampled_from(FAMILIES),
    lengths=LENGTHS,
    layers=st.sampled_from([0, 1, 2]),
    item=st.sampled_from([2, 4]),
    known=st.booleans(),
)
def test_classifying_takes_what_is_counted(
    family: str, lengths: list[int], layers: int, item: int, known: bool
) -> None:
    network, batch, _ = made(family, lengths, -1, item, 4, False)
    if known:
        network.logits_above(batch, torch.randn(batch.rows, network.architecture.hidden_size), layers)
    else:
        network.logits(batch)
    assert taken(network) == classifying(network.architecture, lengths, item, layers, given=known)


@pytest.mark.parametrize("item", [2, 4])
def test_several_passes_need_the_largest_of_each_buffer(item: int) -> None:
    """Long reviews, many short ones, and an evaluation of larger batches."""
    parts = [[60, 58, 50], [3] * 40, [20] * 16]
    network, *_ = made("bert", parts[0], -1, item, 4, False)
    for lengths in parts:
        dtype = torch.bfloat16 if item == 2 else torch.float32
        batch = pack(made_reviews(lengths), 4, 0, offset_positions=False, dtype=dtype)
        masks = MaskPool(1, dtype, 1 << 16).masks(0, 0)
        network.learn(batch, masks, lambda logits: logits.float().sum(), first=True)
        network.logits(batch)
    passes = [learning(network.architecture, lengths, item) for lengths in parts]
    passes += [classifying(network.architecture, lengths, item) for lengths in parts]
    assert taken(network) == largest(passes)
    assert network._workspace.bytes() == total(passes)
    assert np.all([size > 0 for size in largest(passes).values()])
