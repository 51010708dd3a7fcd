"""An encoder seen as a stack: embeddings, layers from the lowest up, and the head on top.

Freezing and per-layer learning rates both speak of this stack, whatever the library calls its parts.
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
        """Depth of the head: embeddings are at 0, the lowest layer at 1, the head above the last layer."""
        return len(self.layers) + 1


def layer_modules(model: nn.Module) -> Stack:
    """Find the stack inside a Hugging Face classifier.

    Raises:
        InputError: its layers cannot be told apart (ALBERT shares one between all depths).
    """
    base: Any = getattr(model, "base_model", model)
    count = getattr(getattr(model, "config", None), "num_hidden_layers", None)
    lists = [module for module in base.modules() if isinstance(module, nn.ModuleList) and len(module) == count]
    if not lists:
        raise InputError("This model's layers cannot be told apart; set freeze_layers none, layer_decay 1 and no lora.")
    layers = tuple(lists[0])
    embeddings = tuple(module for name, module in base.named_children() if "embed" in name)
    return Stack(embeddings, layers)


def freeze(model: nn.Module, choice: str | int) -> tuple[nn.Module, ...]:
    """Freeze what `freeze_layers` asks for; return the frozen modules.

    Args:
        choice: 'none', 'embeddings', 'encoder' (all but the head), or k (embeddings and the k lowest layers).

    Raises:
        InputError: the model has fewer layers than k.
    """
    if choice == "none":
        return ()
    stack = layer_modules(model)
    if choice == "encoder":
        choice = len(stack.layers)
    lowest = 0 if choice == "embeddings" else int(choice)
    if lowest > len(stack.layers):
        raise InputError(f"freeze_layers {lowest} is more than the {len(stack.layers)} layers that this model has.")
    frozen = (*stack.embeddings, *stack.layers[:lowest])
    for module in frozen:
        module.requires_grad_(False)
    if lowest == len(stack.layers):
        frozen = (*frozen, *_freeze_between(model, stack))
    return frozen


def _freeze_between(model: nn.Module, stack: Stack) -> list[nn.Module]:
    """Freeze what lies between the last layer and the pooler, such as a final normalisation."""
    base: Any = getattr(model, "base_model", model)
    between = [module for name, module in base.named_children() if "norm" in name.lower()]
    for module in between:
        module.requires_grad_(False)
    return between


def depths(model: nn.Module) -> dict[str, int]:
    """Depth in the stack of every parameter, by name; see `Stack.top`."""
    stack = layer_modules(model)
    by_identity: dict[int, int] = {}
    for module in stack.embeddings:
        by_identity.update({id(weight): 0 for weight in module.parameters()})
    for depth, module in enumerate(stack.layers, start=1):
        by_identity.update({id(weight): depth for weight in module.parameters()})
    return {name: by_identity.get(id(weight), stack.top) for name, weight in model.named_parameters()}
