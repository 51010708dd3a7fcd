"""A baseline, from a run's `settings.toml` to its `model/`: the frozen encoder, computed once, and logistic regression.

There are no steps and no checkpoints: a baseline that was interrupted starts over, and finds the encoder's output where
it was kept.
"""

from __future__ import annotations

import time

import msgspec
import numpy as np
import torch

from core.base.errors import ReviewtuiError
from core.baseline.comparison import against_all
from core.baseline.features import Features
from core.baseline.fit import Fit, fit, sample
from core.baseline.head import put_regression
from core.data.examples import Examples
from core.data.run_data import RunData
from core.data.token_store import TokenStore
from core.data.tokenization import tokenize
from core.data.tokens import special_tokens_of
from core.inference.cut_counts import read_cut_counts
from core.inference.majority import majority_guess
from core.inference.metrics import measure
from core.learners.choose import build_learner
from core.models.classifier import Classifier, build_classifier, build_native_classifier
from core.models.device import choose_device, choose_precision
from core.models.head import head_of
from core.models.sources import ModelSource, resolve_model
from core.reviews.reading import Reviews
from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from core.runs.provenance import read_provenance, write_provenance
from core.runs.records import EvaluationRecord, FinishedRecord, PhaseRecord, PlanRecord
from core.settings.baseline import baseline_settings
from core.worker.model_card import Making
from core.worker.results import Result, provenance_of, write_result
from core.worker.work import Work

_MOST_ROWS = 50_000
"""The most reviews that a baseline learns from. With more, a regression of a few hundred weights per class hardly gets
better, and computing the encoder's output would take as long as fine-tuning."""


class BaselineWork(Work):
    """One worker's work on one baseline."""

    stopped_early = "stopped before its model was written"

    def do(self, resume: bool, restarts: int) -> None:
        data = self._read()
        self.journal.write(PhaseRecord(name="loading the model"))
        self._settings = baseline_settings(self.request.settings)
        earlier = read_provenance(self.run.provenance) if resume else None
        if resume:
            self._remember_earlier_peak()
        source = resolve_model(earlier.model if earlier is not None else self._settings.model)
        classifier = self._classifier(source, data)
        learned = sample(data.train_labels, _MOST_ROWS, self._settings.seed)
        if len(learned) < len(data.train_rows):
            self._notice(f"It learns from {len(learned):,} of the {len(data.train_rows):,} training reviews.")
        features = self._features(classifier, data, data.train_rows[learned])
        self._write_plans(source, data, classifier, features)
        began = time.monotonic()
        if sentence := features.prepare(self._phase("computing the encoder's output")):
            self._notice(sentence)
        found = fit(
            features.of_training(self._phase("computing the encoder's output")),
            data.train_labels[learned],
            len(data.labels),
            class_weights=self._settings.class_weights,
            seed=self._settings.seed,
            progress=self._phase("fitting"),
        )
        self._notice(_about(found))
        put_regression(found.weights, found.bias, head_of(classifier.model))
        logits = features.logits_of_validation(self._phase("evaluating"))
        seconds = time.monotonic() - began
        figures = measure(logits, data.validation_labels, data.labels)
        record = msgspec.convert({"step": 0, "epoch": 0, "best": True, **figures}, EvaluationRecord)
        self.journal.write(record, sync=True)
        self.journal.write(PhaseRecord(name="saving"))
        features.finish()
        result = Result(classifier, features.special_tokens, features.validation, logits, self._making(features, found))
        try:
            write_result(self.run, self.request, data, result)
        except OSError as error:
            raise ReviewtuiError(
                f"The model could not be written ({error}); make room and `reviewtui resume {self.run.id}`."
            ) from error
        self._end(record, seconds)

    def _end(self, evaluation: EvaluationRecord, seconds: float) -> None:
        """Write the last record."""
        seconds = round(seconds, 3)
        record = FinishedRecord(
            seconds=seconds,
            peak_memory_bytes=max(self._sampler.peak_bytes(), self._earlier_peak),
            validation=evaluation.figures,
            cut=read_cut_counts(self.run.predictions),
            against=against_all(self.run, seconds),
        )
        self._write_last(record)

    def _remember_earlier_peak(self) -> None:
        history = RunHistory()
        history.update(JournalReader(self.run.journal).read_new())
        self._earlier_peak = history.peak_bytes or 0

    def _classifier(self, source: ModelSource, data: RunData) -> Classifier:
        """Build the model, whose head is replaced later."""
        built = build_native_classifier(source, data.labels, self._settings)
        return built if built is not None else build_classifier(source, data.labels, self._settings)

    def _features(self, classifier: Classifier, data: RunData, rows: np.ndarray) -> Features:
        """Tokenize the training rows and the validation rows, and choose what computes the encoder."""
        settings = self._settings
        tokens = held_out = self._tokenized(data.train, classifier)
        if data.validation is not data.train:
            held_out = self._tokenized(data.validation, classifier)
        special_tokens = special_tokens_of(classifier.tokenizer, classifier.max_length, classifier.truncation)
        device = choose_device(settings.device)
        precision = choose_precision(settings.precision, device)
        return Features(
            build_learner(classifier, special_tokens, settings, device, precision, steps=0),
            classifier,
            special_tokens,
            Examples(tokens, rows, data.train.labels[rows], data.train),
            Examples(held_out, data.validation_rows, data.validation_labels, data.validation),
            heartbeat=self._heartbeat.beat,
        )

    def _tokenized(self, reviews: Reviews, classifier: Classifier) -> TokenStore:
        store = tokenize(reviews, classifier.tokenizer, self._phase("tokenizing"))
        self._tokens.append(store)
        return store

    def _write_plans(self, source: ModelSource, data: RunData, classifier: Classifier, features: Features) -> None:
        """Write provenance.json and the plan, and say what of the request was adapted."""
        plan, device = features.plan, choose_device(self._settings.device)
        limits = plan.limits(self._settings, 0)
        provenance = provenance_of(
            self.request, source, data, classifier,
            device=device, precision=plan.precision, path=plan.path, micro_batch_tokens=limits.tokens,
        )  # fmt: skip
        write_provenance(self.run.provenance, provenance)
        head = head_of(classifier.model).output
        self.journal.write(
            PlanRecord(
                model=source.name,
                labels=tuple(data.labels),
                rows=len(features.training.rows),
                validation_rows=len(data.validation_rows),
                epochs=0,
                steps=0,
                steps_per_epoch=0,
                batch_size=0,
                micro_batch_size=0,
                micro_batch_tokens=None,
                learning_rate=0,
                max_length=classifier.max_length,
                path=plan.path.name,
                path_why=plan.path.why,
                cached_layers=0,
                precision=plan.precision,
                compiled=False,
                device=str(device),
                threads=torch.get_num_threads(),
                weights=sum(weight.numel() for weight in classifier.model.parameters()),
                trainable_weights=sum(weight.numel() for weight in head.parameters()),
                method="baseline",
                majority=majority_guess(data.train_labels, data.validation_labels, data.labels),
            )
        )
        if source.note:
            self._notice(f"Model {source.name}: {source.note}.")
        if (limit := classifier.max_length) < self._settings.max_length:
            self._notice(f"max_length {self._settings.max_length} → {limit}: this model reads no more tokens.")

    def _making(self, features: Features, found: Fit) -> Making:
        """Return how the model was made, for its card."""
        details = f"Precision {features.plan.precision} on {features.plan.device}. {_about(found)}"
        sentence = "Logistic regression on the output of `{model}`, which is unchanged, with reviewtui."
        return Making(sentence, details, chosen_on_validation=False)


def _about(found: Fit) -> str:
    """Return a sentence about the regularization."""
    if found.loss is None:
        return f"C {found.c:.3g}: there are too few reviews to choose it by cross-validation."
    return f"C {found.c:.3g}, by {found.folds}-fold cross-validation of the training reviews (loss {found.loss:.3f})."
