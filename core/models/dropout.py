"""Dropout for Hugging Face modules that can be replayed, and is cheap on a CPU.

A mask is a pure function of (seed, step, micro-batch, module), so a step that is repeated, by a resumed run or by
gradient checkpointing, drops the same elements. On a CPU, torch's own generator takes about 5 ns per element, a third
of a training step; NumPy's SFC64 takes a tenth of that. On a GPU, torch's dropout is used.

`install` replaces every `nn.Dropout` of a model by a `SeededDropout`, and `seeded_attention` uses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

ATTENTION = "reviewtui_seeded"
"""Name under which transformers knows `seeded_attention`."""

_VALUES = 1 << 16


@dataclass
class DropoutState:
    """What the masks of a model depend on. Set it before each forward pass."""

    key: tuple[int, int, int] = (0, 0, 0)
    """Seed, step, micro-batch."""


class SeededDropout(nn.Dropout):
    """Drops elements with probability p (to 1/65536) and scales the rest by 1 / (1 − p), as `nn.Dropout` does."""

    def __init__(self, p: float, state: DropoutState, index: int) -> None:
        """Args: index: The number of this dropout in the model."""
        super().__init__(p)
        self._state, self._index = state, index

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        if not self.training or self.p == 0:
            return input
        if input.device.type != "cpu":
            return functional.dropout(input, self.p, training=True)
        return input * self._mask(input)

    def _mask(self, like: torch.Tensor) -> torch.Tensor:
        """Return a mask of 0 and 1 / (1 − p), in the shape and type of `like`."""
        bits = np.random.SFC64(np.random.SeedSequence([*self._state.key, self._index]))
        words = bits.random_raw(-(-like.numel() // 4))
        uniform = torch.from_numpy(words.view(np.int16)[: like.numel()]).view(like.shape)
        dropped = round(self.p * _VALUES)
        kept = uniform >= dropped - _VALUES // 2
        return kept.to(like.dtype).mul_(_VALUES / (_VALUES - dropped))


def install(model: nn.Module) -> DropoutState:
    """Replace the dropouts of `model` in place; return the state on which their masks depend."""
    state = DropoutState()
    dropouts = [
        (parent, name, child)
        for parent in model.modules()
        for name, child in parent.named_children()
        if type(child) is nn.Dropout
    ]
    for index, (parent, name, child) in enumerate(dropouts):
        setattr(parent, name, SeededDropout(child.p, state, index))
    return state


def register_attention() -> None:
    """Register `seeded_attention` with transformers, with the additive mask that eager attention uses."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import eager_mask

    AttentionInterface.register(ATTENTION, seeded_attention)
    AttentionMaskInterface.register(ATTENTION, eager_mask)


def seeded_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """Compute the attention of query, key and value [B, A, L, D], and return [B, L, A, D].

    The softmax is computed in fp32 and converted back to the type of the products, so that dropout moves fewer bytes.
    """
    scale = query.size(-1) ** -0.5 if scaling is None else scaling
    scores = torch.matmul(query * scale, key.transpose(2, 3))
    if attention_mask is not None:
        scores = scores + attention_mask.to(scores.dtype)
    weights = functional.softmax(scores, dim=-1, dtype=torch.float32).to(scores.dtype)
    seeded = getattr(module, "dropout", None)
    if isinstance(seeded, SeededDropout):
        weights = seeded(weights)
    else:
        weights = functional.dropout(weights, p=dropout, training=module.training)
    return torch.matmul(weights, value).transpose(1, 2).contiguous(), None
