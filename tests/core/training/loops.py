"""Loops in tests: ways to train, looking into a step, and comparing tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from core.learners.tensor_files import Tensors
from core.training.loop import TrainingLoop


def after_update(loop: TrainingLoop, look: Callable[[float], None]) -> None:
    """Call `look` with the learning rate after each optimizer step."""
    update = loop.learner.update

    def watched(rate: float) -> torch.Tensor:
        norm = update(rate)
        look(rate)
        return norm

    loop.learner.update = watched  # type: ignore[method-assign]


def equal(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


MODES: dict[str, dict[str, Any]] = {
    "full": {"layer_decay": 0.9},
    "frozen": {"freeze_layers": 1},
    "head": {"freeze_layers": "encoder"},
    "lora": {"lora": True, "lora_rank": 2},
    "sgd": {"optimizer": "sgd", "learning_rate": 0.05},
    "recompute": {"gradient_checkpointing": True},
    "imitating": {"imitates": {}},
    "imitating, frozen": {"imitates": {"layers": (2,)}, "freeze_layers": 1},
    "imitating, head": {"imitates": {"layers": ()}, "freeze_layers": "encoder"},
    "imitating, lora": {"imitates": {}, "lora": True, "lora_rank": 2},
    "imitating, recompute": {"imitates": {}, "gradient_checkpointing": True},
}
