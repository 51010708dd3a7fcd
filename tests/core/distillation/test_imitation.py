"""The parts of a student's loss, against their definitions."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from core.distillation.imitation import hidden_sum, soft_sum


def _random(seed: int, *shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed)) * 3


@given(st.integers(0, 99), st.integers(1, 9), st.integers(2, 6), st.floats(0.5, 20))
def test_the_distance_of_probabilities_is_the_divergence_from_the_teachers(
    seed: int, rows: int, classes: int, temperature: float
) -> None:
    own, taught = _random(seed, rows, classes), _random(seed + 100, rows, classes)
    p, q = (functional.softmax(one.double() / temperature, dim=1) for one in (taught, own))
    expected = temperature**2 * float((p * (p.log() - q.log())).sum())
    assert float(soft_sum(own, taught, temperature)) == pytest.approx(expected, rel=1e-3, abs=1e-3)
    assert float(soft_sum(taught, taught, temperature)) == pytest.approx(0, abs=1e-3)


def test_its_gradient_hardly_changes_with_the_temperature() -> None:
    """As T² is for: at high temperatures it is proportional to student − teacher, whatever T."""
    taught = _random(1, 5, 3)
    found = []
    for temperature in (20.0, 80.0):
        own = _random(2, 5, 3).requires_grad_()
        found.append(torch.autograd.grad(soft_sum(own, taught, temperature), own)[0])
    torch.testing.assert_close(found[0], found[1], rtol=0.1, atol=0.1)


@given(st.integers(0, 99), st.integers(1, 5), st.integers(1, 4))
def test_the_distance_of_hidden_states_is_that_of_their_directions(seed: int, rows: int, layers: int) -> None:
    own = tuple(_random(seed + number, rows, 8) for number in range(layers))
    theirs = tuple(_random(seed + 50 + number, rows, 8) for number in range(layers))
    expected = sum(
        float((2 - 2 * functional.cosine_similarity(a, b, dim=1)).sum()) for a, b in zip(own, theirs, strict=True)
    )
    assert float(hidden_sum(own, theirs)) == pytest.approx(expected / layers, rel=1e-3, abs=1e-4)
    assert float(hidden_sum(own, tuple(7 * one for one in own))) == pytest.approx(0, abs=1e-5)
