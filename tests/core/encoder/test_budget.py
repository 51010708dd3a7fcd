"""The token budget is the smallest size that is nearly as fast as the fastest."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.encoder import budget as module
from core.encoder.architecture import architecture_of
from core.encoder.budget import SIZES, chosen_budget, measured_budget
from tests.core.encoder.tiny import build

SECONDS = st.floats(1e-9, 1e-3)


@given(st.fixed_dictionaries(dict.fromkeys(SIZES, SECONDS)))
def test_nothing_smaller_is_nearly_as_fast_and_what_is_taken_is(seconds: dict[int, float]) -> None:
    chosen, fastest = chosen_budget(seconds), min(seconds.values())
    assert seconds[chosen] <= 1.03 * fastest
    assert all(seconds[size] > 1.03 * fastest for size in SIZES if size < chosen)


@pytest.mark.parametrize(("fast", "expected"), [(1024, 1024), (2048, 2048), (4096, 4096), (None, 1024)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_clock_decides(
    fast: int | None, expected: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock by which all sizes take the same time per token, except one that takes half; every fourth call is
    slow."""
    now, calls = 0.0, 0
    work = module._Products.work

    def timed(self: module._Products, tokens: int) -> None:
        nonlocal now, calls
        calls += 1
        work(self, tokens)
        now += tokens * (0.5 if tokens == fast else 1.0) * (3.0 if calls % 4 == 0 else 1.0)

    monkeypatch.setattr(module._Products, "work", timed)
    monkeypatch.setattr(module, "_ROUNDS", 4)
    assert measured_budget(architecture_of(build("bert")), dtype, lambda: now) == expected


def test_the_probe_leaves_the_generators_as_they_were() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    measured_budget(architecture_of(build("bert", heads=1)), torch.bfloat16)
    torch.manual_seed(5)
    assert torch.equal(torch.rand(3), expected)
