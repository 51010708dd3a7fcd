"""What autograd keeps is counted: held against what forward passes of real modules save, byte by byte."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.autograd.graph import saved_tensors_hooks

from core.forecast import autograd
from core.models.classifier import _with_lora
from core.models.device import autocast
from core.models.dropout import ATTENTION, install, register_attention
from core.planning.model_shape import shape_of
from core.settings.schema import Settings
from tests.core.planning.test_model_shape import made

PRECISIONS = {"fp32": 4, "bf16": 2}


def classifier(family: str, layers: int, lora: bool, drops: bool) -> Any:
    """As `core.models.classifier` builds it for a CPU."""
    with torch.device("meta"):
        model = made(family, layers, 2, 8, 40, 2)
    model = model.to_empty(device="cpu")
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.zero_()
    install(model)
    register_attention()
    model.set_attn_implementation(ATTENTION)
    if lora:
        model = _with_lora(model, Settings(lora=True, lora_rank=3, lora_dropout=0.1 if drops else 0.0))
    return model.train()


def saved(model: Any, reviews: int, length: int, precision: str) -> int:
    """Bytes that a forward pass keeps for the way back, besides the module's own weights."""
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.full((reviews, length), 2)
    with saved_tensors_hooks(pack, lambda tensor: tensor), autocast(torch.device("cpu"), precision):
        model(input_ids=ids, attention_mask=torch.ones_like(ids))
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


@settings(max_examples=20, deadline=None)
@given(
    family=st.sampled_from(["bert", "roberta", "distilbert"]),
    precision=st.sampled_from(sorted(PRECISIONS)),
    lora=st.booleans(),
    drops=st.booleans(),
    reviews=st.integers(1, 5),
    length=st.sampled_from([8, 16, 32]),
)
def test_what_a_layer_keeps_is_counted(
    family: str, precision: str, lora: bool, drops: bool, reviews: int, length: int
) -> None:
    """Of one more layer and of reviews as many again: what embeddings, head and autocast have apart falls away."""
    grown = []
    for layers in (2, 3):
        model = classifier(family, layers, lora, drops)
        grown.append(saved(model, 2 * reviews, length, precision) - saved(model, reviews, length, precision))
    shape = shape_of(made(family, 2, 2, 8, 40, 2).config.to_dict(), 2)
    counted = autograd.kept(shape, [length] * reviews, PRECISIONS[precision], autograd.Lora(3, drops) if lora else None)
    assert counted == pytest.approx(grown[1] - grown[0], rel=0.02)


@given(lengths=st.lists(st.integers(1, 60), min_size=1, max_size=9))
def test_reviews_are_padded_as_training_pads_them(lengths: list[int]) -> None:
    import numpy as np

    from core.data.tokens import SpecialTokens, collate

    ids, _ = collate([np.arange(length) for length in lengths], SpecialTokens((), (), 0, 512, "head"))
    assert autograd.padded(lengths) == (ids.size, ids.size * ids.shape[1])
