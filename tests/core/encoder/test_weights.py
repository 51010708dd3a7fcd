"""The flat buffers: weights go in and come out bit for bit, under their names and in their shapes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoder.architecture import architecture_of
from core.encoder.optimizer import FlatOptimizer
from core.encoder.weights import Weights, lazy_zeros
from core.settings.optimizers import optimizer_spec
from core.settings.schema import Settings
from tests.core.encoder.tiny import FAMILIES, WORDS, Native, assert_same, build, by_shape, made_step, values

DTYPES = (torch.float32, torch.bfloat16)


@pytest.mark.parametrize("limit_rows", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_taking_over_and_giving_back_changes_no_bit(family: str, dtype: torch.dtype, limit_rows: bool) -> None:
    model = build(family)
    before = values(model)
    shapes = {name: (weight.shape, weight.dtype) for name, weight in model.named_parameters()}
    weights = Weights(model, architecture_of(model), dtype, by_shape, limit_rows)
    assert_same(values(model), before)
    weights.release(model)
    assert_same(values(model), before)
    assert {name: (weight.shape, weight.dtype) for name, weight in model.named_parameters()} == shapes
    assert all(weight.is_contiguous() for weight in model.parameters())


@pytest.mark.parametrize("family", FAMILIES)
def test_computing_alone_leaves_the_weights_as_they_are(family: str) -> None:
    model = build(family)
    native = Native(model)
    native.logits(made_step().reviews)
    native.learn(made_step())
    assert_same(native.released(), values(model))


@pytest.mark.parametrize("family", FAMILIES)
def test_released_weights_are_the_modules_own(family: str) -> None:
    native = Native(build(family))
    native.learn(made_step())
    before = native.released()
    native.weights.master.fill_(7)
    assert_same(values(native.model), before)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_module_sees_what_is_trained(family: str) -> None:
    native = Native(build(family))
    native.learn(made_step())
    before = values(native.model)
    native.weights.master[: native.weights.size].add_(1)
    for name, weight in native.model.named_parameters():
        if name != native.weights.word_name:
            torch.testing.assert_close(weight.detach(), before[name] + 1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("family", FAMILIES)
def test_restore_stands_where_the_snapshot_was_taken(family: str, dtype: torch.dtype) -> None:
    native = Native(build(family), dtype=dtype)
    optimizer = FlatOptimizer(native.weights, optimizer_spec(Settings()))
    step = made_step(words=(5, 40))

    def trained() -> None:
        native.learn(step)
        optimizer.update(1e-2, 1.0)

    trained()
    saved, logits = native.weights.snapshot(), native.logits(step.reviews)
    kept = {name: value.clone() for name, value in saved.items()}
    trained()
    native.learn(made_step(words=(40, 90)))
    assert not torch.equal(native.logits(step.reviews), logits)
    assert_same(saved, kept)  # a copy, no view
    native.weights.restore(saved)
    assert_same(native.weights.snapshot(), saved)
    assert torch.equal(native.logits(step.reviews), logits)
    assert torch.equal(native.weights.words_in_use(), saved[f"{native.weights.word_name}/words"])


@pytest.mark.parametrize("family", FAMILIES)
def test_named_and_fill_are_inverse(family: str) -> None:
    native = Native(build(family))
    native.learn(made_step())
    size = native.weights.size
    flat = torch.zeros(len(native.weights.master))
    flat[:size] = torch.randn(size, generator=torch.Generator().manual_seed(0))
    found = native.weights.named(flat)
    assert sum(value.numel() for value in found.values()) == size
    for name, weight in native.model.named_parameters():
        assert found[name].shape[1:] == weight.shape[1:] and found[name].is_contiguous()
    again = torch.zeros_like(flat)
    native.weights.fill(again, found)
    assert torch.equal(again, flat)
    native.weights.fill(native.weights.master, found)
    released = native.released()
    for name, value in found.items():
        words = native.weights.words_in_use() if name == native.weights.word_name else slice(None)
        assert torch.equal(released[name][words], value), name


@settings(max_examples=20)
@given(st.lists(st.lists(st.integers(0, WORDS - 1), min_size=1, max_size=30), min_size=1, max_size=5))
def test_each_word_that_occurs_has_one_row_and_keeps_it(batches: list[list[int]]) -> None:
    native = Native(build("bert", layers=1))
    rows: dict[int, int] = {}
    table = native.weights.table.clone()
    for ids in batches:
        found = native.weights.rows_of(torch.tensor(ids).numpy())
        assert torch.equal(native.weights.words()[found], table[ids])
        for word, row in zip(ids, found.tolist(), strict=True):
            assert rows.setdefault(word, row) == row
    assert sorted(rows.values()) == list(range(native.weights.rows))
    assert sorted(rows) == sorted(native.weights.words_in_use().tolist())


@pytest.mark.parametrize("dtype", DTYPES)
def test_nothing_learns_without_groups(dtype: torch.dtype) -> None:
    model = build("roberta")
    before, places = values(model), [weight.data_ptr() for weight in model.parameters()]
    weights = Weights(model, architecture_of(model), dtype)
    assert weights.size == 0 and not weights.snapshot() and not list(weights.all_groups())
    assert [weight.data_ptr() for weight in model.parameters()] == places
    assert_same(values(model), before)


@pytest.mark.parametrize("elements", [0, 1, 1000])
def test_zeros_that_cost_nothing_are_zero_and_aligned(elements: int) -> None:
    found = lazy_zeros(elements)
    assert found.shape == (elements,) and not found.any()
    assert elements == 0 or found.data_ptr() % 64 == 0


@pytest.mark.parametrize("family", FAMILIES)
def test_the_groups_part_the_buffer(family: str) -> None:
    native = Native(build(family), groups=lambda name, weight: (0.5 + ("layer.0" in name), float(weight.ndim)))
    native.learn(made_step())
    groups = list(native.weights.all_groups())
    assert [group.start for group in groups] == [0, *(group.stop for group in groups[:-1])]
    assert groups[-1].stop == native.weights.size
    assert {(group.scale, group.decay) for group in groups} == {(0.5, 1.0), (0.5, 2.0), (1.5, 1.0), (1.5, 2.0)}
