"""What each optimizer is given and what it keeps, declared once.

The native optimizer, the one for Hugging Face modules and the memory forecast all read it from here, so a new
optimizer setting is added in `core/settings/schema.py` and in this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.settings.schema import Settings


@dataclass(frozen=True)
class OptimizerSpec:
    """An optimizer of `torch.optim`."""

    kind: str
    """adamw or sgd."""
    options: dict[str, Any]
    """Arguments of torch's optimizer, besides the learning rate and weight decay of each parameter group."""
    state: tuple[str, ...]
    """The fp32 values that it keeps for every trainable weight, named as in torch's state."""


def optimizer_spec(settings: Settings) -> OptimizerSpec:
    """Return the optimizer that `settings` choose."""
    if settings.optimizer == "sgd":
        options = {"momentum": settings.momentum, "dampening": 0.0, "nesterov": False}
        return OptimizerSpec("sgd", options, ("momentum_buffer",) if settings.momentum else ())
    return OptimizerSpec("adamw", {"betas": (0.9, 0.999), "eps": 1e-8}, ("exp_avg", "exp_avg_sq"))
