"""Fine-tuning, from a run's `settings.toml` to its `model/`: the work of the worker process, in order.

`Session` writes the journal and reads requests from `control.jsonl`; it is the observer of the training loop.
"""

from __future__ import annotations

import threading
import time

import numpy as np
import torch

from core.base.errors import ReviewtuiError
from core.base.memory import process_bytes
from core.base.out_of_memory import Attempt, OutOfMemoryError
from core.data.batches import EpochOrder
from core.data.examples import Examples, longest_in_bytes
from core.data.run_data import RunData
from core.data.tokenization import tokenize_ahead
from core.data.tokens import special_tokens_of
from core.inference.cut_counts import read_cut_counts
from core.models.classifier import Classifier, build_classifier, build_native_classifier
from core.models.device import choose_device, choose_precision
from core.models.sources import ModelSource, resolve_model
from core.planning.sizes import EVALUATION_REVIEWS
from core.runs.checkpoint_folders import retire
from core.runs.control import ControlReader, ControlRequest
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.journal import JournalReader, JournalWriter
from core.runs.provenance import Provenance, differences, read_provenance, write_provenance
from core.runs.records import (
    CheckpointRecord,
    ContinuedRecord,
    EndRecord,
    EvaluationRecord,
    FailedRecord,
    FinishedRecord,
    LayersRecord,
    NoCheckpointRecord,
    OutOfMemoryRecord,
    PausedRecord,
    PhaseRecord,
    ResumedRecord,
    StepRecord,
    StoppedRecord,
    TimeRecord,
)
from core.training.checkpoint_writer import CheckpointWriter
from core.training.checkpoints import Checkpoint, adopt, load_newest_checkpoint
from core.training.loop import DivergedError, TrainingLoop
from core.training.loss import Objective
from core.worker.model_card import Making, making_of_fine_tuning
from core.worker.pace import Pace
from core.worker.plan_record import plan_record
from core.worker.refinement import refine, seconds_to_start
from core.worker.results import provenance_of, write_model
from core.worker.work import PROGRESS_STEP, Work

_RETRY_SECONDS = 30.0
"""Seconds from a failed checkpoint to the next attempt."""


class Session(Work):
    """One worker's work on one run that is fine-tuned."""

    def __init__(
        self, run: RunFolder, journal: JournalWriter, control: ControlReader, terminated: threading.Event
    ) -> None:
        """Args: terminated: Set by SIGTERM, which means stop and save."""
        super().__init__(run, journal, control, terminated)
        self._trunk: int | None = None
        self._saved = False
        """Whether this worker has written the model."""
        self._fault = ""
        """Why the last checkpoint could not be written."""
        self._retry_at = float("inf")
        self._apart = 0.0
        """Seconds before the first step that other runs of this model do not spend."""
        self._writer = CheckpointWriter(
            run.checkpoints,
            trunk=lambda: self._trunk,
            before=journal.sync,
            written=self._checkpoint_written,
            failed=self._checkpoint_failed,
        )

    def close(self) -> None:
        self._writer.wait()

    def do(self, resume: bool, restarts: int) -> None:
        request = self.request
        began = time.monotonic()
        data = self._read()
        read = time.monotonic() - began
        self.journal.write(PhaseRecord(name="loading the model"))
        earlier = read_provenance(self.run.provenance) if resume else None
        source = self._source(earlier)
        loop = self._prepare(source, data, earlier)
        if resume:
            self._restore(loop)
        self._trunk = loop.schedule.trunk
        loop.policy.reduce(restarts)
        fits_amply = self._plan_memory(loop)
        now = provenance_of(
            request, source, data, loop.classifier,
            device=loop.device, precision=loop.precision, path=loop.learner.plan.path,
            micro_batch_tokens=loop.policy.requested.tokens,
        )  # fmt: skip
        write_provenance(self.run.provenance, now)
        branches_off = request.parent is not None and loop.progress.seconds == 0
        for sentence in differences(earlier, now) if loop.progress.step and not branches_off else ():
            self._notice(sentence)
        before = process_bytes()
        if sentence := loop.prepare(self._phase("computing the frozen layers")):
            self._notice(sentence)
        ample = fits_amply and loop.device.type == "cpu" and not restarts
        if rehearsed := loop.progress.step < loop.steps and not ample:
            self._rehearse(loop)
        self._write_plan(source, data, loop)
        self.journal.write(PhaseRecord(name="training"))
        self._in_loop = True
        self._loop, self._pace = loop, Pace(loop.progress.seconds)
        start = None if resume else seconds_to_start(self._pace, read + self._apart + loop.progress.seconds)
        try:
            outcome = loop.run()
        except (DivergedError, OutOfMemoryError) as error:
            self._save(data, loop)
            self._end(FailedRecord, loop, self._with_suggestions(error, loop))
            return
        if outcome == "abandoned":
            self._writer.wait()
            message = "stopped without saving; resume continues from the last checkpoint"
            self._end(StoppedRecord, loop, message)
            return
        self._save(data, loop)
        self._writer.wait()
        message = f"there is no checkpoint of its end: {self._fault}" if self._fault else ""
        last = self.run.checkpoints / f"step-{loop.progress.step}"
        if outcome == "finished" and last.is_dir():
            retire(last, self._trunk, newest=1)
        self._end(FinishedRecord if outcome == "finished" else StoppedRecord, loop, message)
        if outcome == "finished":
            peak = self._sampler.peak_bytes()
            refine(loop, self._pace, peak_bytes=peak, before_bytes=before, start=start, rehearsed=rehearsed)

    def _prepare(self, source: ModelSource, data: RunData, earlier: Provenance | None) -> TrainingLoop:
        """Build the classifier, tokenize, choose device, precision and micro-batches.

        Args:
            earlier: provenance written by an earlier worker of this run, whose choices are kept.
        """
        settings = self.request.settings
        classifier = build_native_classifier(source, data.labels, settings)
        if classifier is None:
            classifier = build_classifier(source, data.labels, settings)
        adopt(classifier.model, self.run.base)
        device = choose_device(settings.device)
        precision = earlier.precision if earlier is not None else choose_precision(settings.precision, device)
        train, validation = self._examples(classifier, data, device)
        return TrainingLoop(
            classifier,
            special_tokens_of(classifier.tokenizer, classifier.max_length, classifier.truncation),
            train,
            validation,
            settings,
            device,
            precision,
            self._objective(classifier, train, device, precision),
            self,
            micro_tokens=earlier.micro_batch_tokens if earlier is not None else None,
            heartbeat=self._heartbeat.beat,
        )

    def _source(self, earlier: Provenance | None) -> ModelSource:
        """Return the model that the run begins with.

        Args:
            earlier: Provenance written by an earlier worker of this run, which names the same model.
        """
        return resolve_model(earlier.model if earlier is not None else self.request.settings.model)

    def _objective(
        self, classifier: Classifier, train: Examples, device: torch.device, precision: str
    ) -> Objective | None:
        """Return what is minimized; None for the cross-entropy of the labels."""
        return None

    def _examples(self, classifier: Classifier, data: RunData, device: torch.device) -> tuple[Examples, Examples]:
        """Return the training and the validation examples, which are tokenized while training already runs."""
        settings, rows = self.request.settings, data.train_rows
        windows = EpochOrder(len(rows), settings.batch_size, settings.seed, 0).windows
        count = max(settings.batch_size, EVALUATION_REVIEWS)  # `TrainingLoop.rehearse` needs the longest first
        longest = rows[longest_in_bytes(data.train, rows, count)]
        measured = data.validation_rows[longest_in_bytes(data.validation, data.validation_rows, count)]
        apart = data.validation is not data.train
        first = longest if apart else np.concatenate([longest, measured])
        order = (first, *(rows[window] for window in windows))
        considerate = device.type == "cpu"
        tokens = held_out = tokenize_ahead(data.train, classifier.tokenizer, order, considerate=considerate)
        self._tokens.append(tokens)
        if apart:
            held_out = tokenize_ahead(data.validation, classifier.tokenizer, (measured,), considerate=considerate)
            self._tokens.append(held_out)
        return (
            Examples(tokens, data.train_rows, data.train_labels, data.train),
            Examples(held_out, data.validation_rows, data.validation_labels, data.validation),
        )

    def _plan_memory(self, loop: TrainingLoop) -> bool:
        """Begin with micro-batches that fit in memory, if a forecast can tell; return whether there is ample memory."""
        from core.worker.memory_plan import plan_to_fit, record_forecast

        record_forecast(loop, self.run.forecast)
        found = plan_to_fit(loop)
        if found is None:
            return False
        if found.plan == found.requested:
            return found.fits_amply
        loop.policy.limit_to(found.plan.tokens, found.plan.reviews)
        size = "tokens" if found.plan.tokens < loop.policy.requested.tokens else "reviews"
        self._notice(
            f"With the requested settings the run would need {found.requested_bytes / 2**30:.1f} GiB of "
            f"{found.room_bytes / 2**30:.1f}, so it begins with micro-batches of {getattr(loop.policy.now, size):,} "
            f"{size}; the batch size stays {loop.settings.batch_size}."
        )
        return False

    def _rehearse(self, loop: TrainingLoop) -> None:
        """Compute the most expensive micro-batch before the first step; see `TrainingLoop.rehearse`."""
        self.journal.write(PhaseRecord(name="trying the longest reviews"))
        try:
            loop.rehearse()
        except OutOfMemoryError as error:
            raise OutOfMemoryError(self._with_suggestions(error, loop)) from error

    def _with_suggestions(self, error: ReviewtuiError, loop: TrainingLoop) -> str:
        """Return what ended the run; if memory ran out, also which settings save some."""
        from core.worker.memory_plan import suggestions

        return f"{error} {suggestions(loop)}".rstrip() if isinstance(error, OutOfMemoryError) else str(error)

    def _restore(self, loop: TrainingLoop) -> None:
        """Continue from the newest checkpoint that verifies, or from the start if there is none."""
        checkpoint, skipped = load_newest_checkpoint(self.run.checkpoints, loop.can_resume_from)
        for sentence in skipped:
            self._notice(sentence)
        if checkpoint is not None:
            loop.restore(checkpoint)
            self._reset_patience(loop)
        elif any(self.run.checkpoints.glob("step-*")):
            self._notice("None of the remaining checkpoints can be resumed from, so the run starts over.")
        history, reader = RunHistory(), JournalReader(self.run.journal)
        history.update(reader.read_new())
        if reader.damaged:
            self._notice(f"{reader.damaged} lines of the journal are damaged and were skipped.")
        self.journal.write(ResumedRecord(step=loop.progress.step, reached=history.step), sync=True)
        self._earlier_peak = history.peak_bytes or 0

    def _reset_patience(self, loop: TrainingLoop) -> None:
        """Reset the patience of a run that early stopping had ended and that is resumed all the same."""
        patience = loop.settings.early_stopping_patience
        if patience is not None and loop.progress.without_gain >= patience:
            loop.progress.without_gain = 0

    def _write_plan(self, source: ModelSource, data: RunData, loop: TrainingLoop) -> None:
        """Record what this run will do, and what of the request was adapted."""
        self.journal.write(plan_record(source, data, loop))
        if source.note:
            self._notice(f"Model {source.name}: {source.note}.")
        if (limit := loop.classifier.max_length) < loop.settings.max_length:
            self._notice(f"max_length {loop.settings.max_length} → {limit}: this model reads no more tokens.")

    def _save(self, data: RunData, loop: TrainingLoop) -> None:
        """Write the model with the best weights. A full disk loses neither the run's figures nor its checkpoints."""
        self.journal.write(PhaseRecord(name="saving"))
        self._writer.wait()  # it holds the moments, whose memory saving needs
        try:
            if Attempt(lambda: write_model(self.run, self.request, data, loop, self._making(loop))).failed:
                loop.learner.free()
                write_model(self.run, self.request, data, loop, self._making(loop))
            self._saved = True
        except (OSError, ReviewtuiError) as error:
            raise ReviewtuiError(
                f"The model could not be written ({error}); make room and `reviewtui resume {self.run.id}`."
            ) from error

    def _making(self, loop: TrainingLoop) -> Making:
        """Return how the model was made, for its card."""
        return making_of_fine_tuning(loop)

    def _end(self, kind: type[EndRecord], loop: TrainingLoop, message: str) -> None:
        """Write the run's last record, with the figures that it came to."""
        from core.baseline.comparison import against  # needs scipy, which a run should not wait for at its start

        progress, best = loop.progress, loop.progress.best
        record = kind(
            message=message,
            epochs=round(progress.step / loop.per_epoch, 4),
            steps=progress.step,
            seconds=round(progress.seconds, 3),
            reviews_per_second=round(progress.reviews / progress.seconds, 3) if progress.seconds else 0.0,
            peak_memory_bytes=max(self._sampler.peak_bytes(), self._earlier_peak),
            validation=best.figures if best is not None else None,
            best_epoch=best.epoch if best is not None else None,
            cut=read_cut_counts(self.run.predictions),
            against=against(self.run) if self._saved else (),
        )
        self._write_last(record)

    # core.training.observer.Observer

    def on_step(self, record: StepRecord) -> None:
        self._pace.on_step(record.tokens, record.seconds)
        self.journal.write(record)

    def on_layers(self, record: LayersRecord) -> None:
        self.journal.write(record)

    def on_time(self, record: TimeRecord) -> None:
        self.journal.write(record)

    def on_evaluating(self, fraction: float) -> None:
        if fraction in (0.0, 1.0) or fraction - self._evaluated >= PROGRESS_STEP:
            self._evaluated = fraction % 1
            self.journal.write(PhaseRecord(name="evaluating", fraction=round(fraction, 4)))

    _evaluated = 0.0

    def on_evaluation(self, record: EvaluationRecord) -> None:
        self._pace.on_evaluation(self._loop.progress.seconds)
        self.journal.write(record, sync=True)
        self.journal.write(PhaseRecord(name="training"))

    def on_memory(self, record: OutOfMemoryRecord) -> None:
        self.journal.write(record, sync=True)

    def on_pause(self, paused: bool) -> None:
        self.journal.write(PausedRecord() if paused else ContinuedRecord(), sync=True)

    def on_checkpoint(self, checkpoint: Checkpoint) -> None:
        self._retry_at = float("inf")
        self._writer.begin(checkpoint)

    def settle(self) -> None:
        self._writer.settle()

    def _checkpoint_written(self, step: int) -> None:
        if self._fault:
            self._notice("Checkpoints are written again.")
        self._fault = ""
        self.journal.write(CheckpointRecord(step=step), sync=True)

    def _checkpoint_failed(self, why: str) -> None:
        if why != self._fault:
            self._notice(f"{why} The run continues without it and tries again every {_RETRY_SECONDS:.0f} s.")
        self._fault = why
        self._retry_at = time.monotonic() + _RETRY_SECONDS
        self.journal.write(NoCheckpointRecord(message=why), sync=True)

    def control_requests(self) -> list[ControlRequest]:
        """Return the requests since the last call; first those made before the loop began."""
        found = super().control_requests()
        if time.monotonic() >= self._retry_at:
            self._retry_at = float("inf")
            found.append("checkpoint")
        return found
