"""What an update did is computed in small chunks, and cut anywhere it is the same."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from core.encoder import update_norms
from core.encoder.update_norms import Piece, part_norms, update_ratios
from core.settings.optimizers import OptimizerSpec

ADAMW = OptimizerSpec("adamw", {"betas": (0.9, 0.999), "eps": 1e-8}, ("exp_avg", "exp_avg_sq"))
SGD = OptimizerSpec("sgd", {"momentum": 0.9}, ("momentum_buffer",))


def made(shape: tuple[int, ...], spec: OptimizerSpec, seed: int = 0) -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(seed)
    weight, *state = (torch.randn(shape, generator=generator) for _ in range(1 + len(spec.state)))
    return (weight, *(one.abs() if place else one for place, one in enumerate(state)))


class Largest(TorchDispatchMode):
    """Notes the most elements of any memory that an operation allocates."""

    def __init__(self, *known: torch.Tensor) -> None:
        super().__init__()
        self.known = {one.untyped_storage().data_ptr() for one in known}
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        found = func(*args, **(kwargs or {}))
        for one in found if isinstance(found, (list, tuple)) else (found,):
            if isinstance(one, torch.Tensor) and one.untyped_storage().data_ptr() not in self.known:
                self.elements = max(self.elements, one.untyped_storage().nbytes() // one.element_size())
        return found


@pytest.mark.parametrize("spec", [ADAMW, SGD], ids=["adamw", "sgd"])
@pytest.mark.parametrize("shape", [(3_000_000,), (3000, 1000), (1000, 3000)])
def test_no_more_is_allocated_than_a_chunk(spec: OptimizerSpec, shape: tuple[int, ...]) -> None:
    weight, *state = made(shape, spec)
    with Largest(weight, *state) as largest:
        update_ratios(1, [Piece(0, weight, tuple(state), 1e-3, 0.1)], spec, torch.tensor(3.0))
        part_norms(1, [(0, weight)])
    assert 0 < largest.elements <= update_norms.CHUNK <= update_norms.CHUNK_ON_GPU <= 1 << 20


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 3), st.lists(st.integers(1, 9), max_size=3)), max_size=8),
    st.integers(1, 50),
    st.sampled_from([ADAMW, SGD]),
    st.integers(1, 10**6),
)
def test_cut_anywhere_it_is_what_whole_tensors_give(
    sizes: list[tuple[int, list[int]]], chunk: int, spec: OptimizerSpec, step: int
) -> None:
    rate, decay = 1e-2, 0.2
    pieces, moved, whole = [], torch.zeros(4, dtype=torch.float64), torch.zeros(4, dtype=torch.float64)
    for seed, (part, shape) in enumerate(sizes):
        weight, *state = made(tuple(shape), spec, seed)
        pieces.append(Piece(part, weight, tuple(state), rate, decay))
        update = state[0].double()
        if spec.kind == "adamw":
            root = (state[1].double() / (1 - 0.999**step)).sqrt()
            update = update / (1 - 0.9**step) / (root + 1e-8)
        before = (weight.double() + rate * update) / (1 - rate * decay)
        moved[part] += (weight.double() - before).square().sum()
        whole[part] += weight.double().square().sum()
    before_test = update_norms.CHUNK
    update_norms.CHUNK = chunk
    try:
        found = update_ratios(4, pieces, spec, torch.tensor(float(step)))
        norms = part_norms(4, ((piece.part, piece.weight) for piece in pieces))
    finally:
        update_norms.CHUNK = before_test
    expected = torch.where(whole > 0, (moved / whole).sqrt(), 0.0)
    torch.testing.assert_close(found.double(), expected, rtol=1e-4, atol=1e-9)
    torch.testing.assert_close(norms.double(), whole.sqrt(), rtol=1e-5, atol=1e-9)


def test_weights_that_were_not_updated_count_but_have_not_moved() -> None:
    weight, *state = made((10,), ADAMW)
    one = Piece(0, weight, tuple(state), 1e-3, 0.0)
    alone = update_ratios(1, [one], ADAMW, torch.tensor(1.0))
    beside = update_ratios(1, [one, Piece(0, weight.clone(), (), 1e-3, 0.1)], ADAMW, torch.tensor(1.0))
    assert float(beside) == pytest.approx(float(alone) / math.sqrt(2))


def test_weights_of_zero_have_a_ratio_of_zero() -> None:
    zero = torch.zeros(4)
    piece = Piece(0, zero, (zero, zero), 1e-3, 0.1)
    assert float(update_ratios(1, [piece], ADAMW, torch.tensor(1.0))) == 0.0
    assert update_ratios(0, [], ADAMW, torch.tensor(1.0)).shape == (0,)


@pytest.mark.parametrize("spec", [ADAMW, SGD], ids=["adamw", "sgd"])
def test_nothing_is_read_from_the_device(spec: OptimizerSpec) -> None:
    """A device that holds no values has none to give."""
    weight, *state = (one.to("meta") for one in made((2000, 900), spec))
    piece = Piece(1, weight, tuple(state), 1e-3, 0.1)
    found = update_ratios(2, [piece], spec, torch.ones((), device="meta"))
    assert found.shape == part_norms(2, [(0, weight)]).shape == (2,) and found.is_meta
