"""The interface between the training loop and a model.

A `Learner` accumulates the gradients of micro-batches, updates the weights and computes logits. There are two:

    NativeLearner           BERT, RoBERTa and DistilBERT on the CPU, computed by `core/encoder`
    HuggingFaceLearner      everything else: other architectures, LoRA, GPUs
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch

from core.data.examples import Examples
from core.learners.parts import Parts
from core.learners.tensor_files import Tensors
from core.learners.time_spent import TimeSpent
from core.planning.run_plan import RunPlan

Loss = Callable[..., torch.Tensor]
"""Maps the logits [B, C] of a micro-batch, followed by the output [B, H] for the first token of each layer that was
asked for, to the micro-batch's share of the step's loss: a 0-dimensional tensor."""


class Learner(Protocol):
    """A model in training. Reviews are passed as `Examples` and positions [B] in them."""

    plan: RunPlan
    """The path that computes the run, and the layers that are trained."""
    steps_ahead: int
    """How many steps may be queued before the loss of the first is read; 0 on a CPU, which computes immediately."""
    compiled: bool
    """Whether torch compiled the module."""
    cached_layers: int
    """Frozen layers whose output `prepare` has cached; 0 if they are computed in every step."""
    found_layers: bool
    """Whether an earlier run had computed all of that output."""
    parts: Parts
    """What is trained: P parts of the model."""
    spent: TimeSpent
    """Told by `learn` when what it computes from is there; `TrainingLoop` puts its own in place."""

    @property
    def token_budget(self) -> int:
        """The best number of tokens in a micro-batch on this machine, measured once."""

    def prepare(self, examples: Sequence[Examples], progress: Callable[[float], None]) -> str:
        """Do the work that speeds up every step: compute the output of the frozen layers, or compile the module.

        The results of training do not change.

        Args:
            examples: The examples that the run uses.
            progress: Called with the fraction done, 0 to 1; not called if there is nothing to compute.

        Returns:
            Messages for the user; empty if there was nothing to do.
        """

    def learn(
        self,
        examples: Examples,
        positions: np.ndarray,
        loss: Loss,
        key: tuple[int, int, int],
        *,
        first: bool,
        layers: Sequence[int] = (),
    ) -> torch.Tensor:
        """Run the forward and backward pass of one micro-batch, and add its gradients to those of the step.

        Args:
            examples: The examples that contain the micro-batch.
            positions: Positions [B] of its reviews in `examples`.
            loss: Computes the loss from the logits, and from what else is asked for.
            key: (seed, step, micro-batch), from which dropout masks are derived.
            first: Whether this is the first micro-batch of its step, which overwrites all gradients.
            layers: Layers whose output for the first tokens the loss reads, in ascending order and counted from 1.
                None of them may be frozen.

        Returns:
            The loss of the micro-batch, a 0-dimensional tensor on the device.
        """

    def update(self, rate: float) -> torch.Tensor:
        """Update the weights with learning rate `rate`. If memory runs out, nothing has changed.

        Returns:
            The norm of the gradients before clipping, a 0-dimensional tensor on the device.
        """

    def gradient_norms(self) -> torch.Tensor:
        """Return the norm of the gradients in each part of the model: [P], on the device. Call it before `update`.

        Nothing is changed or read from the device, here and in `update_ratios`.
        """

    def update_ratios(self, rate: float) -> torch.Tensor:
        """Return by how much the last update changed each part, as a share of the norm of its weights: [P].

        Word embeddings count if they are trained: with the native encoder those in use, otherwise the whole table.

        Args:
            rate: The learning rate of that update.
        """

    def logits(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        """Return the fp32 logits [B, C] of the reviews at `positions`, computed without dropout."""

    def head_inputs(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        """Return in fp32 what the head reads of the reviews at `positions`, computed without dropout: [B, H].

        It is the encoder's output for the first token where the head is known; see `core/models/head.py`.
        """

    def outputs(self, examples: Examples, positions: np.ndarray, layers: Sequence[int]) -> tuple[torch.Tensor, ...]:
        """Return the fp32 logits [B, C] of the reviews at `positions`, and the output [B, H] of each of some layers.

        Everything is computed without dropout, and nothing is read from a cache.

        Args:
            layers: In ascending order, counted from 1. Their output is that for the first token of each review.
        """

    def weights(self, *, copies: bool = True) -> Tensors:
        """Return the trainable weights by name.

        Args:
            copies: Whether to copy them to the CPU. Otherwise they are the tensors being trained.
        """

    def moments(self) -> Tensors:
        """Return the optimizer's state by `weight/moment`: not copies, but the tensors that the next update changes."""

    def put(self, weights: Tensors) -> None:
        """Set the trainable weights.

        Raises:
            ReviewtuiError: The weights belong to another model.
        """

    def put_moments(self, moments: Tensors) -> None:
        """Set the optimizer's state to what `moments` returned."""

    def scaler_state(self) -> dict[str, Any]:
        """Return the state of the fp16 gradient scaler; empty if there is none."""

    def put_scaler_state(self, state: dict[str, Any]) -> None:
        """Set the state of the gradient scaler to what `scaler_state` returned."""

    def discard_rehearsal(self) -> None:
        """Forget whatever a rehearsal has left, so that a run that was rehearsed equals one that was not to the bit.

        To be called before the first step of this worker.
        """

    def recompute(self) -> bool:
        """Recompute activations in the backward pass from now on. Return False if that is impossible or already so."""

    def free(self) -> None:
        """Free everything that can be computed again, after memory has run out."""

    def finish(self) -> None:
        """End the training, and put the trained weights into the classifier's model. May be called repeatedly."""


def frozen_layers(count: int, *, past: bool = False) -> str:
    """Return the beginning of a sentence about `count` layers: `The 3 frozen layers are`."""
    if count == 1:
        return f"The frozen layer {'was' if past else 'is'}"
    return f"The {count} frozen layers {'were' if past else 'are'}"
