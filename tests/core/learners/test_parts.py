"""Every trained parameter belongs to one part, and parts are named from the bottom up, whatever the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import transformers

from core.learners.parts import parts_of
from core.models.classifier import build_classifier
from core.models.sources import ModelSource
from core.settings.schema import Settings

ALL = ("embeddings", "layer 1", "layer 2", "head")


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({}, ALL),
        ({"freeze_layers": "embeddings"}, ALL[1:]),
        ({"freeze_layers": 1}, ALL[2:]),
        ({"freeze_layers": "encoder"}, ALL[3:]),
        ({"lora": True}, ALL[1:]),
    ],
    ids=str,
)
def test_only_what_is_trained_has_a_part(
    family: str, settings: dict[str, Any], names: tuple[str, ...], tiny_models: dict[str, Path]
) -> None:
    classifier = build_classifier(ModelSource("tiny", tiny_models[family]), ("a", "b"), Settings(**settings))
    parts = parts_of(classifier.model, classifier.trainable())
    assert parts.names == names and parts.of.keys() == classifier.trainable().keys()
    for name, place in parts.of.items():
        if ".layer." in name:
            assert parts.names[place] == f"layer {int(name.split('.layer.')[1].split('.')[0]) + 1}"
        elif "embeddings" in name:
            assert parts.names[place] == "embeddings"
        else:
            assert parts.names[place] == "head"


def test_layers_that_share_their_weights_are_one_part() -> None:
    sizes: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4}
    config = transformers.AlbertConfig(vocab_size=90, embedding_size=16, intermediate_size=64, **sizes)
    model = transformers.AlbertForSequenceClassification(config)
    parts = parts_of(model, dict(model.named_parameters()))
    assert parts.names == ("embeddings", "layers", "head")
    assert {name.split(".")[1] for name, place in parts.of.items() if place == 1} == {"encoder"}


def test_a_model_of_which_nothing_is_trained_has_no_parts(tiny_models: dict[str, Path]) -> None:
    classifier = build_classifier(ModelSource("tiny", tiny_models["bert"]), ("a", "b"), Settings())
    assert parts_of(classifier.model, ()).names == ()
