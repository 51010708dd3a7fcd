"""How large gradients and updates are in each part of a model, from what an optimizer keeps.

After an update the weights w, the moments and the gradients tell how far it went, so no copy of the weights is needed:

    AdamW      w' = (1 − ρλ) w − ρ u,  u = m̂ / (√v̂ + ε)    Δ = w' − w = −ρ (u + λ w') / (1 − ρλ)
    SGD        the same, where u is the momentum buffer or the gradient

with learning rate ρ and weight decay λ. Everything is read in chunks, and nothing is written or read from the device.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch

from core.settings.optimizers import OptimizerSpec

CHUNK = 1 << 17
"""The most elements computed at a time on a CPU, whose cache has room for them."""
CHUNK_ON_GPU = 1 << 20


@dataclass(frozen=True)
class Piece:
    """Some weights of one part of the model after an update. All tensors have the same shape."""

    part: int
    """The number of the part, from 0."""
    weight: torch.Tensor
    state: tuple[torch.Tensor, ...]
    """What the optimizer keeps for them, in the order of `OptimizerSpec.state`; the gradient if it keeps nothing; empty
    if the weights were not updated."""
    rate: float
    """The learning rate of the update."""
    decay: float
    """The weight decay, unless `state` contains it."""


def part_norms(parts: int, pieces: Iterable[tuple[int, torch.Tensor]]) -> torch.Tensor:
    """Return the norms [parts] of tensors, given the number of the part to which each belongs.

    They are 0 for parts without any.
    """
    squares: list[list[torch.Tensor]] = [[] for _ in range(parts)]
    for part, whole in pieces:
        squares[part] += [_square(chunk) for (chunk,) in _chunks(whole)]
    return _roots(squares)


def update_ratios(parts: int, pieces: Iterable[Piece], spec: OptimizerSpec, step: torch.Tensor) -> torch.Tensor:
    """Return for each part the norm of the last update, divided by the norm of the weights after it: [parts].

    Args:
        step: 0-dimensional, how many updates the optimizer has made.
    """
    changes: list[list[torch.Tensor]] = [[] for _ in range(parts)]
    weights: list[list[torch.Tensor]] = [[] for _ in range(parts)]
    factor, shift = _divisor(spec, step)
    for piece in pieces:
        scale = piece.rate / (1 - piece.rate * piece.decay)
        for weight, *state in _chunks(piece.weight, *piece.state):
            weights[piece.part].append(_square(weight))
            if not state:
                continue
            if spec.kind == "adamw":
                change = torch.sqrt(state[1]).mul_(factor).add_(shift)
                torch.div(state[0], change, out=change)
            else:
                change = state[0].clone()
            if piece.decay:
                change.add_(weight, alpha=piece.decay)
            changes[piece.part].append(_square(change) * scale**2)
    norms = _roots(weights)
    return torch.where(norms > 0, _roots(changes) / norms, norms)


def _divisor(spec: OptimizerSpec, step: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return a and b of AdamW's u = m / (a √v + b), which holds the bias corrections."""
    if spec.kind != "adamw":
        return step, step
    first, second = (-torch.expm1(step * math.log(beta)) for beta in spec.options["betas"])
    return first / second.sqrt(), first * spec.options["eps"]


def _chunks(*tensors: torch.Tensor) -> Iterator[tuple[torch.Tensor, ...]]:
    """Yield the same parts of tensors of one shape, cut along their first dimension."""
    whole = tensors[0].unsqueeze(0) if tensors[0].ndim == 0 else tensors[0]
    limit = CHUNK if whole.device.type == "cpu" else CHUNK_ON_GPU
    rows = max(limit // max(whole[:1].numel(), 1), 1)
    if len(whole) <= rows:
        yield tensors
        return
    yield from zip(*(torch.split(one, rows) for one in tensors), strict=True)


def _square(tensor: torch.Tensor) -> torch.Tensor:
    """Return the sum of squares."""
    flat = tensor.reshape(-1)
    return torch.dot(flat, flat)


def _roots(squares: list[list[torch.Tensor]]) -> torch.Tensor:
    """Return the square roots [n] of n sums."""
    first = next((one[0] for one in squares if one), torch.zeros(()))
    found = first.new_zeros(len(squares))
    for number, one in enumerate(squares):
        if one:
            found[number] = torch.stack(one).sum()
    return found.sqrt_()
