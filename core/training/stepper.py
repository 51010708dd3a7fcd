"""One optimizer step: forward and backward of its micro-batches, the update, and a retry if they do not fit in memory.

A retry repeats the whole step in smaller micro-batches. The first of them overwrites all gradients, so every review
counts once, and the gradients are the same except for rounding. Dropout masks depend on (seed, step, number of the
micro-batch), so micro-batches split in other places drop other elements.
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
from core.planning.run_plan import UNLIMITED
from core.runs.records import MemoryAction, OutOfMemoryRecord
from core.settings.schema import Settings
from core.training.async_scalars import AsyncScalars
from core.training.close_look import CloseLook, LookBudget
from core.training.loss import Objective
from core.training.micro_batching import MicroBatchPolicy

T = TypeVar("T")

UPDATE = "optimizer step"
GRADIENTS = "forward and backward pass"


@dataclass(frozen=True)
class Step:
    """An optimizer step that the device has been given to compute."""

    step: int
    """Its number, from 1."""
    rate: float
    reviews: int
    tokens: int
    scalars: AsyncScalars
    """Loss and gradient norm; after a close look also the figures of `CloseLook.after_update`."""


@dataclass(frozen=True)
class _Batch:
    """B reviews of one step."""

    positions: np.ndarray
    lengths: np.ndarray
    """[B] tokens of each, special tokens included."""
    divisors: tuple[float, ...]
    """The divisors of the sums in the loss of the step; see `core/training/loss.py`."""


@dataclass(frozen=True)
class _Size:
    """The size of the micro-batch being computed."""

    reviews: int
    tokens: int


class StepObserver(Protocol):
    """The part of `core.training.observer.Observer` that steps need."""

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
        objective: Objective,
        observer: StepObserver,
        heartbeat: Callable[[], None] = lambda: None,
        look: CloseLook | None = None,
    ) -> None:
        """Args:
        objective: What is minimized.
        heartbeat: called before every forward pass.
        look: at some of the steps; None for one of this stepper's own.
        """
        self._look = look or CloseLook(learner, LookBudget(0))
        self._learner, self._train, self._special_tokens, self._settings = learner, train, special_tokens, settings
        self._policy, self._device, self._observer, self._heartbeat = policy, device, observer, heartbeat
        self._objective, self._spent = objective, learner.spent
        self._computing: _Size | None = None
        """None during the update."""

    def step(self, number: int, positions: np.ndarray, rate: float) -> Step:
        """Make step `number`, counted from 0, over the reviews at [B] `positions`, with learning rate `rate`.

        Raises:
            OutOfMemoryError: The step does not fit in memory, even with one review at a time.
        """
        if self._policy.grow(number):
            self._report(number, GRADIENTS, "larger")
        with self._spent.on("input"):
            batch = self._batch(positions)
        return self._until_it_fits(number, lambda: self._compute(number, batch, rate))

    def _compute(self, number: int, batch: _Batch, rate: float) -> Step:
        total = torch.zeros((), device=self._device)
        for part, inside in enumerate(self._policy.parts(batch.lengths)):
            total += self._forward_backward(number, batch, part, inside)
        self._computing = None
        self._look.before_update(number)
        with self._spent.on("checkpoint"):
            self._observer.settle()
        with self._spent.on("optimizer"):
            norm = self._learner.update(rate)
        figures = self._look.after_update(number, rate)
        tokens = int(batch.lengths.sum())
        return Step(number + 1, rate, len(batch.positions), tokens, AsyncScalars(total, norm, *figures))

    def _forward_backward(self, number: int, batch: _Batch, part: int, inside: slice) -> torch.Tensor:
        """Add the gradients of micro-batch `part`; return its share of the loss."""
        positions = batch.positions[inside]
        self._heartbeat()
        self._computing = _Size(len(positions), int(batch.lengths[inside].sum()))
        loss = self._objective.loss(positions, batch.divisors)
        key = (self._settings.seed, number, part)

        def between(*outputs: torch.Tensor) -> torch.Tensor:
            """Compute the loss: the forward pass ends with it, and the backward pass begins."""
            value = loss(*outputs)
            self._spent.switch("backward")
            return value

        with self._spent.on("input"):
            layers = self._objective.layers
            return self._learner.learn(self._train, positions, between, key, first=part == 0, layers=layers)

    def rehearse(self) -> int:
        """Compute the run's most expensive micro-batch: what does not fit in memory shows before the first step.

        All that remains of it is gradients, which the first step overwrites, and micro-batch limits that fit.

        Returns:
            Tokens of that micro-batch.

        Raises:
            OutOfMemoryError: Not even one review fits.
        """
        batch = self._batch(self._train.longest(self._settings.batch_size, self._special_tokens))

        def work() -> int:
            inside = self._policy.largest(batch.lengths)
            self._forward_backward(0, batch, 0, inside)
            return int(batch.lengths[inside].sum())

        return self._until_it_fits(0, work)

    def _batch(self, positions: np.ndarray) -> _Batch:
        lengths = self._train.lengths(positions, self._special_tokens)
        return _Batch(positions, lengths, self._objective.divisors(positions))

    def _until_it_fits(self, number: int, work: Callable[[], T]) -> T:
        """Do `work` until there is enough memory for it, in smaller micro-batches each time; return its result."""
        updates_failed = 0
        while (attempt := Attempt(work)).failed:
            self._learner.free()
            if (size := self._computing) is not None:
                self._shrink(number, size)
                continue
            updates_failed += 1
            if updates_failed > 1:
                raise OutOfMemoryError(f"Out of memory in the optimizer's update of step {number + 1}, twice in a row.")
            self._report(number, UPDATE, "again")
        return attempt.result

    def _shrink(self, number: int, failed: _Size) -> None:
        if not self._policy.shrink(number, failed.reviews, failed.tokens):
            raise OutOfMemoryError(
                f"Out of memory at step {number + 1}: not even one review of {failed.tokens:,} tokens fits, with its "
                "activations recomputed in the backward pass."
            )
        self._report(number, GRADIENTS, "smaller" if failed.reviews > 1 else "recompute", was=failed.reviews)

    def _report(self, number: int, where: str, what: MemoryAction, was: int | None = None) -> None:
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
