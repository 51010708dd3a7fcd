"""Presets: named sets of settings, each for one purpose, declared by their differences from the defaults."""

from __future__ import annotations

from typing import Any

from core.base.errors import InputError
from core.base.text import clean_line
from core.settings.schema import Settings

PRESETS: dict[str, tuple[str, dict[str, Any]]] = {
    "balanced": ("Good for most review files: the whole model, four epochs.", {}),
    "quick": (
        "A first result in a fraction of the time: short reviews, two epochs.",
        {"epochs": 2, "max_length": 128},
    ),
    "thorough": (
        "Up to ten epochs and long reviews; stops when there is no further improvement.",
        {
            "epochs": 10,
            "max_length": 512,
            "layer_decay": 0.95,
            "early_stopping_patience": 4,
        },
    ),
    "frugal": (
        "The least memory: two reviews at a time, gradient checkpointing, frozen embeddings.",
        {
            "batch_size": 32,
            "micro_batch_size": 2,
            "max_length": 512,
            "gradient_checkpointing": True,
            "freeze_layers": "embeddings",
        },
    ),
    "lab": (
        "The lab's recipe: frozen encoder, SGD at 0.005, batches of 16, ten epochs.",
        {
            "epochs": 10,
            "optimizer": "sgd",
            "learning_rate": 0.005,
            "batch_size": 16,
            "freeze_layers": "encoder",
            "schedule": "constant",
            "warmup_ratio": 0,
            "weight_decay": 0,
            "max_grad_norm": 0,
            "max_length": 512,
        },
    ),
}
"""Name → what the preset is for, and the settings in which it differs from the defaults."""


def preset(name: str) -> Settings:
    """Return the settings of a preset.

    Raises:
        InputError: There is no preset of that name.
    """
    if name not in PRESETS:
        raise InputError(f"There is no preset '{clean_line(name, 40)}'; choose one of {', '.join(PRESETS)}.")
    return Settings().changed(PRESETS[name][1])
