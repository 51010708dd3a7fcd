"""This project, as a person uses it: a run with its own home folder, or a loaded model folder.

Training uses the worker's `Session` with the request of `reviewtui train DATA --validation FILE --set …`. The session
runs in this process instead of a detached worker, so this process's usage is the worker's. The journal marks the start
of the work (the first record after reading, loading and tokenizing) and its end (the last step, or the last evaluation
if each epoch is evaluated). Checkpoints, memory records and checks for stop requests are part of the time, as in any
run. Peak memory is measured up to the same end, as for the peers, which neither evaluate nor save; the peak of the
whole run is recorded separately.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.data import Row
from benchmarks.jobs import Job, Measurement, Training
from benchmarks.peers.common import Span, peak_bytes, rows_sha256, take_part, texts_and_labels
from core.runs.journal import JournalWriter
from core.runs.records import PhaseRecord, PlanRecord, Record, StepRecord, to_fields

_PREPARING = ("reading", "loading the model", "tokenizing")
_CLASSES = {"negative": "0", "positive": "1"}
"""The reader's names for the labels 0 and 1."""
_ONLY_AT_THE_END = 10**9
"""Steps between two evaluations: more than any run has."""
_WARM_UP_REVIEWS = 32
_PLAN_NOTES = ("precision", "path", "micro_batch_tokens")


class TimedJournal(JournalWriter):
    """The run's journal, which also measures the time from the start of training to its end."""

    def __init__(self, path: Path, last: tuple[str, ...]) -> None:
        """Args:
        path: the journal's file.
        last: kinds of record that end the work; the latest of them counts.
        """
        super().__init__(path)
        self.span, self.tokens, self.records = Span(), 0, dict[str, Record]()
        self.peak_bytes = 0
        self._last = last

    def write(self, record: Record, *, sync: bool = False) -> bool:
        works = isinstance(record, PhaseRecord) and record.name not in _PREPARING
        if not self.span.begun and (works or isinstance(record, PlanRecord)):
            self.span.begin()
        written = super().write(record, sync=sync)
        if record.kind in self._last:
            self.span.end()
            self.peak_bytes = peak_bytes()
        if isinstance(record, StepRecord):
            self.tokens += record.tokens
        self.records[record.kind] = record
        return written


def changes(training: Training, seed: int, model: str) -> dict[str, Any]:
    """Return the changes of settings for a job, as `--set` would make them."""
    same = asdict(training)
    evaluate_each_epoch = same.pop("evaluate_each_epoch")
    return {**same, "evaluate_every": None if evaluate_each_epoch else _ONLY_AT_THE_END, "seed": seed, "model": model}


def train(job: Job) -> Measurement:
    """Train one run, from its request to its model."""
    from core.reviews.options import ReadingOptions
    from core.runs.control import ControlReader
    from core.runs.folder import create_run
    from core.runs.request import Request
    from core.settings.schema import Settings
    from core.worker.session import Session

    training = job.trained
    request = Request(
        name="benchmark",
        data=job.data,
        validation=job.held_out,
        reading=ReadingOptions(text="text", label="label"),
        settings=Settings().changed(changes(training, job.seed, job.model)),
    )
    with tempfile.TemporaryDirectory() as home:
        os.environ["REVIEWTUI_HOME"] = home
        run = create_run(request)
        journal = TimedJournal(run.journal, ("step", "evaluation") if training.evaluate_each_epoch else ("step",))
        Session(run, journal, ControlReader(run.control), threading.Event()).work(resume=False)
        if "finished" not in journal.records:
            raise RuntimeError(f"the run did not finish: {journal.records.get('failed')}")
        whole_run = peak_bytes()
        rows = rows_of(request)
        return Measurement(
            seconds=journal.span.seconds,
            cpu_seconds=journal.span.cpu_seconds,
            peak_bytes=journal.peak_bytes,
            baseline_bytes=journal.span.baseline_bytes,
            reviews=len(rows),
            rows_sha256=rows_sha256(rows),
            tokens=journal.tokens,
            accuracy=_accuracy(run.model, job.held_out),
            notes={
                **{name: to_fields(journal.records["plan"])[name] for name in _PLAN_NOTES},
                "whole_run_peak_bytes": whole_run,
            },
        )


def rows_of(request: Any) -> list[Row]:
    """Return the reviews and labels that the run trained on, read in the same way as by the run."""
    from core.data.run_data import read_run_data

    data = read_run_data(request)
    names = [_CLASSES[data.labels[label]] for label in data.train_labels]
    return list(zip(data.train.texts(data.train_rows), names, strict=True))


def _accuracy(model: Path, file: str) -> float:
    from core.inference.predictor import Predictor

    predictor = Predictor(model)
    texts, labels = texts_and_labels(file)
    logits, _ = predictor.logits(texts)
    classes = [int(_CLASSES[name]) for name in predictor.labels]
    return statistics.fmean(classes[row.argmax()] == label for row, label in zip(logits, labels, strict=True))


def classify(job: Job) -> Measurement:
    """Classify all reviews in one call, or one review per call; the time includes tokenizing."""
    from core.inference.predictor import Predictor

    predictor = Predictor(Path(job.model), precision=job.options["precision"])
    texts, _ = texts_and_labels(job.data)
    predictor.classify(texts[:_WARM_UP_REVIEWS])
    span = Span()
    if job.task == "bulk":
        span.begin()
        found = predictor.classify(texts)
        span.end()
        seconds = span.seconds
    else:
        texts, times, found = texts[: job.calls], [], []
        for text in texts[:10]:
            predictor.classify([text])
        span.begin()
        for text in texts:
            began = time.perf_counter()
            found += predictor.classify([text])
            times.append(time.perf_counter() - began)
        span.end()
        seconds = statistics.median(times)
    return Measurement(
        seconds=seconds,
        cpu_seconds=span.cpu_seconds,
        peak_bytes=peak_bytes(),
        baseline_bytes=span.baseline_bytes,
        reviews=len(found),
        rows_sha256=rows_sha256([(text, "") for text in texts]),
        probabilities=[list(one.probabilities.values())[1] for one in found],
        notes={"precision": predictor.precision},
    )


if __name__ == "__main__":
    take_part(lambda job: train(job) if job.task == "train" else classify(job))
