"""A module is compiled if the steps make up for it; if compiling fails, the run continues without."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from core.models.compiling import is_to_be_compiled, steps_to_repay

GPU, CPU = torch.device("cuda"), torch.device("cpu")


def model(weights: int) -> nn.Module:
    return nn.Linear(weights, 1, bias=False, device="meta")


def test_the_published_figures_are_met_and_larger_models_repay_sooner() -> None:
    assert steps_to_repay(22_000_000) == pytest.approx(1388)
    assert steps_to_repay(110_000_000) == pytest.approx(242)
    needed = [steps_to_repay(weights) for weights in (1_000_000, 22_000_000, 66_000_000, 110_000_000, 340_000_000)]
    assert needed == sorted(needed, reverse=True)


@pytest.mark.parametrize(("steps", "expected"), [(1, False), (241, False), (243, True), (100_000, True)])
def test_on_a_gpu_the_planned_steps_decide(steps: int, expected: bool) -> None:
    assert is_to_be_compiled("auto", model(110_000_000), GPU, steps) is expected


def test_on_a_cpu_nothing_is_compiled_that_nobody_asked_for() -> None:
    assert not is_to_be_compiled("auto", model(110_000_000), CPU, 10**9)
    assert is_to_be_compiled("on", model(10), CPU, 1)


def test_off_is_off() -> None:
    assert not is_to_be_compiled("off", model(110_000_000), GPU, 10**9)
