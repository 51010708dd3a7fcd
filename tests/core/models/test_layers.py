"""The stack: frozen weights do not change by a bit, the others are trained, and depth counts from the embeddings up."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from core.base.errors import InputError
from core.learners.optimizer import build_optimizer
from core.models.classifier import Classifier, build_classifier
from core.models.layers import depths, freeze, layer_modules
from core.models.sources import ModelSource
from core.settings.schema import Settings

FAMILIES = ("bert", "distilbert", "roberta")
WITHOUT_GRADIENT = re.compile(r"(key|k_lin)\.bias")
"""A constant added to all keys does not change attention, so the gradient of their bias is only rounding error."""


def place(name: str) -> int:
    """Where a parameter sits, by its name: 0 the embeddings, 1 and 2 the layers, 3 the head."""
    if "embeddings" in name:
        return 0
    layer = re.search(r"\.layer\.(\d+)\.", name)
    return int(layer[1]) + 1 if layer else 3


def build(family: str, tiny_models: dict[str, Path], **settings: object) -> Classifier:
    wanted = Settings.model_validate({"dropout": 0.0, **settings})
    return build_classifier(ModelSource("tiny", tiny_models[family]), ("a", "b"), wanted)


def step(classifier: Classifier, settings: Settings) -> set[str]:
    """Names of the parameters that one optimizer step changes."""
    before = {name: weight.detach().clone() for name, weight in classifier.model.named_parameters()}
    optimizer = build_optimizer(classifier, settings)
    classifier.train()
    ids = torch.randint(5, 100, (4, 60), generator=torch.Generator().manual_seed(0))
    output = classifier.model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    nn.functional.cross_entropy(output, torch.tensor([0, 1, 1, 0])).backward()
    optimizer.step()
    return {name for name, weight in classifier.model.named_parameters() if not torch.equal(before[name], weight)}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("choice", "lowest"), [("none", 0), ("embeddings", 1), (0, 1), (1, 2), (2, 3), ("encoder", 3)])
def test_a_step_changes_exactly_what_is_not_frozen(
    family: str, choice: str | int, lowest: int, tiny_models: dict[str, Path]
) -> None:
    settings = Settings(freeze_layers=choice, dropout=0.0, learning_rate=1e-3)
    classifier = build(family, tiny_models, freeze_layers=choice)
    expected = {name for name, _ in classifier.model.named_parameters() if place(name) >= lowest}
    assert classifier.trainable().keys() == expected
    changed = step(classifier, settings)
    assert changed <= expected
    assert {name for name in expected - changed if not WITHOUT_GRADIENT.search(name)} == set()


@pytest.mark.parametrize("family", FAMILIES)
def test_depth_is_counted_from_the_embeddings_to_the_head(family: str, tiny_models: dict[str, Path]) -> None:
    model = build(family, tiny_models).model
    found = depths(model)
    assert found == {name: place(name) for name, _ in model.named_parameters()}
    assert layer_modules(model).top == 3


@pytest.mark.parametrize("family", FAMILIES)
def test_frozen_modules_hold_all_frozen_weights_and_no_other(family: str, tiny_models: dict[str, Path]) -> None:
    for choice in ("none", "embeddings", 1, "encoder"):
        classifier = build(family, tiny_models, freeze_layers=choice)
        inside = {id(weight) for module in classifier.frozen for weight in module.parameters()}
        frozen = {id(weight) for weight in classifier.model.parameters() if not weight.requires_grad}
        assert inside == frozen


def test_a_normalisation_above_the_last_layer_is_frozen_with_the_encoder_only() -> None:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config = type("Config", (), {"num_hidden_layers": 2})()
            self.embeddings = nn.Embedding(4, 4)
            self.layers = nn.ModuleList(nn.Linear(4, 4) for _ in range(2))
            self.final_norm = nn.LayerNorm(4)

    for choice, frozen in ((1, False), (2, True), ("encoder", True)):
        model = Encoder()
        freeze(model, choice)
        assert model.final_norm.weight.requires_grad is not frozen


def test_a_model_whose_layers_are_one_is_refused_in_words() -> None:
    from transformers import AlbertConfig, AlbertForSequenceClassification

    config = AlbertConfig(
        vocab_size=20, embedding_size=8, hidden_size=8, num_hidden_layers=3, num_attention_heads=2, intermediate_size=8
    )
    model = AlbertForSequenceClassification(config)
    assert freeze(model, "none") == ()
    for look in (lambda: freeze(model, "encoder"), lambda: depths(model), lambda: layer_modules(model)):
        with pytest.raises(InputError, match="has no separate layers"):
            look()
