"""Dropout masks: the right share, a mean of one, and the same again for the same step."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from core.encoder.dropout import MaskPool

ELEMENTS = 1 << 16
RATES = (0.05, 0.1, 0.3, 0.5)
DTYPES = (torch.float32, torch.bfloat16)
CALLS = ((0.1, 7, 33), (0.1, 64, 64), (0.3, 5), (0.1, 1 << 17), (0.5, 3, 4, 5))
"""Rates and shapes; the fourth place is larger than the pool."""


def digest(seed: int, step: int, micro: int, dtype: str) -> str:
    """Of some masks of a micro-batch."""
    masks = MaskPool(seed, getattr(torch, dtype), ELEMENTS).masks(step, micro)
    found = hashlib.sha256()
    for rate, *shape in CALLS:
        mask = masks.take(rate, *shape)
        assert mask is not None
        found.update(mask.float().numpy().tobytes())
    return found.hexdigest()


def taken(pool: MaskPool, step: int, micro: int, rate: float = 0.1, shape: tuple[int, ...] = (40, 50)) -> torch.Tensor:
    mask = pool.masks(step, micro).take(rate, *shape)
    assert mask is not None
    return mask.clone()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_masks_are_the_same_in_another_process(dtype: str) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from tests.core.encoder.test_dropout import digest\n"
        f"print(digest(3, 70, 2, {dtype!r}))"
    )
    root = str(Path(__file__).parents[3])
    run = subprocess.run([sys.executable, "-c", code, root], cwd=root, capture_output=True, text=True, check=True)
    assert run.stdout.strip() == digest(3, 70, 2, dtype)


@settings(max_examples=20)
@given(
    seed=st.integers(0, 2**32),
    asked=st.lists(st.tuples(st.integers(0, 200), st.integers(0, 5)), max_size=6),
    step=st.integers(0, 200),
    micro=st.integers(0, 5),
)
def test_masks_do_not_depend_on_what_was_asked_before(
    seed: int, asked: list[tuple[int, int]], step: int, micro: int
) -> None:
    pool = MaskPool(seed, torch.bfloat16, 1 << 14)
    for other in asked:
        taken(pool, *other)
        taken(pool, *other, rate=0.3)
    assert torch.equal(taken(pool, step, micro), taken(MaskPool(seed, torch.bfloat16, 1 << 14), step, micro))


def test_steps_micro_batches_seeds_and_places_have_masks_of_their_own() -> None:
    pool = MaskPool(1, torch.float32, ELEMENTS)
    masks = [taken(pool, step, micro) for step in (0, 1, 2, 31, 32, 33, 64) for micro in (0, 1, 2)]
    masks.append(taken(MaskPool(2, torch.float32, ELEMENTS), 0, 0))
    of_one = pool.masks(0, 0)
    of_one.take(0.1, 40, 50)
    next_place = of_one.take(0.1, 40, 50)
    assert next_place is not None
    masks.append(next_place)
    assert len({mask.numpy().tobytes() for mask in masks}) == len(masks)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("rate", RATES)
def test_the_share_that_is_dropped_is_right_and_the_mean_is_one(rate: float, dtype: torch.dtype) -> None:
    elements = 1 << 20
    mask = taken(MaskPool(0, dtype, elements), 0, 0, rate, (elements,))
    assert mask.dtype == dtype
    scale = float(mask.max())
    assert set(mask.tolist()) == {0.0, scale}
    assert scale == float(torch.tensor(1 / (1 - rate)).to(dtype))
    error = 5 * (rate * (1 - rate) / elements) ** 0.5 + 2**-16  # five deviations, and 16 bits of randomness
    share = float((mask == 0).double().mean())
    assert share == pytest.approx(1 - 1 / scale, abs=error)
    assert share == pytest.approx(rate, abs=error + (0 if dtype == torch.float32 else 3e-3))
    assert float(mask.double().mean()) == pytest.approx(1, abs=error * scale)


@pytest.mark.parametrize("elements", [ELEMENTS - 1, ELEMENTS, ELEMENTS + 1, 5 * ELEMENTS + 3])
def test_places_about_as_large_as_the_pool_and_larger(elements: int) -> None:
    pool = MaskPool(0, torch.float32, ELEMENTS)
    mask = taken(pool, 0, 0, 0.3, (elements,))
    assert mask.shape == (elements,)
    assert float((mask == 0).double().mean()) == pytest.approx(0.3, abs=0.01)
    assert torch.equal(mask, taken(MaskPool(0, torch.float32, ELEMENTS), 0, 0, 0.3, (elements,)))
    if elements > ELEMENTS:
        assert not torch.equal(mask, taken(pool, 0, 1, 0.3, (elements,)))
        assert not torch.equal(mask, taken(pool, 1, 0, 0.3, (elements,)))


def test_neighbours_are_dropped_independently() -> None:
    mask = taken(MaskPool(0, torch.float32, 1 << 20), 0, 0, 0.3, (1 << 20,)) == 0
    for apart in (1, 2, 3, 4, 32, 128):
        both = float((mask[apart:] & mask[:-apart]).double().mean())
        assert both == pytest.approx(0.3**2, abs=3e-3)


def test_nothing_is_dropped_at_rate_zero_and_no_place_is_skipped_for_it() -> None:
    pool = MaskPool(0, torch.float32, ELEMENTS)
    masks = pool.masks(0, 0)
    assert masks.take(0, 3, 4) is None
    mask = masks.take(0.1, 40, 50)
    assert mask is not None and torch.equal(mask, taken(pool, 0, 0))
