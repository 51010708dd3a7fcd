"""The interface between the training loop and a model.

A `Learner` accumulates the gradients of micro-batches, updates the weights and computes logits. There are two:

    NativeLearner           BERT, RoBERTa and DistilBERT on the CPU, in `core/encoder`
    HuggingFaceLearner      everything else: other architectures, LoRA, GPUs
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from core.data.examples import Examples
from core.learners.tensor_files import Tensors
from core.planning.run_plan import RunPlan

Loss = Callable[[torch.Tensor], torch.Tensor]
"""Maps the logits [B, C] of a micro-batch to its share of the step's loss, 0-dimensional."""


class Learner(Protocol):
    """A model in training. Reviews are passed as `Examples` and [B] positions in them."""

    plan: RunPlan
    """What computes the run, and how much of the model learns."""
    steps_ahead: int
    """Steps that may be queued before the loss of the first is read; 0 on a CPU, which computes at once."""
    compiled: bool
    """Whether torch compiled the module."""
    cached_layers: int
    """Frozen layers whose output `prepare` has cached; 0 if they are computed in every step."""

    @property
    def token_budget(self) -> int:
        """Tokens per micro-batch that suit this machine, measured once."""

    def prepare(self, examples: Sequence[Examples], progress: Callable[[float], None]) -> str:
        """Do once what speeds up every step: compute the output of the frozen layers, or compile the module.

        It changes no result.

        Args:
            progress: called with the fraction computed so far, 0 to 1; not called if there is nothing to compute.

        Returns:
            Sentences for the user; empty if there was nothing to do.
        """

    def learn(
        self, examples: Examples, positions: np.ndarray, loss: Loss, key: tuple[int, int, int], *, first: bool
    ) -> torch.Tensor:
        """Forward and backward pass of one micro-batch, whose gradients are added to those of the step.

        Args:
            key: (seed, step, micro-batch), from which dropout masks are derived.
            first: whether it is the first micro-batch of its step, which overwrites all gradients.

        Returns:
            Its loss, 0-dimensional and on the device.
        """

    def update(self, rate: float) -> torch.Tensor:
        """Update the weights with learning rate `rate`. After an out-of-memory nothing has changed.

        Returns:
            The norm of the gradients before clipping, 0-dimensional and on the device.
        """

    def logits(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        """Return fp32 logits [B, C], without dropout."""

    def weights(self, *, copies: bool = True) -> Tensors:
        """Return the trainable weights by name.

        Args:
            copies: whether to copy them to the CPU; otherwise they are the tensors being trained.
        """

    def moments(self) -> Tensors:
        """Return the optimizer's state by `weight/moment`: the tensors that the next update changes, not copies."""

    def put(self, weights: Tensors) -> None:
        """Set the trainable weights.

        Raises:
            ReviewtuiError: They belong to another model.
        """

    def put_moments(self, moments: Tensors) -> None: ...

    def scaler_state(self) -> dict[str, Any]:
        """Return the state of the fp16 gradient scaler; empty without one."""

    def put_scaler_state(self, state: dict[str, Any]) -> None: ...

    def recompute(self) -> bool:
        """Recompute activations in the backward pass from now on; return False if that is impossible, or on already."""

    def free(self) -> None:
        """Release everything that can be computed again, after an out-of-memory."""

    def finish(self) -> None:
        """Put the trained weights into the classifier's model. Training ends here; it may be called again."""


def frozen_layers(count: int, *, past: bool = False) -> str:
    """Return the beginning of a sentence about `count` layers: 'The 3 frozen layers are'."""
    if count == 1:
        return f"The frozen layer {'was' if past else 'is'}"
    return f"The {count} frozen layers {'were' if past else 'are'}"
