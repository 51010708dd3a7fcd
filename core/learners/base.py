"""What the training loop asks of a model, whatever computes it, and the choice of what does.

A `Learner` adds up the gradients of micro-batches, makes optimizer steps and gives logits. There are two:

    NativeLearner           BERT, RoBERTa and DistilBERT on the CPU, in `core/encoder`
    HuggingFaceLearner      everything else: other architectures, LoRA, GPUs
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch

from core.data.examples import Examples
from core.learners.tensor_files import Tensors

Loss = Callable[[torch.Tensor], torch.Tensor]
"""From the logits [B, C] of a micro-batch to its share of the step's loss."""


@dataclass(frozen=True)
class ComputePath:
    """What computes a run, and why."""

    name: str
    """native or transformers"""
    why: str


class Learner(Protocol):
    """A model that learns. Reviews are given as their examples and [B] positions in them."""

    path: ComputePath
    micro_reviews: int | None
    """Reviews that it may have then; None for any number."""
    steps_ahead: int
    """Steps that may be handed out before the figures of the first are read: 0 on the CPU, where handing out is doing.
    """
    compiled: bool
    """Whether torch compiled the module."""
    cached_layers: int
    """Layers whose output `prepare` has kept; 0 where they are computed whenever they are needed."""

    @property
    def micro_tokens(self) -> int:
        """Tokens that a micro-batch may have where its size is left open."""

    def prepare(self, examples: Sequence[Examples], progress: Callable[[float], None]) -> str:
        """Do once what pays over a run on these examples: compute what the frozen layers make of them, or compile.

        Without it the same is learned, but slower.

        Args:
            progress: called with the share that is computed; not at all where nothing has to be.

        Returns:
            What a person should know about it, in sentences; empty where nothing was to do.
        """

    def learn(
        self, examples: Examples, positions: np.ndarray, loss: Loss, key: tuple[int, int, int], *, first: bool
    ) -> torch.Tensor:
        """Forward and backward of one micro-batch; returns its loss, 0-dimensional and still on the device.

        Args:
            key: seed, step, micro-batch: what its dropout depends on.
            first: whether it is the first micro-batch of its step.
        """

    def update(self, rate: float) -> torch.Tensor:
        """One optimizer step with learning rate `rate`; where memory does not suffice for it, nothing is changed.

        Returns:
            The norm of the gradients before they were clipped, 0-dimensional and still on the device.
        """

    def logits(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        """[B, C] fp32, nothing dropped."""

    def weights(self, *, copies: bool = True) -> Tensors:
        """The weights that learn, by name.

        Args:
            copies: on the CPU; else those that are being trained.
        """

    def moments(self) -> Tensors:
        """The optimizer's state, by `weight/moment`: what the next update will change, not copies."""

    def put(self, weights: Tensors) -> None:
        """Take weights as `weights` gives them.

        Raises:
            ReviewtuiError: they are another model's.
        """

    def put_moments(self, moments: Tensors) -> None: ...

    def scaler_state(self) -> dict[str, Any]:
        """State of the fp16 gradient scaler; empty where there is none."""

    def put_scaler_state(self, state: dict[str, Any]) -> None: ...

    def recompute(self) -> bool:
        """Keep less for the backward pass from now on, and compute it again; False if that cannot be, or is so."""

    def free(self) -> None:
        """Let go of whatever can be made again: memory is short."""

    def finish(self) -> None:
        """Leave the trained weights in the classifier's module; nothing is learned after that. May be called again."""


def frozen_layers(count: int, *, past: bool = False) -> str:
    """The beginning of a sentence about so many layers: 'The 3 frozen layers are'."""
    if count == 1:
        return f"The frozen layer {'was' if past else 'is'}"
    return f"The {count} frozen layers {'were' if past else 'are'}"
