"""The gradients of all weights equal those of Hugging Face's module and autograd, with every option."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.encoder.tiny import (
    FAMILIES,
    Native,
    Tensors,
    assert_gradients,
    assert_same,
    build,
    expected_gradients,
    made_step,
    steps,
)

TRICKS: tuple[dict[str, Any], ...] = (
    {"first_token_only": False},
    {"recompute": True},
    {"reuse": False},
    {"limit_rows": False},
    {"first_token_only": False, "recompute": True, "reuse": False, "limit_rows": False},
)


@settings(max_examples=60)
@given(
    family=st.sampled_from(FAMILIES),
    layers=st.integers(1, 3),
    heads=st.sampled_from([1, 2, 4, 8]),
    classes=st.integers(2, 5),
    data=st.data(),
)
def test_they_equal_hugging_faces(family: str, layers: int, heads: int, classes: int, data: st.DataObject) -> None:
    step = data.draw(steps(classes))
    model = build(family, layers=layers, heads=heads, classes=classes)
    loss, _ = expected_gradients(model, step)
    native = Native(model)
    assert native.learn(step).item() == pytest.approx(loss.item(), rel=1e-5, abs=1e-6)
    assert_gradients(native.gradients(), model, step)


@settings(max_examples=25)
@given(family=st.sampled_from(FAMILIES), trick=st.sampled_from(TRICKS), step=steps(3))
def test_they_equal_hugging_faces_with_each_trick_turned_over(family: str, trick: dict[str, Any], step: Any) -> None:
    model = build(family)
    native = Native(model, **trick)
    native.learn(step)
    assert_gradients(native.gradients(), model, step)


@pytest.mark.parametrize("family", FAMILIES)
def test_no_gradient_that_is_compared_here_is_zero(family: str) -> None:
    for name, gradient in expected_gradients(build(family), made_step())[1].items():
        assert name.endswith(("key.bias", "k_lin.bias")) or float(gradient.abs().max()) > 1e-4, name


@pytest.mark.parametrize("family", FAMILIES)
def test_what_earlier_steps_left_is_gone_from_the_first_micro_batch_on(family: str) -> None:
    model = build(family)
    native = Native(model)
    native.learn(made_step(seed=5))
    native.learn(made_step([60, 2, 40], seed=6))
    step = made_step(seed=7, cuts=(2, 5))
    native.learn(step)
    assert_gradients(native.gradients(), model, step)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_step_done_twice_gives_the_same_bits(family: str) -> None:
    native = Native(build(family, dropout=0.1))
    step = made_step(cuts=(3,))
    native.learn(step, 4)
    before = native.gradients()
    native.learn(made_step(seed=9), 5)
    native.learn(step, 4)
    after = native.gradients()
    for name in before:
        torch.testing.assert_close(after[name], before[name], rtol=0, atol=0)


@pytest.mark.parametrize("dropout", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("family", FAMILIES)
def test_computing_layers_twice_gives_the_same_bits_with_dropout_on(family: str, dropout: float) -> None:
    model, step = build(family, layers=3, dropout=dropout), made_step(cuts=(4,))
    found: list[Tensors] = []
    tricks: list[dict[str, Any]] = [{}, {"recompute": True}, {"reuse": False}, {"recompute": True, "reuse": False}]
    for choices in tricks:
        native = Native(model, **choices)
        native.learn(step, 3)
        found.append(native.gradients())
    for other in found[1:]:
        assert_same(other, found[0])


@pytest.mark.parametrize("family", FAMILIES)
def test_dropout_changes_the_gradients_and_from_step_to_step_and_from_one_micro_batch_to_the_next(family: str) -> None:
    native = Native(build(family, dropout=0.1))
    whole = made_step([7, 7])
    losses = {native.learn(whole, number).item() for number in range(4)}
    losses.add(native.learn(made_step([7, 7], cuts=(1,)), 0).item())
    assert len(losses) == 5


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("dropout", [0.2])
def test_with_dropout_they_are_those_of_the_loss_that_was_computed(family: str, dropout: float) -> None:
    """Along random directions, the masks held: (loss(w + h) − loss(w − h)) / 2h."""
    native = Native(build(family, dropout=dropout))
    step, master = made_step(), native.weights.master
    native.learn(step, 1)
    size = native.weights.size
    gradient, weights = native.weights.grad[:size].clone(), master[:size].clone()
    direction = gradient / gradient.norm() + torch.randn(size, generator=torch.Generator().manual_seed(0)) / size**0.5
    losses = []
    for move in (2e-3, -2e-3):
        master[:size] = weights + move * direction
        losses.append(native.learn(step, 1).item())
    assert (losses[0] - losses[1]) / 4e-3 == pytest.approx(float(gradient @ direction), rel=1e-2)


@pytest.mark.parametrize("trick", [{}, {"recompute": True}, {"first_token_only": False}])
@pytest.mark.parametrize("family", FAMILIES)
def test_in_bf16_they_point_where_those_in_fp32_do(family: str, trick: dict[str, Any]) -> None:
    model, step = build(family), made_step([30, 31, 17, 60, 44, 8, 21, 50] * 4, cuts=(20,))
    wide, narrow = Native(model), Native(model, dtype=torch.bfloat16, **trick)
    wide.learn(step)
    narrow.learn(step)
    expected, found = (torch.cat([part.flatten() for part in it.gradients().values()]) for it in (wide, narrow))
    assert float((found - expected).norm() / expected.norm()) < 5e-2
    assert float(torch.cosine_similarity(found, expected, dim=0)) > 0.995
