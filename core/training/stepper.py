"""One optimizer step: its micro-batches, and what happens when one of them does not fit in memory.

Then the step is done again from its beginning, in smaller micro-batches: the first of them overwrites all gradients,
so every review counts once, the batch is averaged as a whole, and the gradients are the same but for rounding. What a
micro-batch drops depends on (seed, step, number of the micro-batch), so a parting in other places drops other elements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
import torch

from core.base.out_of_memory import Attempt, OutOfMemoryError
from core.data.examples import Examples
from core.data.tokens import SpecialTokens
from core.learners.base import Learner
from core.models.device import send
from core.runs.records import MemoryAction, OutOfMemoryRecord
from core.settings.schema import Settings
from core.training.async_scalars import AsyncScalars
from core.training.loss import loss_sum, step_divisor
from core.training.micro_batching import UNLIMITED, MicroBatchPolicy

T = TypeVar("T")

UPDATE = "optimizer step"
GRADIENTS = "forward and backward pass"


@dataclass(frozen=True)
class Step:
    """An optimizer step that was handed out to the device."""

    step: int
    """Its number, from 1 on."""
    rate: float
    reviews: int
    tokens: int
    scalars: AsyncScalars
    """Loss and gradient norm."""


class StepObserver(Protocol):
    """What of `core.training.loop.Observer` steps need."""

    def on_memory(self, record: OutOfMemoryRecord) -> None: ...
    def settle(self) -> None: ...


class Stepper:
    """Makes optimizer steps on the training reviews."""

    def __init__(
        self,
        learner: Learner,
        train: Examples,
        special_tokens: SpecialTokens,
        settings: Settings,
        policy: MicroBatchPolicy,
        device: torch.device,
        class_weights: torch.Tensor | None,
        observer: StepObserver,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Args: beat: see the loop's."""
        self._beat = beat
        self._learner, self._train, self._special_tokens, self._settings = learner, train, special_tokens, settings
        self._policy, self._device, self._observer = policy, device, observer
        self._class_weights = class_weights
        self._loss_weights = class_weights.to(device) if class_weights is not None else None
        self._reviews = self._tokens = 0
        """Of the micro-batch being computed; 0 reviews in the optimizer's own part."""

    def step(self, number: int, batch: np.ndarray, rate: float) -> Step:
        """Step `number`, counted from 0, over the positions in `batch`.

        Raises:
            OutOfMemoryError: it does not fit in memory, whatever is done.
        """
        if self._policy.grow(number):
            self._say(number, GRADIENTS, "larger")
        return self._fitted(number, lambda: self._try(number, batch, rate))

    def rehearse(self) -> int:
        """The most expensive micro-batch of the run, forward and backward, without a step: what will not fit shows now.

        It leaves nothing behind but gradients, which the first step overwrites, and limits that fit.

        Returns:
            Its tokens.

        Raises:
            OutOfMemoryError: not even one review fits.
        """
        longest = self._train.longest(self._settings.batch_size, self._special_tokens)
        lengths = self._train.lengths(longest, self._special_tokens)

        def work() -> None:
            most = self._policy.now.largest(lengths)
            self._gradients(0, longest[most], 0, self._divisor(longest))

        self._fitted(0, work)
        return self._tokens

    def _fitted(self, number: int, work: Callable[[], T]) -> T:
        """What `work` returns, once micro-batches are small enough for it."""
        updates_failed = 0
        while (done := Attempt(work)).failed:
            self._learner.free()
            if self._reviews == 0:
                updates_failed += 1
                if updates_failed > 1:
                    raise OutOfMemoryError(
                        f"Out of memory in the optimizer's part of step {number + 1}, twice in a row."
                    )
                self._say(number, UPDATE, "again")
                continue
            reviews = self._reviews
            if not self._policy.shrink(number, reviews, self._tokens):
                raise OutOfMemoryError(
                    f"Out of memory at step {number + 1}: not even one review of {self._tokens:,} tokens fits, with "
                    "its activations computed twice."
                )
            self._say(number, GRADIENTS, "smaller" if reviews > 1 else "recompute", was=reviews)
        return done.result

    def _say(self, number: int, where: str, what: MemoryAction, was: int | None = None) -> None:
        limits = self._policy.now
        self._observer.on_memory(
            OutOfMemoryRecord(
                step=number,
                where=where,
                what=what,
                was=was,
                micro_batch_size=-(-was // 2) if was is not None else limits.reviews,
                micro_batch_tokens=limits.tokens if limits.tokens < UNLIMITED else None,
                batch_size=self._settings.batch_size,
            )
        )

    def _try(self, number: int, batch: np.ndarray, rate: float) -> Step:
        lengths = self._train.lengths(batch, self._special_tokens)
        divisor = self._divisor(batch)
        total = torch.zeros((), device=self._device)
        for part, inside in enumerate(self._policy.now.parts(lengths)):
            total += self._gradients(number, batch[inside], part, divisor)
        self._reviews = 0
        self._observer.settle()
        norm = self._learner.update(rate)
        return Step(number + 1, rate, len(batch), int(lengths.sum()), AsyncScalars(total, norm))

    def _divisor(self, batch: np.ndarray) -> float:
        return step_divisor(torch.from_numpy(self._train.labels[batch]), self._class_weights)

    def _gradients(self, number: int, micro: np.ndarray, part: int, divisor: float) -> torch.Tensor:
        """Add the gradients of one micro-batch; returns its share of the loss."""
        self._beat()
        self._reviews, self._tokens = len(micro), int(self._train.lengths(micro, self._special_tokens).sum())
        targets = send(self._train.labels[micro], self._device)

        def loss(logits: torch.Tensor) -> torch.Tensor:
            return loss_sum(logits, targets, self._loss_weights, self._settings.label_smoothing) / divisor

        key = (self._settings.seed, number, part)
        return self._learner.learn(self._train, micro, loss, key, first=part == 0)
