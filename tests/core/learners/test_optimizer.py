"""The optimizer: the peak learning rate, and which weight learns at which share of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch

from core.learners.optimizer import build_optimizer, peak_rate, set_learning_rate
from core.models.classifier import Classifier, build_classifier
from core.models.sources import ModelSource
from core.settings.optimizers import optimizer_spec
from core.settings.schema import Settings
from tests.core.optimizers import CHOICES

FAMILIES = ("bert", "distilbert", "roberta")


@pytest.mark.parametrize(
    ("settings", "rate"),
    [
        ({}, 5e-5 * 768 / 32),
        ({"lora": True}, 10 * 5e-5 * 768 / 32),
        ({"freeze_layers": "encoder"}, 1e-3),
        ({"learning_rate": 0.02}, 0.02),
        ({"learning_rate": 0.02, "lora": True}, 0.02),
    ],
    ids=str,
)
def test_auto_suits_the_models_width_and_a_number_is_taken_as_it_is(
    tiny_models: dict[str, Path], settings: dict[str, Any], rate: float
) -> None:
    for folder in tiny_models.values():
        wanted = Settings(**settings)
        classifier = build_classifier(ModelSource("tiny", folder), ("a", "b"), wanted)
        assert peak_rate(classifier, wanted) == pytest.approx(rate)


@pytest.fixture(params=FAMILIES)
def folder(request: pytest.FixtureRequest, tiny_models: dict[str, Path]) -> Path:
    return tiny_models[request.param]


def built(folder: Path, **settings: Any) -> tuple[Classifier, torch.optim.Optimizer]:
    wanted = Settings(**{"dropout": 0.0, **settings})
    classifier = build_classifier(ModelSource("tiny", folder), ("a", "b"), wanted)
    return classifier, build_optimizer(classifier, wanted)


def distance(name: str) -> int:
    """How far below the head a parameter of a two-layer model sits, by its name."""
    layer = re.search(r"\.layer\.(\d+)\.", name)
    return 2 - int(layer[1]) if layer else 3 if "embeddings" in name else 0


def deltas(folder: Path, **settings: Any) -> dict[str, torch.Tensor]:
    """What one step of plain SGD adds to each weight, all gradients being one."""
    classifier, optimizer = built(folder, optimizer="sgd", learning_rate=0.5, weight_decay=0, **settings)
    before = {name: weight.detach().clone() for name, weight in classifier.trainable().items()}
    for weight in classifier.trainable().values():
        weight.grad = torch.ones_like(weight)
    set_learning_rate(optimizer, 0.5)
    optimizer.step()
    return {name: weight.detach() - before[name] for name, weight in classifier.trainable().items()}


@pytest.mark.parametrize("decay", [1.0, 0.8])
def test_each_layer_below_the_head_learns_at_that_factor_of_the_one_above(folder: Path, decay: float) -> None:
    for name, delta in deltas(folder, layer_decay=decay).items():
        torch.testing.assert_close(delta, torch.full_like(delta, -0.5 * decay ** distance(name)), atol=1e-5, rtol=0)


def test_frozen_layers_and_decay_go_together(folder: Path) -> None:
    found = deltas(folder, layer_decay=0.5, freeze_layers=1)
    assert {distance(name) for name in found} == {0, 1}


@pytest.mark.parametrize("settings", [{}, {"layer_decay": 0.9}, {"lora": True}, {"freeze_layers": "encoder"}], ids=str)
def test_every_weight_that_learns_is_in_just_one_group(folder: Path, settings: dict[str, Any]) -> None:
    classifier, optimizer = built(folder, **settings)
    listed = [id(weight) for group in optimizer.param_groups for weight in group["params"]]
    assert sorted(listed) == sorted(id(weight) for weight in classifier.trainable().values())


def test_biases_and_normalisation_are_never_decayed_and_all_else_is(folder: Path) -> None:
    classifier, optimizer = built(folder, weight_decay=0.3)
    decays = {id(weight): group["weight_decay"] for group in optimizer.param_groups for weight in group["params"]}
    for name, weight in classifier.trainable().items():
        spared = name.endswith("bias") or "norm" in name.lower()
        assert decays[id(weight)] == (0.0 if spared else 0.3), name


@pytest.mark.parametrize(("word", "kind"), [("adamw", torch.optim.AdamW), ("sgd", torch.optim.SGD)])
def test_the_optimizer_is_the_one_asked_for(folder: Path, word: str, kind: type) -> None:
    assert isinstance(built(folder, optimizer=word)[1], kind)


@pytest.mark.parametrize("choice", CHOICES)
def test_what_it_keeps_for_each_weight_is_what_is_declared(folder: Path, choice: dict[str, Any]) -> None:
    """The memory forecast counts what is declared."""
    classifier, optimizer = built(folder, **choice)
    for weight in classifier.trainable().values():
        weight.grad = torch.ones_like(weight)
    optimizer.step()
    declared = optimizer_spec(Settings(**choice)).state
    for weight in classifier.trainable().values():
        kept = {name: value for name, value in optimizer.state[weight].items() if name != "step" and value is not None}
        assert set(kept) == set(declared)
        assert all(value.shape == weight.shape and value.dtype == torch.float32 for value in kept.values())


def test_the_schedule_acts_on_every_group_by_its_scale(folder: Path) -> None:
    _, optimizer = built(folder, layer_decay=0.5)
    for rate in (0.1, 0.025):
        set_learning_rate(optimizer, rate)
        assert {round(group["lr"] / rate, 6) for group in optimizer.param_groups} == {1, 0.5, 0.25, 0.125}
