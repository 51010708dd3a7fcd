"""Whether a module is worth compiling: minutes of compiling are repaid by faster steps, if there are enough of them.

Only on GPUs: on a CPU compiling takes minutes for every new length, and the native encoder is there for that.
"""

from __future__ import annotations

import math

import torch
from torch import nn

_SMALL, _LARGE = (22e6, 1388), (110e6, 242)
"""Weights of a model, and the optimizer steps that repay compiling it (unsloth#3719); between and beyond them the
logarithm of the one is taken to fall on a line with that of the other."""


def steps_to_repay(weights: int) -> float:
    """Optimizer steps after which compiling a model of so many weights has cost no time."""
    (small, many), (large, few) = _SMALL, _LARGE
    slope = math.log(few / many) / math.log(large / small)
    return float(many * (weights / small) ** slope)


def is_to_be_compiled(choice: str, model: nn.Module, device: torch.device, steps: int) -> bool:
    """Whether to compile `model` for a run of so many steps.

    Args:
        choice: auto, on or off, as the `compile` setting says.
    """
    if choice != "auto":
        return choice == "on"
    weights = sum(weight.numel() for weight in model.parameters())
    return device.type == "cuda" and steps >= steps_to_repay(weights)
