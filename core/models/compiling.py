"""Whether compiling a model pays: it takes minutes, which faster steps make up for if there are enough of them.

GPUs only. On a CPU, compiling takes minutes for each new length, and the native encoder is faster anyway.
"""

from __future__ import annotations

import math

import torch
from torch import nn

_SMALL, _LARGE = (22e6, 1388), (110e6, 242)
"""Two models: their number of weights, and the optimizer steps after which compiling pays (unsloth#3719). Other models
are interpolated and extrapolated between these, on logarithmic scales."""


def steps_to_repay(weights: int) -> float:
    """Return the number of optimizer steps after which compiling a model with `weights` weights pays."""
    (small, many), (large, few) = _SMALL, _LARGE
    slope = math.log(few / many) / math.log(large / small)
    return float(many * (weights / small) ** slope)


def is_to_be_compiled(choice: str, model: nn.Module, device: torch.device, steps: int) -> bool:
    """Return whether to compile `model` for a run of `steps` optimizer steps.

    Args:
        choice: The `compile` setting: auto, on or off.
    """
    if choice != "auto":
        return choice == "on"
    weights = sum(weight.numel() for weight in model.parameters())
    return device.type == "cuda" and steps >= steps_to_repay(weights)
