"""The parts of a model by which gradients and updates are told: embeddings, layers, head."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from torch import nn

from core.base.errors import InputError
from core.models.layers import depths


@dataclass(frozen=True)
class Parts:
    """What is trained of a model, from the bottom up."""

    names: tuple[str, ...] = ()
    """`embeddings`, `layer 1`, …, `head`; in a model whose layers share weights `embeddings`, `layers`, `head`."""
    of: dict[str, int] = field(default_factory=dict)
    """The name of a trained parameter → its place in `names`."""


def parts_of(model: nn.Module, trained: Collection[str]) -> Parts:
    """Return the parts of a Hugging Face classifier, given the names of the parameters that are trained."""
    try:
        depth = depths(model)
        top = max(depth.values(), default=0)
        named = {0: "embeddings", **{number: f"layer {number}" for number in range(1, top)}, top: "head"}
    except InputError:
        depth, named = _shared(model), {0: "embeddings", 1: "layers", 2: "head"}
    present = sorted({depth[name] for name in trained})
    place = {number: index for index, number in enumerate(present)}
    return Parts(tuple(named[number] for number in present), {name: place[depth[name]] for name in trained})


def _shared(model: nn.Module) -> dict[str, int]:
    """Return parameter name → 0 embeddings, 1 layers, 2 head, of a model without a list of layers."""
    base = getattr(model, "base_model", model)
    found = {}
    for name, module in base.named_children():
        number = 0 if "embed" in name else 2 if "pool" in name else 1
        found.update({id(weight): number for weight in module.parameters()})
    return {name: found.get(id(weight), 2) for name, weight in model.named_parameters()}
