"""Logits equal Hugging Face's, whatever else is in the batch; frozen layers are not trained and use no dropout."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoder.architecture import architecture_of
from core.encoder.layout import pack
from core.encoder.network import Network
from core.encoder.optimizer import FlatOptimizer
from core.encoder.weights import Weights
from core.encoder.workspace import Workspace
from core.models.layers import freeze
from core.planning.architecture import UnsupportedModelError
from core.settings.optimizers import optimizer_spec
from core.settings.schema import Settings
from tests.core.encoder.tiny import (
    FAMILIES,
    LONGEST,
    PADDING,
    Native,
    assert_gradients,
    assert_same,
    build,
    expected_gradients,
    expected_logits,
    made_reviews,
    made_step,
    values,
)

LENGTHS = st.lists(st.integers(1, LONGEST), min_size=1, max_size=20)
CHOICES: tuple[dict[str, Any], ...] = (
    {},
    {"first_token_only": False},
    {"recompute": True},
    {"reuse": False},
    {"limit_rows": False},
)
LAYERS = 3
FREEZINGS = ((0, "embeddings"), (1, 1), (2, 2), (LAYERS, "encoder"))


def assert_logits(found: torch.Tensor, expected: torch.Tensor, tolerance: float = 1e-5) -> None:
    torch.testing.assert_close(found, expected.detach(), rtol=tolerance, atol=tolerance)


@settings(max_examples=40)
@given(
    family=st.sampled_from(FAMILIES),
    layers=st.integers(1, 3),
    heads=st.sampled_from([1, 2, 4, 8]),
    lengths=LENGTHS,
    choices=st.sampled_from(CHOICES),
)
def test_logits_equal_hugging_faces(
    family: str, layers: int, heads: int, lengths: list[int], choices: dict[str, Any]
) -> None:
    model = build(family, layers=layers, heads=heads)
    reviews = made_reviews(lengths)
    assert_logits(Native(model, **choices).logits(reviews), expected_logits(model, reviews))


@pytest.mark.parametrize("family", FAMILIES)
def test_weights_that_do_not_learn_give_the_same_logits(family: str) -> None:
    model, reviews = build(family), made_reviews([5, 60, 17])
    shape = architecture_of(model)
    batch = pack(reviews, shape.heads, shape.padding, offset_positions=shape.offset_positions)
    found = Network(Weights(model, shape, torch.float32)).logits(batch)
    assert torch.equal(found, Native(model).logits(reviews))


@pytest.mark.parametrize("family", FAMILIES)
def test_dropout_is_no_matter_to_logits(family: str) -> None:
    reviews = made_reviews([5, 60, 17])
    assert torch.equal(Native(build(family, dropout=0.5)).logits(reviews), Native(build(family)).logits(reviews))


@pytest.mark.parametrize("family", FAMILIES)
def test_in_bf16_logits_are_near_those_in_fp32(family: str) -> None:
    model, reviews = build(family), made_reviews([5, 60, 17, 33, 2])
    wide, narrow = Native(model).logits(reviews), Native(model, dtype=torch.bfloat16).logits(reviews)
    assert narrow.dtype == torch.float32
    assert float((wide - narrow).norm() / wide.norm()) < 3e-2


@settings(max_examples=30)
@given(
    family=st.sampled_from(FAMILIES),
    lengths=LENGTHS,
    padded_tokens=st.lists(st.tuples(st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=8),
)
def test_the_padding_token_as_a_word_of_a_review_is_what_it_is_to_hugging_face(
    family: str, lengths: list[int], padded_tokens: list[tuple[int, int]]
) -> None:
    model, step = build(family), made_step(lengths)
    for review, place in padded_tokens:
        chosen = step.reviews[review % len(step.reviews)]
        chosen[place % len(chosen)] = PADDING[family]
    native = Native(model)
    assert_logits(native.logits(step.reviews), expected_logits(model, step.reviews))
    native.learn(step)
    assert_gradients(native.gradients(), model, step)


def test_a_model_without_a_padding_token_is_refused() -> None:
    with pytest.raises(UnsupportedModelError, match="no padding token"):
        architecture_of(build("bert", pad_token_id=None))


@settings(max_examples=30)
@given(family=st.sampled_from(FAMILIES), lengths=LENGTHS, first_token_only=st.booleans(), seed=st.integers(0, 99))
def test_a_review_is_classified_alike_whatever_else_is_in_the_batch(
    family: str, lengths: list[int], first_token_only: bool, seed: int
) -> None:
    native = Native(build(family), first_token_only=first_token_only)
    reviews = made_reviews(lengths, seed)
    together = native.logits(reviews)
    order = np.random.default_rng(seed).permutation(len(reviews))
    assert_logits(native.logits([reviews[index] for index in order]), together[torch.from_numpy(order)])
    for index in {0, len(reviews) // 2, len(reviews) - 1}:
        assert_logits(native.logits([reviews[index]]), together[index : index + 1])
    others = made_reviews(lengths, seed + 1)
    others[0] = reviews[0]
    assert_logits(native.logits(others)[:1], together[:1])


def test_what_a_bigger_batch_left_in_the_buffers_is_not_seen() -> None:
    native = Native(build("roberta"))
    reviews = made_reviews([7, 12])
    before = native.logits(reviews)
    native.learn(made_step([60] * 20))
    native.network._workspace("scores", 10**5, dtype=torch.float32).fill_(float("nan"))
    for name, dtype in list(native.network._workspace._buffers):
        native.network._workspace._buffers[name, dtype].fill_(float("nan"))
    assert torch.equal(native.logits(reviews), before)
    step = made_step([7, 12], cuts=(1,))
    for buffer in native.network._workspace._buffers.values():
        buffer.fill_(float("nan"))
    native.learn(step)
    assert_gradients(native.gradients(), build("roberta"), step)


def test_a_workspace_hands_out_the_same_memory_until_more_is_asked_for() -> None:
    work = Workspace()
    first = work("a", 4, 5, dtype=torch.float32)
    assert work("a", 2, 3, dtype=torch.float32).data_ptr() == first.data_ptr()
    assert work("b", 4, 5, dtype=torch.float32).data_ptr() != first.data_ptr()
    assert work("a", 4, 5, dtype=torch.bfloat16).data_ptr() != first.data_ptr()
    assert work("a", 6, 5, dtype=torch.float32).shape == (6, 5)
    assert work.bytes() == 30 * 4 + 20 * 4 + 20 * 2
    work.clear()
    assert work.bytes() == 0
    work = Workspace(reuse=False)
    first = work("a", 4, dtype=torch.float32)
    assert work("a", 4, dtype=torch.float32).data_ptr() != first.data_ptr() and work.bytes() == 0


# Streams


@pytest.mark.parametrize("layers", range(LAYERS + 1))
@pytest.mark.parametrize("first_token_only", [True, False])
@pytest.mark.parametrize("family", FAMILIES)
def test_logits_from_the_stream_in_the_middle_are_the_same(family: str, first_token_only: bool, layers: int) -> None:
    native = Native(build(family, layers=LAYERS), first_token_only=first_token_only)
    batch = native.pack(made_reviews([5, 60, 17]))
    hidden = native.network.hidden_states(batch, layers).clone()
    assert len(hidden) == (3 if layers == LAYERS else batch.rows)
    assert torch.equal(native.network.logits_above(batch, hidden, layers), native.network.logits(batch))


@pytest.mark.parametrize("family", FAMILIES)
def test_the_stream_is_hugging_faces_hidden_state(family: str) -> None:
    model = build(family, layers=LAYERS)
    native = Native(model)
    review = made_reviews([40])
    ids = torch.from_numpy(review[0])[None]
    states = model.base_model(input_ids=ids, output_hidden_states=True).hidden_states
    for layers, state in enumerate(states[:-1]):
        assert_logits(native.network.hidden_states(native.pack(review), layers)[:40], state[0])
    assert_logits(native.network.hidden_states(native.pack(review), LAYERS), states[-1][0, :1])


# Frozen


@pytest.mark.parametrize("choices", [{}, {"recompute": True}, {"first_token_only": False}])
@pytest.mark.parametrize(("num_frozen", "choice"), FREEZINGS)
@pytest.mark.parametrize("family", FAMILIES)
def test_above_what_is_frozen_gradients_equal_hugging_faces(
    family: str, num_frozen: int, choice: str | int, choices: dict[str, Any]
) -> None:
    model, step = build(family, layers=LAYERS), made_step(cuts=(3,))
    freeze(model, choice)
    native = Native(model, num_frozen=num_frozen, **choices)
    loss, _ = expected_gradients(model, step)
    assert native.learn(step).item() == pytest.approx(loss.item(), rel=1e-5)
    assert_gradients(native.gradients(), model, step)


@pytest.mark.parametrize(("num_frozen", "choice"), FREEZINGS)
@pytest.mark.parametrize("family", FAMILIES)
def test_only_what_is_not_frozen_changes(family: str, num_frozen: int, choice: str | int) -> None:
    model = build(family, layers=LAYERS, dropout=0.1)
    freeze(model, choice)
    before = values(model)
    native = Native(model, num_frozen=num_frozen)
    optimizer = FlatOptimizer(native.weights, optimizer_spec(Settings()))
    for number in range(2):
        native.learn(made_step(seed=number), number)
        optimizer.update(1e-2, 1.0)
    after = native.released()
    learning = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert learning
    assert {name for name in before if not torch.equal(before[name], after[name])} == learning
    assert all(weight.requires_grad == (name in learning) for name, weight in native.model.named_parameters())


@pytest.mark.parametrize("recompute", [False, True])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize(("num_frozen", "choice"), FREEZINGS)
@pytest.mark.parametrize("family", FAMILIES)
def test_learning_from_a_known_stream_is_the_same(
    family: str, num_frozen: int, choice: str | int, dtype: torch.dtype, recompute: bool
) -> None:
    """Frozen layers use no dropout: their output was computed without."""
    model, step = build(family, layers=LAYERS, dropout=0.2), made_step(cuts=(3,))
    freeze(model, choice)
    alone = Native(model, num_frozen=num_frozen, dtype=dtype, recompute=recompute)
    given_hidden = Native(model, num_frozen=num_frozen, dtype=dtype, recompute=recompute)
    assert torch.equal(alone.learn(step, 2), given_hidden.learn(step, 2, known=num_frozen))
    assert_same(given_hidden.gradients(), alone.gradients())


@pytest.mark.parametrize("family", FAMILIES)
def test_a_frozen_encoder_drops_nothing_but_in_the_head(family: str) -> None:
    off: dict[str, Any] = {"seq_classif_dropout": 0.0} if family == "distilbert" else {"classifier_dropout": 0.0}
    model = build(family, layers=LAYERS, dropout=0.5, **off)
    freeze(model, "encoder")
    native = Native(model, num_frozen=LAYERS)
    step = made_step()
    expected = step.loss(expected_logits(model, step.reviews), slice(None))
    assert native.learn(step).item() == pytest.approx(expected.item(), rel=1e-5)
