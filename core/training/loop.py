"""The training loop, top to bottom: epochs, optimizer steps, micro-batches, evaluations, and what a person asks for.

Everything random is a pure function of (seed, epoch) or (seed, step, micro-batch), so `Progress` and the tensors of a
checkpoint are all that a run needs to go on exactly as if it had never stopped. The loop knows no files but through
the `Observer` it is given, and no clock but the one it is given.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any, Literal, Protocol

import msgspec
import numpy as np
import torch

from core.base.errors import ReviewtuiError
from core.base.out_of_memory import Attempt, OutOfMemoryError
from core.data.batches import EpochOrder, length_sorted, steps_per_epoch
from core.data.examples import Examples
from core.data.tokens import SpecialTokens
from core.inference.metrics import measure
from core.learners.choose import build_learner
from core.learners.optimizer import peak_rate
from core.learners.tensor_files import Tensors
from core.models.classifier import Classifier
from core.planning.sizes import EVALUATION_REVIEWS, EVALUATION_TOKENS
from core.runs.control import ControlRequest
from core.runs.progress import Progress
from core.runs.records import EvaluationRecord, MemoryAction, OutOfMemoryRecord, StepRecord
from core.settings.schedule import planned_steps, schedule_of
from core.settings.schema import Settings
from core.training.checkpoints import Checkpoint
from core.training.loss import LossWatch
from core.training.micro_batching import UNLIMITED, MicroBatchLimits, MicroBatchPolicy
from core.training.stepper import Step, Stepper

LOGITS = "/validation_logits"
"""Name, among the best weights, of the logits that they gave on the validation rows; no weight begins with a slash."""

_PAUSE_POLL_SECONDS = 0.1


class DivergedError(ReviewtuiError):
    """Training went wrong for good; the best weights so far are kept."""


class Observer(Protocol):
    """Who is told what happens, and asked what to do."""

    def on_step(self, record: StepRecord) -> None: ...
    def on_evaluation(self, record: EvaluationRecord) -> None: ...
    def on_evaluating(self, fraction: float) -> None: ...
    def on_checkpoint(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint; its tensors are those that are being trained, and stay as they are until `settle`."""

    def settle(self) -> None:
        """Return once all tensors of checkpoints have been read: they are about to change."""

    def on_pause(self, paused: bool) -> None: ...
    def on_memory(self, record: OutOfMemoryRecord) -> None: ...

    def control_requests(self) -> list[ControlRequest]: ...


Outcome = Literal["finished", "stopped", "abandoned"]
"""How the loop ended: all steps done or nothing gained any more; stop-and-save; stop."""


class TrainingLoop:
    """One run's training on one device."""

    def __init__(
        self,
        classifier: Classifier,
        special_tokens: SpecialTokens,
        train: Examples,
        validation: Examples,
        settings: Settings,
        device: torch.device,
        precision: str,
        weights: torch.Tensor | None,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        micro_tokens: int | None = None,
        beat: Callable[[], None] = lambda: None,
    ) -> None:
        """Build it on its learner.

        Args:
            weights: [C] class weights or None; see `core/training/loss.py`.
            micro_tokens: tokens of a micro-batch whose size is left open; None for what suits the machine.
            beat: is called before every forward pass; see `core/runs/heartbeat.py`.
        """
        self._beat = beat
        self.classifier, self.special_tokens, self.settings = classifier, special_tokens, settings
        self.train, self.validation = train, validation
        self.device, self.precision, self.observer = device, precision, observer
        self._clock, self._sleep = clock, sleep
        self.class_weights = weights
        self.peak_rate = peak_rate(classifier, settings)
        self.per_epoch = steps_per_epoch(len(train.rows), settings.batch_size)
        self.steps = planned_steps(settings, self.per_epoch)
        self.schedule = schedule_of(settings, self.steps, self.per_epoch)
        self.learner = build_learner(classifier, special_tokens, settings, device, precision, self.steps)
        self.policy = MicroBatchPolicy(self._limits(micro_tokens), self.learner.recompute)
        self._stepper = Stepper(
            self.learner, train, special_tokens, settings, self.policy, device, weights, observer, beat
        )
        self._evaluation_tokens = min(self.policy.now.tokens, EVALUATION_TOKENS)
        if settings.micro_batch_size != "auto":  # an evaluation takes no more memory than the steps that were asked for
            self._evaluation_tokens = min(EVALUATION_TOKENS, settings.micro_batch_size * special_tokens.max_length)
        self.progress = Progress(steps=self.steps)
        self.best: Tensors = {}
        """The best weights so far with the logits they gave; without the weights while they are those of the model."""
        self._best_is_current = False
        self._checkpoint_due = 0.0
        self._stopped_by: ControlRequest | None = None
        self._unread: deque[Step] = deque()
        self._watch = LossWatch(len(classifier.labels))

    def _limits(self, micro_tokens: int | None) -> MicroBatchLimits:
        """Of a micro-batch, as the settings ask for them."""
        size = self.settings.micro_batch_size
        if size != "auto":
            return MicroBatchLimits(UNLIMITED, size, self.settings.gradient_checkpointing)
        most = self.learner.micro_reviews or self.settings.batch_size
        tokens = micro_tokens or self.learner.micro_tokens
        return MicroBatchLimits(tokens, min(self.settings.batch_size, most), self.settings.gradient_checkpointing)

    def rehearse(self) -> None:
        """Compute the most expensive micro-batch and the most expensive evaluation there can be, and forget them.

        Raises:
            OutOfMemoryError: not even one review fits.
        """
        computed = self._stepper.rehearse()
        found = [
            (examples, examples.longest(EVALUATION_REVIEWS, self.special_tokens))
            for examples in (self.train, self.validation)
        ]
        tokens = [int(examples.lengths(longest, self.special_tokens).sum()) for examples, longest in found]
        if min(max(tokens), self._evaluation_tokens) > computed:  # else it needs less than what was just computed
            self._logits(*found[tokens.index(max(tokens))], lambda fraction: None)

    def prepare(self, progress: Callable[[float], None]) -> str:
        """Compute once what the frozen layers make of all reviews, before the first step; see `Learner.prepare`."""
        return self.learner.prepare((self.train, self.validation), progress)

    def run(self) -> Outcome:
        """Train from where `progress` stands to the end, and leave a checkpoint of it.

        Raises:
            DivergedError: the loss is no number any more, or ran away.
            OutOfMemoryError: not even one review fits; everything up to the last step is in a checkpoint.
        """
        outcome = self._train()
        if outcome != "abandoned":
            self.save_checkpoint()
        return outcome

    def _train(self) -> Outcome:
        self._watch.average = self.progress.average_loss
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds
        while self.progress.step < self.steps:
            epoch, position = divmod(self.progress.step, self.per_epoch)
            order = EpochOrder(len(self.train.rows), self.settings.batch_size, self.settings.seed, epoch)
            for batch in order.batches(lambda positions: self.train.lengths(positions, self.special_tokens), position):
                if self.progress.step == self.schedule.trunk:
                    self._tell_steps()
                    self.save_checkpoint()
                began = self._clock()
                self._copy_best()
                self._unread.append(self._step(batch))
                self.progress.step += 1
                self.progress.reviews += len(batch)
                self._tell_steps(began, unread=self.learner.steps_ahead)
                if self._handle_requests() == "stop":
                    self._tell_steps()
                    return "abandoned"
                if self._stopped_by is not None or self._evaluation_is_due():
                    self._tell_steps()
                    self._evaluate()
                    patience = self.settings.early_stopping_patience
                    if self._stopped_by is not None:
                        return "stopped"
                    if patience is not None and self.progress.without_gain >= patience:
                        return "finished"
                if self.progress.step >= self.steps:
                    break
                if self._clock() >= self._checkpoint_due:
                    self._tell_steps()
                    self.save_checkpoint()
        return "finished"

    def _step(self, batch: np.ndarray) -> Step:
        """One optimizer step over the positions in `batch`, handed out to the device."""
        step = self.progress.step
        rate = self.peak_rate * self.schedule.share(step)
        try:
            return self._stepper.step(step, batch, rate)
        except OutOfMemoryError:
            self._tell_steps()
            self.save_checkpoint()
            raise

    def _tell_steps(self, began: float | None = None, unread: int = 0) -> None:
        """Read the figures of all steps but the last `unread`, and tell the observer.

        Args:
            began: when work began that counts as time, too, whether or not a step can be told; None for now.

        Raises:
            DivergedError: by one of those figures.
        """
        if began is None and len(self._unread) <= unread:
            return
        began = self._clock() if began is None else began
        told = [self._unread.popleft() for _ in range(len(self._unread) - unread)]
        figures = [done.scalars.read() for done in told]
        self.progress.seconds += self._clock() - began
        for done, (loss, norm) in zip(told, figures, strict=True):
            self.observer.on_step(
                StepRecord(
                    step=done.step,
                    epoch=round(done.step / self.per_epoch, 4),
                    loss=loss,
                    learning_rate=done.rate,
                    gradient_norm=norm,
                    reviews=done.reviews,
                    tokens=done.tokens,
                    seconds=round(self.progress.seconds, 4),
                )
            )
            if (complaint := self._watch.complaint(loss, norm, done.step)) is not None:
                raise DivergedError(complaint)
            self.progress.average_loss = self._watch.average

    def _evaluation_is_due(self) -> bool:
        every = self.settings.evaluate_every or self.per_epoch
        return self.progress.step % every == 0 or self.progress.step >= self.steps

    def _evaluate(self) -> None:
        """Measure on the validation rows; keep the weights if they are the best so far."""
        began = self._clock()
        logits = self.predict(self.validation, self.observer.on_evaluating)
        figures = measure(logits, self.validation.labels, self.classifier.labels)
        epoch = round(self.progress.step / self.per_epoch, 4)
        kept = self._is_kept(figures)
        place = {"step": self.progress.step, "epoch": epoch}
        record = msgspec.convert({**place, **figures, "best": kept}, EvaluationRecord)
        if kept:
            self.progress.best = record
            self.best, self._best_is_current = {LOGITS: torch.from_numpy(logits)}, True
        self.progress.seconds += self._clock() - began
        self.observer.on_evaluation(record)

    def _copy_best(self) -> None:
        """Copy the best weights, if they are the model's, before a step changes them; after the last step none does."""
        if self._best_is_current:
            self.best |= self.learner.weights()
            self._best_is_current = False

    def _is_kept(self, figures: dict[str, Any]) -> bool:
        """Whether the weights just measured are the ones to keep, counting evaluations without a gain on the way.

        The best figure wins, but a later evaluation that is worse by less than the figure's standard error, which a
        sample of this size cannot tell apart, wins over an earlier one: its weights have seen more and moved less
        (the learning rate has fallen). A loss has no such margin here.
        """
        metric, progress = self.settings.best_metric, self.progress
        value = -figures[metric] if metric == "loss" else figures[metric]
        if not np.isfinite(figures["loss"]):
            progress.without_gain += 1
            return False
        if progress.peak is None or value > progress.peak:
            progress.peak, progress.without_gain = value, 0
            return True
        progress.without_gain += 1
        peak = progress.peak
        margin = 0.0 if metric == "loss" else (peak * (1 - peak) / len(self.validation.rows)) ** 0.5
        return bool(value >= peak - margin)

    def predict(self, examples: Examples, progress: Callable[[float], None] | None = None) -> np.ndarray:
        """[N, C] fp32 logits of `examples`, in their order.

        Raises:
            OutOfMemoryError: not even one review fits.
        """
        return self._logits(examples, np.arange(len(examples.rows)), progress or (lambda fraction: None))

    def _logits(self, examples: Examples, positions: np.ndarray, progress: Callable[[float], None]) -> np.ndarray:
        """[n, C] fp32 logits of the reviews at [n] `positions`, in smaller batches where memory does not suffice."""
        logits = np.zeros((len(positions), len(self.classifier.labels)), dtype=np.float32)
        lengths = examples.lengths(positions, self.special_tokens)
        left = deque(length_sorted(lengths, self._evaluation_tokens, EVALUATION_REVIEWS))
        done = 0
        while left:
            batch = left.popleft()
            found = Attempt(partial(self._batch_logits, examples, positions[batch]))
            if found.failed:
                self._shrink_evaluation(len(batch), int(lengths[batch].sum()))
                rest = np.concatenate([batch, *left])
                parts = length_sorted(lengths[rest], self._evaluation_tokens, EVALUATION_REVIEWS)
                left = deque(rest[part] for part in parts)
                continue
            logits[batch] = found.result
            done += len(batch)
            progress(done / len(positions))
        return logits

    def _batch_logits(self, examples: Examples, positions: np.ndarray) -> np.ndarray:
        self._beat()
        logits: np.ndarray = self.learner.logits(examples, positions).cpu().numpy()
        return logits

    def _shrink_evaluation(self, reviews: int, tokens: int) -> None:
        """So many reviews did not fit: measure fewer at a time from now on."""
        self.learner.free()
        if reviews == 1:
            raise OutOfMemoryError(f"Out of memory: not even one review of {tokens:,} tokens can be classified.")
        self._evaluation_tokens = -(-tokens // 2)
        self._tell_memory("evaluation", "smaller", was=reviews, now=-(-reviews // 2))

    def _tell_memory(self, where: str, what: MemoryAction, was: int | None = None, now: int | None = None) -> None:
        self.observer.on_memory(
            OutOfMemoryRecord(
                step=self.progress.step,
                where=where,
                what=what,
                was=was,
                micro_batch_size=now,
                micro_batch_tokens=None,
                batch_size=self.settings.batch_size,
            )
        )

    def _handle_requests(self) -> ControlRequest | None:
        """Do what was asked since the last step; returns 'stop' if the run shall end at once."""
        paused = False
        while True:
            for wish in self.observer.control_requests():
                if wish == "stop":
                    return "stop"
                if wish == "stop_and_save":
                    self._stopped_by = wish
                if wish == "checkpoint":
                    self._tell_steps()
                    self.save_checkpoint()
                if wish in ("pause", "continue") and paused != (wish == "pause"):
                    paused = wish == "pause"
                    self._tell_steps()
                    self.observer.on_pause(paused)
            if not paused or self._stopped_by is not None:
                return None
            self._sleep(_PAUSE_POLL_SECONDS)

    def save_checkpoint(self) -> None:
        """Hand a checkpoint of this moment to the observer; where memory does not suffice, the run goes on without."""
        actions: tuple[MemoryAction, ...] = ("again", "skipped")
        for what in actions:
            if not Attempt(self._save_checkpoint).failed:
                break
            self.learner.free()
            self._tell_memory("checkpoint", what)
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds

    def _save_checkpoint(self) -> None:
        self.progress.scaler, self.progress.limits = self.learner.scaler_state(), self.policy.state()
        weights, moments = self.learner.weights(copies=False), self.learner.moments()
        self.observer.on_checkpoint(Checkpoint(replace(self.progress), weights, moments, dict(self.best)))

    def goes_on_from(self, progress: Progress) -> bool:
        """Whether a checkpoint of this progress lies on the way of this run: none of its rates was another's.

        A run that was extended has later ones, taken while the learning rate fell towards its earlier end.
        """
        planned = progress.steps if progress.steps is not None else self.steps
        if planned == self.steps or self.schedule.trunk is None:
            return progress.step <= self.steps
        return schedule_of(self.settings, planned, self.per_epoch).shares_steps_with(self.schedule, progress.step)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Stand where a checkpoint was taken.

        Raises:
            ReviewtuiError: its weights are not this model's.
        """
        if not checkpoint.progress.adopted:
            self.learner.put(checkpoint.weights)
            if checkpoint.optimizer:
                self.learner.put_moments(checkpoint.optimizer)
        checkpoint.progress.adopted = False
        self.learner.put_scaler_state(checkpoint.progress.scaler)
        self.policy.restore(checkpoint.progress.limits)
        self.progress, self.best = checkpoint.progress, checkpoint.best
        self.progress.steps = self.steps
        self._best_is_current = self.best.keys() == {LOGITS}

    def take_best(self) -> np.ndarray | None:
        """Leave the best weights in the module; returns the [N, C] validation logits they gave, or None if none.

        Nothing is trained after that. Where memory does not suffice, it can be called again.
        """
        if not self.best:
            return None
        self.observer.settle()
        if not self._best_is_current:
            self.learner.put(self.best)
            self.best, self._best_is_current = {LOGITS: self.best[LOGITS]}, True
        self.learner.finish()
        logits: np.ndarray = self.best[LOGITS].numpy()
        self.best = {}
        return logits
