"""The training loop, top to bottom: epochs, optimizer steps, micro-batches, evaluations, and what a person asks for.

Everything random is a pure function of (seed, epoch) or (seed, step, micro-batch), so `Progress` and the tensors of a
checkpoint are all that a run needs to go on exactly as if it had never stopped. The loop knows no files but through
the `Observer` it is given, and no clock but the one it is given.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import torch

from core.errors import ReviewtuiError
from core.models.classifier import Classifier
from core.models.device import send
from core.reviews.reading import Reviews
from core.runs.control import Wish
from core.settings import Settings
from core.training.batches import EpochOrder, length_sorted, micro_batches, steps_per_epoch
from core.training.checkpoints import Checkpoint, Progress, Tensors
from core.training.learner import build_learner
from core.training.loss import LossWatch, loss_sum, step_divisor
from core.training.metrics import measure
from core.training.optimizer import peak_rate, rate_at
from core.training.readings import Readings
from core.training.token_store import TokenStore
from core.training.tokens import Frame

LOGITS = "/validation_logits"
"""Name, among the best weights, of the logits that they gave on the validation rows; no weight begins with a slash."""

_EVALUATION_TOKENS, _EVALUATION_REVIEWS = 4096, 64
_PAUSE_POLL_SECONDS = 0.1
_NO_LIMIT = 1 << 62


class Diverged(ReviewtuiError):  # noqa: N818 -- what happened, not a fault
    """Training went wrong for good; the best weights so far are kept."""


class Observer(Protocol):
    """Who is told what happens, and asked what to do."""

    def on_step(self, **says: Any) -> None: ...
    def on_evaluation(self, **says: Any) -> None: ...
    def on_evaluating(self, fraction: float) -> None: ...
    def on_checkpoint(self, checkpoint: Checkpoint) -> None: ...
    def on_pause(self, paused: bool) -> None: ...
    def wishes(self) -> list[Wish]: ...


@dataclass(frozen=True)
class Examples:
    """Tokenized reviews and their classes: `rows` [N] into `tokens`, `labels` [N]."""

    tokens: TokenStore
    rows: np.ndarray
    labels: np.ndarray
    reviews: Reviews | None = None
    """Where the reviews are kept, and with them what is computed of them once; None for nowhere."""

    def lengths(self, positions: np.ndarray, frame: Frame) -> np.ndarray:
        """[n] tokens that the reviews at [n] `positions` have, once cut and framed; waits until they are tokenized."""
        return self.tokens.lengths(self.rows[positions], frame)

    def ids(self, positions: np.ndarray) -> list[np.ndarray]:
        """The token ids of the reviews at [n] `positions`."""
        return [self.tokens[row] for row in self.rows[positions]]


@dataclass(frozen=True)
class _Step:
    """An optimizer step that was handed out to the device."""

    step: int
    """Its number, from 1 on."""
    rate: float
    reviews: int
    tokens: int
    readings: Readings
    """Loss and gradient norm."""


Outcome = Literal["finished", "stopped", "abandoned"]
"""How the loop ended: all steps done or nothing gained any more; stop-and-save; stop."""


class TrainingLoop:
    """One run's training on one device."""

    def __init__(
        self,
        classifier: Classifier,
        frame: Frame,
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
    ) -> None:
        """Build it on its learner.

        Args:
            weights: [C] class weights or None; see `core/training/loss.py`.
            micro_tokens: tokens of a micro-batch whose size is left open; None for what suits the machine.
        """
        self.classifier, self.frame, self.settings = classifier, frame, settings
        self.train, self.validation = train, validation
        self.device, self.precision, self.observer = device, precision, observer
        self._clock, self._sleep = clock, sleep
        self._class_weights = weights
        self._loss_weights = weights.to(device) if weights is not None else None
        self.peak_rate = peak_rate(classifier, settings)
        self.per_epoch = steps_per_epoch(len(train.rows), settings.batch_size)
        self.steps = settings.max_steps or settings.epochs * self.per_epoch
        self.learner = build_learner(classifier, frame, settings, device, precision, self.steps)
        if settings.micro_batch_size == "auto":
            self.micro_tokens, most = micro_tokens or self.learner.micro_tokens, self.learner.micro_reviews
            self.micro_batch_size = min(settings.batch_size, most or settings.batch_size)
        else:
            self.micro_tokens, self.micro_batch_size = _NO_LIMIT, settings.micro_batch_size
        self.progress = Progress()
        self.best: Tensors = {}
        """The best weights so far with the logits they gave; without the weights while they are those of the model."""
        self._best_is_current = False
        self._checkpoint_due = 0.0
        self._stopped_by: Wish | None = None
        self._unread: deque[_Step] = deque()
        self._watch = LossWatch(len(classifier.labels))

    def prepare(self, progress: Callable[[float], None]) -> str:
        """Compute once what the frozen layers make of all reviews, before the first step; see `Learner.prepare`."""
        return self.learner.prepare((self.train, self.validation), progress)

    def run(self) -> Outcome:
        """Train from where `progress` stands to the end.

        Raises:
            Diverged: the loss is no number any more, or ran away.
        """
        self._watch.average = self.progress.average_loss
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds
        while self.progress.step < self.steps:
            epoch, position = divmod(self.progress.step, self.per_epoch)
            order = EpochOrder(len(self.train.rows), self.settings.batch_size, self.settings.seed, epoch)
            for batch in order.batches(lambda positions: self.train.lengths(positions, self.frame), position):
                began = self._clock()
                self._copy_best()
                self._unread.append(self._step(batch))
                self.progress.step += 1
                self.progress.reviews += len(batch)
                self._tell_steps(began, unread=self.learner.steps_ahead)
                if self._obey() == "stop":
                    self._tell_steps()
                    return "abandoned"
                if self._stopped_by is not None or self._evaluation_is_due():
                    self._tell_steps()
                    self._evaluate()
                    patience = self.settings.early_stopping_patience
                    if self._stopped_by is not None:
                        self.save_checkpoint()
                        return "stopped"
                    if patience is not None and self.progress.without_gain >= patience:
                        return "finished"
                if self._clock() >= self._checkpoint_due:
                    self._tell_steps()
                    self.save_checkpoint()
                if self.progress.step >= self.steps:
                    break
        return "finished"

    def _step(self, batch: np.ndarray) -> _Step:
        """One optimizer step over the positions in `batch`, handed out to the device."""
        step, settings = self.progress.step, self.settings
        divisor = step_divisor(torch.from_numpy(self.train.labels[batch]), self._class_weights)
        labels = send(self.train.labels[batch], self.device)
        lengths = self.train.lengths(batch, self.frame)
        total = torch.zeros((), device=self.device)
        for part, inside in enumerate(micro_batches(lengths, self.micro_tokens, self.micro_batch_size)):
            targets = labels[inside]

            def loss(logits: torch.Tensor, targets: torch.Tensor = targets) -> torch.Tensor:
                return loss_sum(logits, targets, self._loss_weights, settings.label_smoothing) / divisor

            key = (settings.seed, step, part)
            total += self.learner.learn(self.train, batch[inside], loss, key, first=part == 0)
        rate = rate_at(step, self.steps, self.peak_rate, settings)
        norm = self.learner.update(rate)
        return _Step(step + 1, rate, len(batch), int(lengths.sum()), Readings(total, norm))

    def _tell_steps(self, began: float | None = None, unread: int = 0) -> None:
        """Read the figures of all steps but the last `unread`, and tell the observer.

        Args:
            began: when the work began that they end; None for now.

        Raises:
            Diverged: by one of those figures.
        """
        if len(self._unread) <= unread:
            return
        began = self._clock() if began is None else began
        told = [self._unread.popleft() for _ in range(len(self._unread) - unread)]
        figures = [done.readings.read() for done in told]
        self.progress.seconds += self._clock() - began
        for done, (loss, norm) in zip(told, figures, strict=True):
            self.observer.on_step(
                step=done.step,
                epoch=round(done.step / self.per_epoch, 4),
                loss=loss,
                learning_rate=done.rate,
                gradient_norm=norm,
                reviews=done.reviews,
                tokens=done.tokens,
                seconds=round(self.progress.seconds, 4),
            )
            if (complaint := self._watch.complaint(loss, norm, done.step)) is not None:
                raise Diverged(complaint)
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
        if kept:
            self.progress.best = {"step": self.progress.step, "epoch": epoch, **figures}
            self.best, self._best_is_current = {LOGITS: torch.from_numpy(logits)}, True
        self.progress.seconds += self._clock() - began
        self.observer.on_evaluation(step=self.progress.step, epoch=epoch, **figures, best=kept)

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
        """[N, C] fp32 logits of `examples`, in their order."""
        logits = np.zeros((len(examples.rows), len(self.classifier.labels)), dtype=np.float32)
        lengths = examples.lengths(np.arange(len(examples.rows)), self.frame)
        batches = length_sorted(lengths, min(self.micro_tokens, _EVALUATION_TOKENS), _EVALUATION_REVIEWS)
        for done, positions in enumerate(batches, start=1):
            logits[positions] = self.learner.logits(examples, positions).cpu().numpy()
            if progress is not None:
                progress(done / len(batches))
        return logits

    def _obey(self) -> Wish | None:
        """Do what was asked since the last step; returns 'stop' if the run shall end at once."""
        paused = False
        while True:
            for wish in self.observer.wishes():
                if wish == "stop":
                    return "stop"
                if wish == "stop_and_save":
                    self._stopped_by = wish
                if wish in ("pause", "continue") and paused != (wish == "pause"):
                    paused = wish == "pause"
                    self._tell_steps()
                    self.observer.on_pause(paused)
            if not paused or self._stopped_by is not None:
                return None
            self._sleep(_PAUSE_POLL_SECONDS)

    def save_checkpoint(self) -> None:
        """Hand a checkpoint of this moment to the observer."""
        self.progress.scaler = self.learner.scaler_state()
        weights = self.learner.weights()
        best = self.best | weights if self._best_is_current else self.best
        self.observer.on_checkpoint(Checkpoint(self.progress, weights, self.learner.moments(), best))
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds

    def restore(self, checkpoint: Checkpoint) -> None:
        """Stand where a checkpoint was taken.

        Raises:
            ReviewtuiError: its weights are not this model's.
        """
        self.learner.put(checkpoint.weights)
        self.learner.put_moments(checkpoint.optimizer)
        self.learner.put_scaler_state(checkpoint.progress.scaler)
        self.progress, self.best, self._best_is_current = checkpoint.progress, checkpoint.best, False

    def take_best(self) -> np.ndarray | None:
        """Leave the best weights in the module; returns the [N, C] validation logits they gave, or None if none.

        Nothing is trained after that.
        """
        if not self.best:
            return None
        if not self._best_is_current:
            self.learner.put(self.best)
        logits: np.ndarray = self.best[LOGITS].numpy()
        self.best = {}
        self.learner.finish()
        return logits
