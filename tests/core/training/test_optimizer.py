"""The learning rate of every step, and which weight learns at which share of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from core.models.classifier import Classifier, build_classifier
from core.models.sources import ModelSource
from core.settings import Settings
from core.training.optimizer import build_optimizer, peak_rate, rate_at, set_learning_rate

FAMILIES = ("bert", "distilbert", "roberta")
RATIOS = st.sampled_from([0.0, 0.06, 0.1, 0.5, 0.9])
STEPS = st.integers(2, 500)


def rates(steps: int, *, learning_rate: float, **settings: Any) -> list[float]:
    wanted = Settings(**settings)
    return [rate_at(step, steps, learning_rate, wanted) for step in range(steps + 1)]


@given(STEPS, RATIOS, st.sampled_from(["linear", "cosine", "constant"]))
def test_the_rate_rises_from_above_zero_to_its_peak_and_never_rises_again(
    steps: int, ratio: float, schedule: str
) -> None:
    found = rates(steps, warmup_ratio=ratio, schedule=schedule, learning_rate=0.01)
    top = found.index(max(found))
    assert found[:top] == sorted(found[:top]) and found[0] > 0
    assert found[top:] == sorted(found[top:], reverse=True)
    assert 0.95 * 0.01 <= max(found) <= 0.01 or steps < 40
    assert max(found) <= 0.01 and top <= ratio * steps + 1


@given(STEPS, RATIOS, st.sampled_from(["linear", "cosine"]))
def test_linear_and_cosine_end_at_zero_and_not_before(steps: int, ratio: float, schedule: str) -> None:
    assume(steps * (1 - ratio) >= 1)
    found = rates(steps, warmup_ratio=ratio, schedule=schedule, learning_rate=0.01)
    assert found[-1] == pytest.approx(0, abs=1e-12) and min(found[:-1]) > 0


@given(STEPS, RATIOS)
def test_constant_stays_at_its_peak_after_the_warm_up(steps: int, ratio: float) -> None:
    found = rates(steps, warmup_ratio=ratio, schedule="constant", learning_rate=0.01)
    assert set(found[int(ratio * steps) + 1 :]) == {0.01}


def test_rates_by_hand() -> None:
    assert rates(4, warmup_ratio=0, schedule="linear", learning_rate=0.8) == pytest.approx([0.8, 0.6, 0.4, 0.2, 0])
    assert rates(4, warmup_ratio=0, schedule="cosine", learning_rate=0.8)[2] == pytest.approx(0.4)
    warm = rates(10, warmup_ratio=0.3, schedule="linear", learning_rate=0.4)
    assert warm[:4] == pytest.approx([0.1, 0.2, 0.3, 0.4]) and warm[9] == pytest.approx(0.4 / 7)
    assert rates(3, warmup_ratio=1, schedule="linear", learning_rate=0.4)[:3] == pytest.approx([0.1, 0.2, 0.3])


@given(STEPS, RATIOS, st.sampled_from(["linear", "cosine", "constant"]), st.randoms())
def test_the_rate_of_a_step_depends_on_no_other_step(steps: int, ratio: float, schedule: str, order: Any) -> None:
    wanted = Settings(warmup_ratio=ratio, schedule=schedule)  # type: ignore[arg-type]
    in_order = [rate_at(step, steps, 0.01, wanted) for step in range(steps)]
    shuffled = list(range(steps))
    order.shuffle(shuffled)
    assert {step: rate_at(step, steps, 0.01, wanted) for step in shuffled} == dict(enumerate(in_order))


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


def test_the_schedule_acts_on_every_group_by_its_scale(folder: Path) -> None:
    _, optimizer = built(folder, layer_decay=0.5)
    for rate in (0.1, 0.025):
        set_learning_rate(optimizer, rate)
        assert {round(group["lr"] / rate, 6) for group in optimizer.param_groups} == {1, 0.5, 0.25, 0.125}
