"""The training loop, top to bottom: epochs, optimizer steps, micro-batches, evaluations, and what a person asks for.

Everything random is a pure function of (seed, epoch) or (seed, step, micro-batch), so `Progress` and the tensors of a
checkpoint are all that a run needs to go on exactly as if it had never stopped. The loop knows no files but through
the `Observer` it is given, and no clock but the one it is given.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
import torch

from core.errors import ReviewtuiError
from core.models.classifier import Classifier
from core.models.device import autocast
from core.runs.control import Wish
from core.settings import Settings
from core.training.batches import dropout_seed, epoch_batches, length_sorted, micro_batches, steps_per_epoch
from core.training.checkpoints import Checkpoint, Progress, Tensors, optimizer_tensors, restore_optimizer
from core.training.loss import LossWatch, loss_sum, step_divisor
from core.training.metrics import measure
from core.training.optimizer import build_optimizer, peak_rate, rate_at, set_learning_rate
from core.training.token_store import TokenStore
from core.training.tokens import Frame, collate

LOGITS = "/validation_logits"
"""Name, among the best weights, of the logits that they gave on the validation rows; no weight begins with a slash."""

_AUTO_MICRO_BATCH = 32
_PAUSE_POLL_SECONDS = 0.1


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

    def lengths(self, frame: Frame) -> np.ndarray:
        """[N] tokens that each review has, once cut and framed."""
        counts: np.ndarray = frame.length(self.tokens.counts[self.rows])
        return counts

    def batch(self, positions: np.ndarray, frame: Frame, device: torch.device) -> tuple[torch.Tensor, ...]:
        """input_ids [B, L], attention_mask [B, L] and labels [B] on `device`."""
        input_ids, mask = collate((self.tokens[row] for row in self.rows[positions]), frame)
        return tuple(torch.from_numpy(array).to(device) for array in (input_ids, mask, self.labels[positions]))


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
    ) -> None:
        """Args: weights: [C] class weights or None; see `core/training/loss.py`."""
        self.classifier, self.frame, self.settings = classifier, frame, settings
        self.train, self.validation = train, validation
        self.device, self.precision, self.observer = device, precision, observer
        self._clock, self._sleep = clock, sleep
        self._class_weights = weights.to(device) if weights is not None else None
        classifier.model.to(device)
        self._trainable = classifier.trainable()
        self.optimizer = build_optimizer(classifier, settings)
        self.peak_rate = peak_rate(classifier, settings)
        self._scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")
        self._lengths = train.lengths(frame)
        self.per_epoch = steps_per_epoch(len(train.rows), settings.batch_size)
        self.steps = settings.max_steps or settings.epochs * self.per_epoch
        micro = settings.micro_batch_size
        self.micro_batch_size = min(settings.batch_size, _AUTO_MICRO_BATCH) if micro == "auto" else micro
        self.progress = Progress()
        self.best: Tensors = {}
        self._checkpoint_due = 0.0
        self._stopped_by: Wish | None = None

    def run(self) -> Outcome:
        """Train from where `progress` stands to the end.

        Raises:
            Diverged: the loss is no number any more, or ran away.
        """
        watch = LossWatch(len(self.classifier.labels), self.progress.average_loss)
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds
        while self.progress.step < self.steps:
            epoch, position = divmod(self.progress.step, self.per_epoch)
            batches = epoch_batches(self._lengths, self.settings.batch_size, self.settings.seed, epoch)
            for batch in batches[position:]:
                began = self._clock()
                loss, norm, tokens, rate = self._step(batch)
                self.progress.step += 1
                self.progress.reviews += len(batch)
                self.progress.seconds += self._clock() - began
                self.observer.on_step(
                    step=self.progress.step,
                    epoch=round(self.progress.step / self.per_epoch, 4),
                    loss=loss,
                    learning_rate=rate,
                    gradient_norm=norm,
                    reviews=len(batch),
                    tokens=tokens,
                    seconds=round(self.progress.seconds, 4),
                )
                if (complaint := watch.complaint(loss, norm, self.progress.step)) is not None:
                    raise Diverged(complaint)
                self.progress.average_loss = watch.average
                if self._obey() == "stop":
                    return "abandoned"
                if self._stopped_by is not None or self._evaluation_is_due():
                    self._evaluate()
                    patience = self.settings.early_stopping_patience
                    if self._stopped_by is not None:
                        self.save_checkpoint()
                        return "stopped"
                    if patience is not None and self.progress.without_gain >= patience:
                        return "finished"
                if self._clock() >= self._checkpoint_due:
                    self.save_checkpoint()
                if self.progress.step >= self.steps:
                    break
        return "finished"

    def _step(self, batch: np.ndarray) -> tuple[float, float, int, float]:
        """One optimizer step over the positions in `batch`: loss, gradient norm, tokens, learning rate."""
        step, settings = self.progress.step, self.settings
        self.classifier.train()
        labels = torch.from_numpy(self.train.labels[batch])
        divisor = step_divisor(labels.to(self.device), self._class_weights)
        total = torch.zeros((), device=self.device)
        tokens = 0
        for part, positions in enumerate(micro_batches(batch, self.micro_batch_size)):
            input_ids, mask, targets = self.train.batch(positions, self.frame, self.device)
            torch.manual_seed(dropout_seed(settings.seed, step, part))
            self.classifier.dropout.key = (settings.seed, step, part)
            with autocast(self.device, self.precision):
                logits = self.classifier.model(input_ids=input_ids, attention_mask=mask).logits
            loss = loss_sum(logits, targets, self._class_weights, settings.label_smoothing) / divisor
            self._scaler.scale(loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach()
            tokens += int(self._lengths[positions].sum())
        rate = rate_at(step, self.steps, self.peak_rate, settings)
        set_learning_rate(self.optimizer, rate)
        self._scaler.unscale_(self.optimizer)
        limit = settings.max_grad_norm or float("inf")
        norm = float(torch.nn.utils.clip_grad_norm_(self._trainable.values(), limit))
        self._scaler.step(self.optimizer)
        self._scaler.update()
        self.optimizer.zero_grad(set_to_none=True)
        if self._scaler.is_enabled() and not np.isfinite(norm):
            norm = 0.0  # the scaler skipped this step and lowers its scale; that is its job, not a divergence
        return float(total), norm, tokens, rate

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
            self.best = {name: weight.detach().cpu().clone() for name, weight in self._trainable.items()}
            self.best[LOGITS] = torch.from_numpy(logits)
        self.progress.seconds += self._clock() - began
        self.observer.on_evaluation(step=self.progress.step, epoch=epoch, **figures, best=kept)

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
        self.classifier.model.eval()
        logits = np.zeros((len(examples.rows), len(self.classifier.labels)), dtype=np.float32)
        batches = length_sorted(examples.lengths(self.frame), max(self.micro_batch_size, _AUTO_MICRO_BATCH))
        with torch.inference_mode():
            for done, positions in enumerate(batches, start=1):
                input_ids, mask, _ = examples.batch(positions, self.frame, self.device)
                with autocast(self.device, self.precision):
                    output = self.classifier.model(input_ids=input_ids, attention_mask=mask).logits
                logits[positions] = output.float().cpu().numpy()
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
                    self.observer.on_pause(paused)
            if not paused or self._stopped_by is not None:
                return None
            self._sleep(_PAUSE_POLL_SECONDS)

    def save_checkpoint(self) -> None:
        """Hand a checkpoint of this moment to the observer."""
        names = {id(weight): name for name, weight in self._trainable.items()}
        self.progress.scaler = self._scaler.state_dict()
        weights = {name: weight.detach() for name, weight in self._trainable.items()}
        moments = optimizer_tensors(self.optimizer, names)
        self.observer.on_checkpoint(Checkpoint(self.progress, weights, moments, self.best))
        self._checkpoint_due = self._clock() + self.settings.checkpoint_seconds

    def restore(self, checkpoint: Checkpoint) -> None:
        """Stand where a checkpoint was taken.

        Raises:
            ReviewtuiError: its weights are not this model's.
        """
        saved = {name: weight.shape for name, weight in checkpoint.weights.items()}
        if saved != {name: weight.shape for name, weight in self._trainable.items()}:
            raise ReviewtuiError("The checkpoint belongs to another model; its settings.toml was changed since.")
        with torch.no_grad():
            for name, weight in self._trainable.items():
                weight.copy_(checkpoint.weights[name])
        restore_optimizer(self.optimizer, self._trainable, checkpoint.optimizer)
        self.progress, self.best = checkpoint.progress, checkpoint.best
        if checkpoint.progress.scaler:
            self._scaler.load_state_dict(checkpoint.progress.scaler)

    def take_best(self) -> np.ndarray | None:
        """Put the best weights into the model; returns the [N, C] validation logits they gave, or None if none."""
        if not self.best:
            return None
        with torch.no_grad():
            for name, weight in self._trainable.items():
                weight.copy_(self.best[name])
        return self.best[LOGITS].numpy()
