"""The numbers of a shape are those of the real model."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import transformers
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.models.layers import freeze
from core.planning.model_shape import shape_of
from core.settings.schema import Settings

KINDS: dict[str, tuple[Any, Any]] = {
    "bert": (transformers.BertConfig, transformers.BertForSequenceClassification),
    "roberta": (transformers.RobertaConfig, transformers.RobertaForSequenceClassification),
    "distilbert": (transformers.DistilBertConfig, transformers.DistilBertForSequenceClassification),
}


def made(family: str, layers: int, heads: int, head_size: int, inner: int, classes: int) -> Any:
    names = {"hidden_size": heads * head_size, "num_hidden_layers": layers, "num_attention_heads": heads}
    names |= {"intermediate_size": inner}
    if family == "distilbert":
        names = {"dim": heads * head_size, "n_layers": layers, "n_heads": heads, "hidden_dim": inner}
    config, kind = KINDS[family]
    with torch.device("meta"):
        return kind(config(vocab_size=97, max_position_embeddings=40, pad_token_id=1, num_labels=classes, **names))


@settings(max_examples=25, deadline=None)
@given(
    family=st.sampled_from(sorted(KINDS)),
    layers=st.integers(1, 4),
    heads=st.integers(1, 4),
    head_size=st.sampled_from([4, 8]),
    inner=st.integers(3, 70),
    classes=st.integers(2, 5),
    choice=st.sampled_from(["none", "embeddings", 1, "encoder"]),
)
def test_weights_and_those_that_learn_are_counted(
    family: str, layers: int, heads: int, head_size: int, inner: int, classes: int, choice: Any
) -> None:
    model = made(family, layers, heads, head_size, inner, classes)
    shape = shape_of(model.config.to_dict(), classes)
    assert shape.weights == sum(weight.numel() for weight in model.parameters())
    try:
        freeze(model, choice)
    except InputError:
        return
    learn = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    assert shape.learning(Settings(freeze_layers=choice)) == learn
    assert (shape.layers, shape.heads) == (layers, heads)
    assert (shape.hidden_size, shape.intermediate_size) == (heads * head_size, inner)


@pytest.mark.parametrize("rank", [1, 8])
@pytest.mark.parametrize("family", sorted(KINDS))
def test_loras_weights_are_counted(family: str, rank: int) -> None:
    from core.models.classifier import _with_lora

    model = made(family, 3, 2, 8, 40, 3)
    settings = Settings(lora=True, lora_rank=rank)
    wrapped = _with_lora(model, settings)
    learn = sum(weight.numel() for weight in wrapped.parameters() if weight.requires_grad)
    assert shape_of(model.config.to_dict(), 3).learning(settings) == learn


@pytest.mark.parametrize(
    "change",
    [
        {"model_type": "modernbert"},
        {"hidden_act": "relu"},
        {"is_decoder": True},
        {"position_embedding_type": "relative_key"},
    ],
)
def test_what_the_native_encoder_does_not_compute_is_another_family(change: dict[str, Any]) -> None:
    config = {**made("bert", 2, 2, 8, 40, 2).config.to_dict(), **change}
    shape = shape_of(config, 2, weights=1234)
    assert shape.family == "other"
    assert shape.weights == 1234 + shape.head


@pytest.mark.parametrize("config", [{}, {"model_type": None, "hidden_size": 8}, {"dropout": "much"}])
def test_a_strange_config_ends_in_numbers_all_the_same(config: dict[str, Any]) -> None:
    assert shape_of(config, 2).weights >= 0
