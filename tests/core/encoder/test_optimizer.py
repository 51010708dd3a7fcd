"""The flat optimizer does what torch's own do to the Hugging Face module, including words that never occur."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from core.encoder.optimizer import FlatOptimizer
from core.models.layers import depths, layer_modules
from core.settings.optimizers import optimizer_spec
from core.settings.schema import Settings
from tests.core.encoder.tiny import (
    FAMILIES,
    WIDTH,
    WORDS,
    Group,
    Native,
    Step,
    assert_gradients,
    assert_same,
    build,
    expected_gradients,
    made_step,
    values,
)
from tests.core.optimizers import CHOICES, EVERY

RATE = 2e-3
ADAMW, SGD = {"optimizer": "adamw"}, {"optimizer": "sgd"}
# Words 5 to 29 are seen from the first step on, 50 to 69 in the fourth for the first time, the others never.
STEPS = [made_step(seed=seed, words=(50, 70) if seed == 3 else (5, 30), cuts=(2,)) for seed in range(6)]


def layer_wise(model: Any, factor: float = 0.8, decay: float = 0.1) -> Group:
    """Rates that shrink from layer to layer, and weight decay for matrices."""
    depth, top = depths(model), layer_modules(model).top
    return lambda name, weight: (factor ** (top - depth[name]), decay if weight.ndim > 1 else 0.0)


def flat(native: Native, choice: dict[str, Any]) -> FlatOptimizer:
    return FlatOptimizer(native.weights, optimizer_spec(Settings(**choice)))


def torchs(model: Any, groups: Group, choice: dict[str, Any]) -> torch.optim.Optimizer:
    listed = []
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            scale, decay = groups(name, weight)
            listed.append({"params": [weight], "lr": 0.0, "weight_decay": decay, "scale": scale})
    options = {name: value for name, value in choice.items() if name != "optimizer"}
    if choice["optimizer"] == "adamw":
        return torch.optim.AdamW(listed)
    return torch.optim.SGD(listed, **options)


def torchs_update(
    optimizer: torch.optim.Optimizer, weights: list[nn.Parameter], rate: float, max_norm: float | None
) -> float:
    norm = nn.utils.clip_grad_norm_(weights, max_norm if max_norm else float("inf"))
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]
    optimizer.step()
    return float(norm)


def assert_close(found: dict[str, torch.Tensor], expected: dict[str, torch.Tensor], tolerance: float) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        assert float((found[name] - value).abs().max()) <= tolerance, name


@pytest.mark.parametrize("max_norm", [None, 0.5, 1000.0])
@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("family", FAMILIES)
def test_steps_equal_torchs_on_the_same_gradients(family: str, choice: dict[str, Any], max_norm: float | None) -> None:
    model = build(family)
    groups = layer_wise(model)
    native = Native(model, groups=groups)
    mine, theirs = flat(native, choice), torchs(model, groups, choice)
    for number, step in enumerate(STEPS):
        native.learn(step, number)
        for name, gradient in native.gradients().items():
            model.get_parameter(name).grad = gradient
        rate = RATE * (number + 1)
        norm = torchs_update(theirs, list(model.parameters()), rate, max_norm)
        assert mine.update(rate, max_norm) == pytest.approx(norm, rel=1e-5)
    assert native.weights.rows < WORDS - 30
    assert_close(native.released(), values(model), 1e-6)


@pytest.mark.parametrize("limit_rows", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_training_by_sgd_equals_training_the_module(family: str, limit_rows: bool) -> None:
    model = build(family)
    groups = layer_wise(model)
    native = Native(model, groups=groups, limit_rows=limit_rows)
    mine, theirs = flat(native, SGD), torchs(model, groups, SGD)
    for number, step in enumerate(STEPS):
        loss, _ = expected_gradients(model, step)
        assert native.learn(step, number).item() == pytest.approx(loss.item(), rel=1e-5)
        torchs_update(theirs, list(model.parameters()), 10 * RATE, 1.0)
        mine.update(10 * RATE, 1.0)
    assert_close(native.released(), values(model), 1e-6)


@pytest.mark.parametrize("family", FAMILIES)
def test_training_by_adamw_follows_training_the_module(family: str) -> None:
    """Not to the last digit: Adam makes a full step even if a gradient is only rounding error."""
    model = build(family)
    groups = layer_wise(model)
    native = Native(model, groups=groups)
    mine, theirs = flat(native, ADAMW), torchs(model, groups, ADAMW)
    first = 0.0
    for number, step in enumerate([STEPS[0]] * 8):
        loss, _ = expected_gradients(model, step)
        assert native.learn(step, number).item() == pytest.approx(loss.item(), rel=2e-3, abs=2e-3)
        first = first or loss.item()
        torchs_update(theirs, list(model.parameters()), RATE, 1.0)
        mine.update(RATE, 1.0)
    assert loss.item() < 0.7 * first


@settings(max_examples=20)
@given(
    decay=st.sampled_from([0.0, 0.01, 0.3]),
    rates=st.lists(st.sampled_from([0.0, 1e-4, 0.05]), min_size=1, max_size=6),
    met=st.integers(0, 6),
    choice=st.sampled_from(EVERY),
)
def test_a_word_owes_the_weight_decay_of_the_steps_before_it_is_met(
    decay: float, rates: list[float], met: int, choice: dict[str, Any]
) -> None:
    model = build("bert", layers=1)
    groups = layer_wise(model, decay=decay)
    limited, whole = Native(model, groups=groups), Native(model, groups=groups, limit_rows=False)
    optimizers = [flat(native, choice) for native in (limited, whole)]
    for number, rate in enumerate(rates):
        step = made_step([6, 4], seed=number, words=(50, 70) if number == met else (5, 30))
        for native in (limited, whole):
            native.learn(step)
        same = whole.gradients()  # to the last bit: Adam makes a full step of a gradient that is nothing but rounding
        same[limited.weights.word_name] = same[limited.weights.word_name][limited.weights.words_in_use()]
        limited.weights.fill(limited.weights.grad, same)
        for optimizer in optimizers:
            optimizer.update(rate, 1.0)
    assert limited.weights.rows < whole.weights.rows == WORDS
    assert_close(limited.released(), whole.released(), 1e-6)


def copied(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in tensors.items()}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("choice", CHOICES)
@pytest.mark.parametrize("family", FAMILIES)
def test_training_that_is_saved_and_restored_goes_on_bit_for_bit(
    family: str, choice: dict[str, Any], dtype: torch.dtype
) -> None:
    model = build(family, dropout=0.1)

    def trained(native: Native, optimizer: FlatOptimizer, steps: range) -> None:
        for number in steps:
            native.learn(STEPS[number], number)
            optimizer.update(RATE, 1.0)

    whole = Native(model, dtype=dtype)
    its = flat(whole, choice)
    trained(whole, its, range(2))
    saved, moments = whole.weights.snapshot(), copied(its.tensors())
    trained(whole, its, range(2, 6))

    again = Native(model, dtype=dtype)
    mine = flat(again, choice)
    again.weights.restore(saved)
    mine.restore(moments)
    assert_same(mine.tensors(), moments)
    assert_same(again.weights.snapshot(), saved)
    trained(again, mine, range(2, 6))
    assert_same(mine.tensors(), its.tensors())
    assert_same(again.weights.snapshot(), whole.weights.snapshot())
    assert_same(again.released(), whole.released())


@pytest.mark.parametrize("choice", CHOICES)
def test_training_that_goes_back_to_where_it_was_goes_on_bit_for_bit(choice: dict[str, Any]) -> None:
    """In the same object, after more words have occurred."""
    native = Native(build("bert"))
    optimizer = flat(native, choice)

    def trained(steps: list[Step]) -> None:
        for number, step in enumerate(steps):
            native.learn(step, number)
            optimizer.update(RATE, 1.0)

    trained(STEPS[:2])
    saved, moments = native.weights.snapshot(), copied(optimizer.tensors())
    trained(STEPS[2:])
    first = native.weights.snapshot()
    native.weights.restore(saved)
    optimizer.restore(moments)
    trained(STEPS[2:])
    assert_same(native.weights.snapshot(), first)


def test_gradients_after_going_back_are_those_of_the_step_alone() -> None:
    """A word that occurs again in a later micro-batch of a step starts with a gradient of zero."""
    model = build("bert")
    native = Native(model)
    low, high = made_step([9, 9], words=(5, 30)), made_step([9, 9], words=(50, 70))
    native.learn(low)
    saved = native.weights.snapshot()
    native.learn(high)
    native.weights.restore(saved)
    step = Step(low.reviews + high.reviews, torch.cat([low.labels, high.labels]), cuts=(2,))
    native.learn(step)
    assert_gradients(native.gradients(), model, step)


def test_restore_refuses_another_models_tensors() -> None:
    bert, roberta = Native(build("bert")), Native(build("roberta"))
    with pytest.raises((KeyError, RuntimeError)):
        bert.weights.restore(roberta.weights.snapshot())
    with pytest.raises((KeyError, RuntimeError)):
        flat(bert, ADAMW).restore(flat(roberta, ADAMW).tensors())


def test_the_tensors_of_adamw_are_named_after_the_weights_and_have_their_shapes() -> None:
    native = Native(build("bert"))
    optimizer = flat(native, ADAMW)
    native.learn(STEPS[0])
    optimizer.update(RATE, None)
    found = optimizer.tensors()
    assert float(found.pop("/step")) == 1
    assert found.pop("/unseen").tolist() == [0, 0]
    for name, weight in native.model.named_parameters():
        shape = (native.weights.rows, WIDTH) if name == native.weights.word_name else weight.shape
        for kind in ("exp_avg", "exp_avg_sq"):
            assert found.pop(f"{name}/{kind}").shape == shape
    assert not found
