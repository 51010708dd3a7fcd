"""The optimizer, the learning rate of each weight, and the default peak learning rate of a model."""

from __future__ import annotations

from collections.abc import Callable

import torch

from core.learners.tensor_files import Tensors
from core.models.classifier import Classifier
from core.models.layers import depths, layer_modules
from core.settings.optimizers import USUAL_WIDTH, optimizer_spec, rate_of
from core.settings.schema import Settings

_NO_DECAY_DIMENSIONS = 1
"""Biases and layer-norm weights are vectors, and are never decayed."""


def grouping(classifier: Classifier, settings: Settings) -> Callable[[str, torch.nn.Parameter], tuple[float, float]]:
    """Return a function from a parameter's name and value to its learning-rate factor and weight decay.

    The factor is `layer_decay` to the power of the parameter's distance from the head.
    """
    decay = settings.layer_decay
    depth, top = {}, 0
    if decay != 1:
        depth, top = depths(classifier.model), layer_modules(classifier.model).top

    def group(name: str, weight: torch.nn.Parameter) -> tuple[float, float]:
        shrink = 0.0 if weight.ndim <= _NO_DECAY_DIMENSIONS else settings.weight_decay
        return float(decay ** (top - depth.get(name, top))), shrink

    return group


def build_optimizer(classifier: Classifier, settings: Settings) -> torch.optim.Optimizer:
    """Return AdamW (bias-corrected) or SGD over the trainable weights, in groups of equal decay and depth.

    A group's `scale` is its learning-rate factor; see `set_learning_rate`.
    """
    group, rate = grouping(classifier, settings), peak_rate(classifier, settings)
    groups: dict[tuple[float, float], list[torch.nn.Parameter]] = {}
    for name, weight in classifier.trainable().items():
        groups.setdefault(group(name, weight), []).append(weight)
    listed = [
        {"params": weights, "weight_decay": shrink, "scale": scale} for (scale, shrink), weights in groups.items()
    ]
    spec = optimizer_spec(settings)
    if spec.kind == "sgd":
        on_gpu = any(weight.is_cuda for weight in classifier.trainable().values())
        # fused on a GPU, where it otherwise copies all gradients to add the weight decay
        return torch.optim.SGD(listed, lr=rate, fused=on_gpu, **spec.options)
    return torch.optim.AdamW(listed, lr=rate, fused=True, **spec.options)


def peak_rate(classifier: Classifier, settings: Settings) -> float:
    """Return the peak learning rate that the settings mean for this model; see `Settings.learning_rate`."""
    return rate_of(settings, getattr(classifier.model.config, "hidden_size", USUAL_WIDTH))


def set_learning_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Set the learning rate of every group to `rate` × its scale."""
    for group in optimizer.param_groups:
        group["lr"] = rate * group["scale"]


def optimizer_tensors(optimizer: torch.optim.Optimizer, names: dict[int, str]) -> Tensors:
    """Return the optimizer's state as tensors named `weight/moment`; `names` maps a parameter's id to its name."""
    return {
        f"{names[id(weight)]}/{key}": value
        for weight, state in optimizer.state.items()
        for key, value in state.items()
        if isinstance(value, torch.Tensor)
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, weights: dict[str, torch.nn.Parameter], saved: Tensors) -> None:
    """Restore what `optimizer_tensors` returned."""
    for key, value in saved.items():
        name, _, moment = key.rpartition("/")
        weight = weights[name]
        optimizer.state[weight][moment] = value.to(weight.device)  # fused AdamW needs its step count there, too
