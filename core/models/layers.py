"""An encoder classifier as a stack: embeddings, layers from the lowest up, and the head on top.

Freezing, layer-wise learning rates and LoRA use this view, whatever a model calls its parts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from torch import nn

from core.base.errors import InputError


@dataclass(frozen=True)
class Stack:
    """The parts of an encoder classifier, bottom to top."""

    embeddings: tuple[nn.Module, ...]
    layers: tuple[nn.Module, ...]

    @property
    def top(self) -> int:
        """Depth of the head. Embeddings have depth 0, the lowest layer has depth 1."""
        return len(self.layers) + 1


def layer_modules(model: nn.Module) -> Stack:
    """Return the stack of a Hugging Face classifier.

    Raises:
        InputError: The model has no list of separate layers (ALBERT uses one layer at all depths).
    """
    base: Any = getattr(model, "base_model", model)
    count = getattr(getattr(model, "config", None), "num_hidden_layers", None)
    lists = [module for module in base.modules() if isinstance(module, nn.ModuleList) and len(module) == count]
    if not lists:
        raise InputError("This model has no separate layers; set freeze_layers none, layer_decay 1 and lora false.")
    layers = tuple(lists[0])
    embeddings = tuple(module for name, module in base.named_children() if "embed" in name)
    return Stack(embeddings, layers)


def freeze(model: nn.Module, choice: str | int) -> tuple[nn.Module, ...]:
    """Freeze the modules that a `freeze_layers` setting names, and return them.

    Args:
        choice: 'none', 'embeddings', 'encoder' (all but the head), or k (embeddings and the k lowest layers).

    Raises:
        InputError: The model has fewer layers than k.
    """
    if choice == "none":
        return ()
    stack = layer_modules(model)
    if choice == "encoder":
        choice = len(stack.layers)
    lowest = 0 if choice == "embeddings" else int(choice)
    if lowest > len(stack.layers):
        raise InputError(f"freeze_layers is {lowest}, but this model has only {len(stack.layers)} layers.")
    frozen = (*stack.embeddings, *stack.layers[:lowest])
    for module in frozen:
        module.requires_grad_(False)
    if lowest == len(stack.layers):
        frozen = (*frozen, *_freeze_between(model, stack))
    return frozen


def _freeze_between(model: nn.Module, stack: Stack) -> list[nn.Module]:
    """Freeze and return what is between the last layer and the pooler, such as a final layer norm."""
    base: Any = getattr(model, "base_model", model)
    between = [module for name, module in base.named_children() if "norm" in name.lower()]
    for module in between:
        module.requires_grad_(False)
    return between


def depths(model: nn.Module) -> dict[str, int]:
    """Return parameter name → depth in the stack; see `Stack.top`."""
    stack = layer_modules(model)
    by_identity: dict[int, int] = {}
    for module in stack.embeddings:
        by_identity.update({id(weight): 0 for weight in module.parameters()})
    for depth, module in enumerate(stack.layers, start=1):
        by_identity.update({id(weight): depth for weight in module.parameters()})
    return {name: by_identity.get(id(weight), stack.top) for name, weight in model.named_parameters()}
