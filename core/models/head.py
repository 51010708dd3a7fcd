"""The classification head of a model: the linear layers between the output of the encoder and the logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from torch import nn

from core.base.errors import InputError
from core.encoder.architecture import NAMES, architecture_of
from core.models.layers import layer_modules
from core.planning.architecture import UnsupportedModelError


@dataclass(frozen=True)
class Head:
    """The layers of a head: logits = output(activation(dense(first token's output of the encoder)))."""

    dense: nn.Module | None
    """A linear layer [H, H]; None where the head is not known, and only its output layer is."""
    activation: Literal["tanh", "relu"] | None
    output: nn.Module
    """A linear layer [C, F]."""

    @property
    def first(self) -> nn.Module:
        """The layer that reads the output of the encoder, as far as it is known."""
        return self.dense if self.dense is not None else self.output


def head_of(model: nn.Module) -> Head:
    """Return the head of a classifier of Hugging Face or of the native encoder.

    Raises:
        InputError: The model does not end in a linear layer with a bias.
    """
    try:
        family = architecture_of(model).family
    except UnsupportedModelError:
        return Head(None, None, _output(model))
    names = NAMES[family]
    activation: Literal["tanh", "relu"] = "relu" if family == "distilbert" else "tanh"
    return Head(model.get_submodule(names.dense), activation, model.get_submodule(names.output))


def _output(model: nn.Module) -> nn.Linear:
    """Return the last linear layer outside the encoder's layers, which gives one number per class."""
    config: Any = model.config
    inside = {id(module) for layer in layer_modules(model).layers for module in layer.modules()}
    linear = [one for one in model.modules() if isinstance(one, nn.Linear) and id(one) not in inside]
    if not linear or linear[-1].out_features != config.num_labels or linear[-1].bias is None:
        raise InputError(
            f"A baseline cannot use {type(model).__name__}: it does not end in a linear layer with a bias."
        )
    return linear[-1]
