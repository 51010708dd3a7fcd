"""The training loop: epochs, optimizer steps, evaluations, checkpoints, and requests to pause or stop.

Order and dropout are pure functions of (seed, epoch) and (seed, step, micro-batch), so `Progress` and the tensors of a
checkpoint are all that a run needs to continue exactly as if it had never stopped. The loop touches no files, and takes
time from the clock it is given.

    stepper.py        one optimizer step
    evaluator.py      logits of the validation rows
    best_weights.py   which weights are kept
    close_look.py     gradients and updates by part of the model, at some steps
    time_reports.py   what the time was spent on
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Literal

import msgspec
import numpy as np
import torch

from core.base.errors import ReviewtuiError
from core.base.out_of_memory import Attempt, OutOfMemoryError
from core.data.batches import EpochOrder, steps_per_epoch
from core.data.examples import Examples
from core.data.tokens import SpecialTokens
from core.inference.metrics import measure
from core.learners.choose import build_learner
from core.learners.optimizer import peak_rate
from core.learners.time_on_gpu import time_spent
from core.models.classifier import Classifier
from core.planning.run_plan import evaluation_tokens
from core.runs.progress import Progress
from core.runs.records import EvaluationRecord, MemoryAction, OutOfMemoryRecord
from core.settings.schedule import planned_steps, schedule_of
from core.settings.schema import Settings
from core.training.best_weights import BestWeights, judge
from core.training.checkpoints import Checkpoint
from core.training.close_look import SHARE, SHARE_ON_GPU, CloseLook, LookBudget
from core.training.evaluator import Evaluator
from core.training.loss import LossWatch, Objective, cross_entropy
from core.training.micro_batching import MicroBatchPolicy
from core.training.observer import Observer
from core.training.step_records import layers_record, step_record
from core.training.stepper import Step, Stepper
from core.training.time_reports import TimeReports

_PAUSE_POLL_SECONDS = 0.1


class DivergedError(ReviewtuiError):
    """Raised when the loss is NaN or has grown out of bounds. The best weights so far are kept."""


Outcome = Literal["finished", "stopped", "abandoned"]
"""How the loop ended: all steps done or early stopping, a request to stop and save, a request to stop at once."""


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
        objective: Objective | None,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
        micro_tokens: int | None = None,
        heartbeat: Callable[[], None] = lambda: None,
    ) -> None:
        """Args:
        objective: What is minimized; None for the cross-entropy of the labels, as the settings ask for it.
        clock: returns seconds.
        micro_tokens: tokens per micro-batch if its size is auto; None for what suits the machine.
        heartbeat: called before every forward pass; see `core/runs/heartbeat.py`.
        """
        self.classifier, self.special_tokens, self.settings = classifier, special_tokens, settings
        self.train, self.validation = train, validation
        objective = objective or cross_entropy(train.labels, len(classifier.labels), settings, device)
        self.device, self.precision, self.observer = device, precision, observer
        self._clock, self._sleep = clock, sleep
        self.peak_rate = peak_rate(classifier, settings)
        self.per_epoch = steps_per_epoch(len(train.rows), settings.batch_size)
        self.steps = planned_steps(settings, self.per_epoch)
        self.schedule = schedule_of(settings, self.steps, self.per_epoch)
        self.learner = build_learner(classifier, special_tokens, settings, device, precision, self.steps)
        self.spent = self.learner.spent = time_spent(device, clock)
        self._times = TimeReports(self.spent, clock, observer.on_time)
        plan, is_auto = self.learner.plan, settings.micro_batch_size == "auto"
        # a head alone takes whole batches, so no budget is measured for it
        budget = self.learner.token_budget if is_auto and micro_tokens is None and not plan.head_only else 0
        limits = plan.limits(settings, budget)
        if is_auto and micro_tokens is not None:
            limits = replace(limits, tokens=micro_tokens)
        self.policy = MicroBatchPolicy(limits, self.learner.recompute)
        share = SHARE if device.type == "cpu" else SHARE_ON_GPU
        look = CloseLook(self.learner, LookBudget(self.steps, clock, share), clock)
        self._stepper = Stepper(
            self.learner, train, special_tokens, settings, self.policy, device, objective, observer, heartbeat, look
        )
        self._evaluator = Evaluator(
            self.learner,
            special_tokens,
            len(classifier.labels),
            evaluation_tokens(limits, special_tokens.max_length),
            lambda reviews: self._report_memory("evaluation", "smaller", reviews),
            heartbeat,
        )
        self.best = BestWeights(self.learner)
        self.progress = Progress(steps=self.steps)
        self._unread: deque[Step] = deque()
        """Steps whose loss the device may still be computing."""
        self._loss_watch = LossWatch(objective.chance)
        self._checkpoint_due = 0.0
        self._stopping = False

    def prepare(self, progress: Callable[[float], None]) -> str:
        """Do once, before the first step, what saves time in every step; see `Learner.prepare`.

        Computing the output of the frozen layers counts as training time. A resumed run has counted it before.
        """
        began = self._clock()
        sentence = self.learner.prepare((self.train, self.validation), progress)
        if not self.progress.seconds and self.learner.cached_layers:
            self.progress.seconds = self._clock() - began
        return sentence

    def rehearse(self) -> None:
        """Compute the most expensive micro-batch and the most expensive evaluation batch, and discard them.

        Raises:
            OutOfMemoryError: Not even one review fits.
        """
        self._evaluator.rehearse((self.train, self.validation), self._stepper.rehearse())
        self.learner.discard_rehearsal()

    def run(self) -> Outcome:
        """Train from where `progress` stands to the end, and leave a checkpoint unless the run is abandoned.

        Raises:
            DivergedError: The loss is NaN or has grown out of bounds.
            OutOfMemoryError: Not even one review fits. A checkpoint holds everything up to the last step.
        """
        self.spent.begin()
        try:
            return self._train()
        except OutOfMemoryError:
            self._report_steps()
            self.save_checkpoint()
            raise
        finally:
            self._times.report(self.progress.step)

    def _train(self) -> Outcome:
        self._loss_watch.average = self.progress.average_loss
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds
        if self._evaluation_is_due():  # the checkpoint was taken between a step and its evaluation
            self._evaluate()
        batches = self._remaining_batches()
        while (positions := self._next(batches)) is not None:
            if self._patience_is_over():
                break
            if self.progress.step == self.schedule.trunk:
                self.save_checkpoint()
            self._step(positions)
            if self._handle_requests() == "stop":
                self._report_steps()
                return "abandoned"
            if self._evaluation_is_due():
                self._evaluate()
            if self._stopping and self.progress.step < self.steps and not self._patience_is_over():
                return self._stop()
            if self._clock() >= self._checkpoint_due and self.progress.step < self.steps:
                self.save_checkpoint()
        self.save_checkpoint()
        return "finished"

    def _remaining_batches(self) -> Iterator[np.ndarray]:
        """Yield the positions [B] of each batch from `progress.step` to the last step."""
        while self.progress.step < self.steps:
            epoch, batch = divmod(self.progress.step, self.per_epoch)
            order = EpochOrder(len(self.train.rows), self.settings.batch_size, self.settings.seed, epoch)
            batches = order.batches(lambda positions: self.train.lengths(positions, self.special_tokens), batch)
            yield from islice(batches, self.steps - self.progress.step)

    def _next(self, batches: Iterator[np.ndarray]) -> np.ndarray | None:
        """Return the next of `batches`, whose lengths may have to be waited for; None after the last."""
        self.spent.step()
        with self.spent.on("input"):
            return next(batches, None)

    def _step(self, positions: np.ndarray) -> None:
        """Make one optimizer step; on a GPU, report the one before it, which has been computed by then."""
        began = self._clock()
        self.best.copy_before_change()
        number = self.progress.step
        self._unread.append(self._stepper.step(number, positions, self.peak_rate * self.schedule.share(number)))
        self.progress.step += 1
        self.progress.reviews += len(positions)
        self._report_steps(began, unread=self.learner.steps_ahead)

    def _report_steps(self, began: float | None = None, unread: int = 0) -> None:
        """Read loss and gradient norm of all steps but the last `unread`, and report them to the observer.

        Args:
            began: When the work began that counts as training time, even if no step can be reported yet; None for now.

        Raises:
            DivergedError: One of the losses or norms shows it.
        """
        if began is None and len(self._unread) <= unread:
            return
        began = self._clock() if began is None else began
        done = [self._unread.popleft() for _ in range(len(self._unread) - unread)]
        with self.spent.on("waiting"):
            scalars = [step.scalars.read() for step in done]
        self.progress.seconds += self._clock() - began
        for step, (loss, norm, *figures) in zip(done, scalars, strict=True):
            epoch = step.step / self.per_epoch
            self.observer.on_step(step_record(step, loss, norm, epoch, self.progress.seconds))
            if figures:
                self.observer.on_layers(layers_record(step, self.learner.parts.names, figures))
            if (complaint := self._loss_watch.complaint(loss, norm, step.step)) is not None:
                raise DivergedError(complaint)
            self.progress.average_loss = self._loss_watch.average
        self._times.report_if_due(self.progress.step)

    def _evaluation_is_due(self) -> bool:
        step, every = self.progress.step, self.settings.evaluate_every or self.per_epoch
        return step > self.progress.evaluated and (step % every == 0 or step >= self.steps)

    def _evaluate(self, *, interim: bool = False) -> None:
        """Measure the model on the validation rows; keep its weights if they are the best so far.

        Args:
            interim: Whether an uninterrupted run would not evaluate here.
        """
        self._report_steps()
        began = self._clock()
        with self.spent.on("evaluation"):
            logits = self.predict(self.validation, self.observer.on_evaluating)
            figures = measure(logits, self.validation.labels, self.classifier.labels)
        step, epoch = self.progress.step, round(self.progress.step / self.per_epoch, 4)
        verdict = judge(self.progress, figures, self.settings.best_metric, len(self.validation.rows))
        place = {"step": step, "epoch": epoch, "interim": interim}
        kept = {"best": verdict.kept, "tie_margin": verdict.tie_margin}
        record = msgspec.convert({**place, **figures, **kept}, EvaluationRecord)
        if verdict.kept:
            self.progress.best = record
            self.best.keep(logits)
        self.progress.evaluated = step
        self.progress.seconds += self._clock() - began
        self.observer.on_evaluation(record)
        self._times.report(self.progress.step)

    def _patience_is_over(self) -> bool:
        patience = self.settings.early_stopping_patience
        return patience is not None and self.progress.without_gain >= patience

    def _stop(self) -> Outcome:
        """Save the run as it is, then evaluate once more for the model that is written now.

        The checkpoint comes first, because a resumed run must not know of this extra evaluation.
        """
        self.save_checkpoint()
        if self.progress.evaluated < self.progress.step:
            self._evaluate(interim=True)
        return "stopped"

    def predict(self, examples: Examples, progress: Callable[[float], None] = lambda fraction: None) -> np.ndarray:
        """Return [N, C] fp32 logits of `examples`, in their order.

        Args:
            progress: Called with the fraction computed so far, 0 to 1.

        Raises:
            OutOfMemoryError: Not even one review fits.
        """
        return self._evaluator.logits(examples, np.arange(len(examples.rows)), progress)

    def _handle_requests(self) -> Literal["stop", "go on"]:
        """Handle the requests made since the last step; wait here while the run is paused."""
        paused = False
        while True:
            for request in self.observer.control_requests():
                if request == "stop":
                    return "stop"
                if request == "stop_and_save":
                    self._stopping = True
                if request == "checkpoint":
                    self.save_checkpoint()
                if request in ("pause", "continue") and paused != (request == "pause"):
                    paused = request == "pause"
                    self._report_steps()
                    self.observer.on_pause(paused)
                    self._times.report(self.progress.step)
            if not paused or self._stopping:
                return "go on"
            with self.spent.on("paused"):
                self._sleep(_PAUSE_POLL_SECONDS)

    def save_checkpoint(self) -> None:
        """Hand a checkpoint of this moment to the observer. Without enough memory for it, the run continues without."""
        self._report_steps()
        actions: tuple[MemoryAction, ...] = ("again", "skipped")
        for action in actions:
            with self.spent.on("checkpoint"):
                attempt = Attempt(self._hand_over_checkpoint)
            if not attempt.failed:
                break
            self.learner.free()
            self._report_memory("checkpoint", action)
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds

    def _hand_over_checkpoint(self) -> None:
        self.progress.scaler, self.progress.limits = self.learner.scaler_state(), self.policy.state()
        weights, moments = self.learner.weights(copies=False), self.learner.moments()
        self.observer.on_checkpoint(Checkpoint(replace(self.progress), weights, moments, dict(self.best.tensors)))

    def _report_memory(self, where: str, what: MemoryAction, was: int | None = None) -> None:
        self.observer.on_memory(
            OutOfMemoryRecord(
                step=self.progress.step,
                where=where,
                what=what,
                was=was,
                micro_batch_size=-(-was // 2) if was is not None else None,
                micro_batch_tokens=None,
                batch_size=self.settings.batch_size,
            )
        )

    def can_resume_from(self, progress: Progress) -> bool:
        """Return whether a checkpoint of `progress` is on the path of this run: all its learning rates were this run's.

        A run that was extended also has checkpoints from where the learning rate fell towards its earlier end.
        """
        planned = progress.steps if progress.steps is not None else self.steps
        if planned == self.steps or self.schedule.trunk is None:
            return progress.step <= self.steps
        return schedule_of(self.settings, planned, self.per_epoch).shares_steps_with(self.schedule, progress.step)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Continue from a checkpoint.

        Raises:
            ReviewtuiError: Its weights belong to another model.
        """
        if not checkpoint.progress.adopted:
            self.learner.put(checkpoint.weights)
            if checkpoint.optimizer:
                self.learner.put_moments(checkpoint.optimizer)
        checkpoint.progress.adopted = False
        self.learner.put_scaler_state(checkpoint.progress.scaler)
        self.policy.restore(checkpoint.progress.limits)
        self.progress, self.best.tensors = checkpoint.progress, checkpoint.best
        self.progress.steps = self.steps

    def take_best(self) -> np.ndarray | None:
        """Put the best weights into the module and return the validation logits [N, C] they gave; None without any.

        Nothing can be trained afterwards. After memory has run out, it can be called again.
        """
        self.observer.settle()
        return self.best.take()
