"""Which models the native encoder supports, and why it refuses others."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
import torch
import transformers
from torch import nn

from core.encoder.architecture import NAMES, architecture_of
from core.planning.architecture import UnsupportedModelError
from tests.core.encoder.tiny import (
    FAMILIES,
    PADDING,
    POSITIONS,
    WIDTH,
    WORDS,
    Native,
    build,
    expected_logits,
    made_step,
)

SMALL: dict[str, Any] = {
    "vocab_size": WORDS,
    "hidden_size": WIDTH,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
    "max_position_embeddings": POSITIONS,
}


@pytest.mark.parametrize("family", FAMILIES)
def test_what_decides_the_computation_is_read_from_the_config(family: str) -> None:
    found = architecture_of(build(family, layers=3, heads=2, classes=5, dropout=0.2))
    assert (found.family, found.layers, found.heads) == (family, 3, 2)
    assert (found.hidden_size, found.intermediate_size) == (WIDTH, 64)
    assert (found.classes, found.vocabulary, found.padding) == (5, WORDS, PADDING[family])
    assert found.head_size == 16 and found.offset_positions == (family == "roberta")
    drops = found.dropouts
    assert (drops.embedding, drops.attention, drops.feed_forward, drops.head) == (0.2, 0.2, 0.2, 0.2)
    assert drops.projection == (0 if family == "distilbert" else 0.2)
    assert drops.before_head == (0.2 if family == "roberta" else 0)


@pytest.mark.parametrize("family", ["bert", "roberta"])
def test_the_heads_own_dropout_goes_before_the_others(family: str) -> None:
    drops = architecture_of(build(family, dropout=0.2, classifier_dropout=0.4)).dropouts
    assert drops.head == 0.4 and drops.embedding == 0.2
    assert drops.before_head == (0.4 if family == "roberta" else 0)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_names_are_those_of_the_modules_parameters(family: str) -> None:
    names = NAMES[architecture_of(build(family)).family]
    parameters = {name for name, _ in build(family).named_parameters()}
    pieces = [
        f"{names.layer.format(number)}.{piece}" for number in range(2) for piece in dataclasses.astuple(names.inside)
    ]
    pieces += [f"{names.embeddings}.LayerNorm", names.dense, names.output]
    expected = {f"{piece}.{kind}" for piece in pieces for kind in ("weight", "bias")}
    tables = ["word", "position", *(["token_type"] if names.token_types else [])]
    assert parameters == expected | {f"{names.embeddings}.{table}_embeddings.weight" for table in tables}


@pytest.mark.parametrize("name", ["XLMRoberta", "Camembert"])
def test_models_of_another_name_and_the_same_make_are_computed(name: str) -> None:
    config = getattr(transformers, f"{name}Config")(**SMALL, pad_token_id=1, num_labels=3)
    torch.manual_seed(0)
    model = getattr(transformers, f"{name}ForSequenceClassification")(config).eval()
    assert architecture_of(model).family == "roberta"
    step = made_step()
    torch.testing.assert_close(
        Native(model).logits(step.reviews), expected_logits(model, step.reviews).detach(), rtol=1e-5, atol=1e-5
    )


def refusal(model: nn.Module) -> str:
    with pytest.raises(UnsupportedModelError) as raised:
        architecture_of(model)
    return str(raised.value)


@pytest.mark.parametrize("family", FAMILIES)
def test_another_activation_is_refused(family: str) -> None:
    more: dict[str, Any] = {"activation": "relu"} if family == "distilbert" else {"hidden_act": "relu"}
    assert "relu" in refusal(build(family, **more))


@pytest.mark.parametrize("activation", ["gelu_new", "gelu_pytorch_tanh", "silu"])
def test_activations_that_are_nearly_gelu_are_refused(activation: str) -> None:
    assert activation in refusal(build("bert", hidden_act=activation))


def test_albert_is_refused() -> None:
    config = transformers.AlbertConfig(**SMALL, embedding_size=16)
    assert "AlbertForSequenceClassification" in refusal(transformers.AlbertForSequenceClassification(config))


def test_an_encoder_without_a_classifier_is_refused() -> None:
    assert "BertModel" in refusal(transformers.BertModel(transformers.BertConfig(**SMALL)))


@pytest.mark.parametrize("choice", ["is_decoder", "add_cross_attention"])
def test_a_decoder_is_refused(choice: str) -> None:
    model = build("bert")
    setattr(model.config, choice, True)
    assert "decoder" in refusal(model)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_head_that_does_not_choose_one_class_is_refused(family: str) -> None:
    assert "one class" in refusal(build(family, classes=1))
    for kind in ("multi_label_classification", "regression"):
        assert "one class" in refusal(build(family, problem_type=kind))
    assert architecture_of(build(family, problem_type="single_label_classification")).classes == 3


def test_positions_that_are_not_absolute_are_refused() -> None:
    model = build("bert")
    model.config.position_embedding_type = "relative_key"
    assert "positions" in refusal(model)


def test_a_model_with_adapters_is_refused() -> None:
    import peft

    adapted = peft.get_peft_model(build("bert"), peft.LoraConfig(target_modules=["query"], task_type="SEQ_CLS"))
    assert "Peft" in refusal(adapted)
