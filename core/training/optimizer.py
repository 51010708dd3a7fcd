"""The optimizer and the learning rate of every step."""

from __future__ import annotations

import math

import torch

from core.models.classifier import Classifier
from core.models.layers import depths, layer_modules
from core.settings import Settings

_NO_DECAY_DIMENSIONS = 1
"""Biases and normalisation weights are vectors; they are never decayed."""


def build_optimizer(classifier: Classifier, settings: Settings) -> torch.optim.Optimizer:
    """AdamW (bias-corrected) or SGD over the trainable weights, in groups of like decay and depth.

    A group's `scale` is `layer_decay` to the power of its distance from the head; the schedule multiplies by it.
    """
    decay = settings.layer_decay
    depth, top = {}, 0
    if decay != 1:
        depth, top = depths(classifier.model), layer_modules(classifier.model).top
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, weight in classifier.trainable().items():
        shrink = 0.0 if weight.ndim <= _NO_DECAY_DIMENSIONS else settings.weight_decay
        groups.setdefault((decay ** (top - depth.get(name, top)), shrink), []).append(weight)
    listed = [
        {"params": weights, "weight_decay": shrink, "scale": scale} for (scale, shrink), weights in groups.items()
    ]
    if settings.optimizer == "sgd":
        return torch.optim.SGD(listed, lr=settings.learning_rate)
    return torch.optim.AdamW(listed, lr=settings.learning_rate, fused=True)


def learning_rate(step: int, steps: int, settings: Settings) -> float:
    """Learning rate of optimizer step `step` (counted from 0) of `steps`: linear warm-up, then the schedule.

    A pure function, so a resumed run needs no scheduler state. Linear and cosine reach zero after the last step.
    """
    warmup = settings.warmup_ratio * steps
    if step < warmup:
        return settings.learning_rate * (step + 1) / (warmup + 1)
    done = (step - warmup) / max(steps - warmup, 1)
    if settings.schedule == "linear":
        return settings.learning_rate * (1 - done)
    if settings.schedule == "cosine":
        return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
    return settings.learning_rate


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every group its rate: `rate` × the group's scale."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]
