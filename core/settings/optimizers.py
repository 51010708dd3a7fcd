"""What each optimizer is given and what it keeps, declared once, and the learning rate that `auto` stands for.

The native optimizer, the one for Hugging Face modules and the memory forecast all read it from here, so a new
optimizer setting is added in `core/settings/schema.py` and in this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.settings.schema import Settings

_USUAL_RATE, USUAL_WIDTH = 5e-5, 768
"""A learning rate that suits BERT-base, and its hidden size."""
_LORA_FACTOR, _HEAD_RATE = 10, 1e-3


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


def rate_of(settings: Settings, width: int = USUAL_WIDTH) -> float:
    """Return the peak learning rate of a model whose hidden size is `width`; see `Settings.learning_rate`."""
    if settings.learning_rate != "auto":
        return settings.learning_rate
    if settings.freeze_layers == "encoder":
        return _HEAD_RATE
    return _USUAL_RATE * USUAL_WIDTH / width * (_LORA_FACTOR if settings.lora else 1)
