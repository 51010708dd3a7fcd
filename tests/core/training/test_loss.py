"""The loss: sums that, divided once, are torch's own mean over the whole batch; and knowing when all is lost."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.nn import functional

from core.data.batches import micro_batches
from core.training.loss import LossWatch, class_weights, loss_sum, step_divisor


@settings(max_examples=40)
@given(
    rows=st.integers(1, 40),
    classes=st.integers(2, 6),
    size=st.integers(1, 40),
    smoothing=st.sampled_from([0.0, 0.1, 0.9]),
    weighted=st.booleans(),
    seed=st.integers(0, 1000),
)
def test_the_parts_of_a_batch_add_up_to_torchs_mean_over_all_of_it(
    rows: int, classes: int, size: int, smoothing: float, weighted: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(rows, classes, generator=generator, requires_grad=True)
    labels = torch.randint(classes, (rows,), generator=generator)
    weights = torch.rand(classes, generator=generator) + 0.1 if weighted else None
    divisor = step_divisor(labels, weights)
    for part in micro_batches(np.arange(rows), size):
        (loss_sum(logits[part], labels[part], weights, smoothing) / divisor).backward()
    parts, logits.grad = logits.grad, None
    functional.cross_entropy(logits, labels, weight=weights, label_smoothing=smoothing).backward()
    torch.testing.assert_close(parts, logits.grad, rtol=1e-4, atol=1e-6)


def test_half_precision_logits_are_summed_in_full_precision() -> None:
    logits = torch.zeros(4096, 2, dtype=torch.bfloat16)
    loss = loss_sum(logits, torch.zeros(4096, dtype=torch.long), None, 0.0)
    assert loss.dtype == torch.float32 and float(loss) == pytest.approx(4096 * math.log(2))


@given(st.lists(st.integers(0, 3), min_size=4, max_size=200).filter(lambda labels: set(labels) == {0, 1, 2, 3}))
def test_balanced_weights_are_scikit_learns(labels: list[int]) -> None:
    found = class_weights(np.array(labels), 4, "balanced")
    assert found is not None
    expected = compute_class_weight("balanced", classes=np.arange(4), y=np.array(labels))
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6)


def test_with_balanced_weights_every_class_weighs_the_same_in_all() -> None:
    labels = np.array([0] * 90 + [1] * 10)
    found = class_weights(labels, 2, "balanced")
    assert found is not None
    totals = np.bincount(labels) * found.numpy()
    assert totals[0] == pytest.approx(totals[1]) and totals.sum() == pytest.approx(len(labels))


def test_a_class_that_no_row_has_breaks_nothing() -> None:
    assert class_weights(np.array([0, 0, 1]), 3, "none") is None
    found = class_weights(np.array([0, 0, 1]), 3, "balanced")
    assert found is not None and found.isfinite().all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_or_gradient_that_is_no_number_is_noticed_at_once(value: float) -> None:
    words = LossWatch(math.log(2)).complaint(value, 1.0, 1)
    assert words is not None and "loss is not a number at step 1" in words and "learning_rate" in words
    words = LossWatch(math.log(2)).complaint(0.7, value, 3)
    assert words is not None and "gradient is not a number at step 3" in words


@given(st.lists(st.floats(0, 2.7), min_size=1, max_size=60))
def test_a_loss_below_four_times_chance_is_never_a_reason(losses: list[float]) -> None:
    watch = LossWatch(math.log(2))
    assert all(watch.complaint(loss, 1.0, step) is None for step, loss in enumerate(losses, start=1))


def test_one_bad_batch_is_no_divergence_and_a_bad_start_is_forgiven() -> None:
    watch = LossWatch(math.log(2))
    losses = [9.0] * 5 + [0.7] * 30 + [12.0] + [0.7] * 10
    assert all(watch.complaint(loss, 1.0, step) is None for step, loss in enumerate(losses, start=1))


def test_a_loss_that_stays_high_is_a_divergence_in_a_sentence() -> None:
    watch = LossWatch(math.log(2))
    found = [watch.complaint(8.0, 1.0, step) for step in range(1, 30)]
    assert found[:19] == [None] * 19 and found[19] is not None
    assert "guessing gives 0.69" in found[19] and found[19].endswith(".")


def test_chance_counts_the_classes() -> None:
    assert LossWatch(math.log(2)).complaint(4.0, 1.0, 50) is not None
    assert LossWatch(math.log(5)).complaint(4.0, 1.0, 50) is None
