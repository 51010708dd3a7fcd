"""A run's journal in sentences, for the log of the Train screen."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from rich.text import Text

from core.base.text import clean_line
from core.runs.records import (
    CheckpointRecord,
    ContinuedRecord,
    EndRecord,
    EvaluationRecord,
    ExtendedRecord,
    FailedRecord,
    FinishedRecord,
    KilledRecord,
    NoCheckpointRecord,
    NoticeRecord,
    OutOfMemoryRecord,
    PausedRecord,
    PhaseRecord,
    PlanRecord,
    Record,
    ResumedRecord,
    StartedRecord,
    StoppedRecord,
)
from tui.screens.train.plan import computed_by, machine, micro_batches


def log_lines(records: Iterable[Record]) -> Iterator[Text]:
    """One line for each record worth a sentence: not for steps, memory samples and the middle of a phase."""
    for record in records:
        words = _SENTENCES.get(type(record))
        sentence = words(record) if words is not None else ""
        if sentence:
            clock = time.strftime("%H:%M:%S ", time.localtime(record.time))
            yield Text.assemble((clock, "dim"), clean_line(sentence))


def _phase(record: PhaseRecord) -> str:
    fraction = record.fraction
    if record.name in ("training", "evaluating") or fraction not in (None, 1.0):
        return ""
    return f"{record.name}{', done' if fraction == 1.0 else '…'}"


def _plan(record: PlanRecord) -> str:
    parts = f" ({words})" if (words := micro_batches(record)) else ""
    where = f", {words}" if (words := machine(record)) else ""
    native = record.path == "native"
    by = computed_by(record, why=": " if native else ", because ")
    computed = f"; computed by {'the ' if native else ''}{by}" if by else ""
    return (
        f"{record.model}: {record.trainable_weights / 1e6:.1f} of {record.weights / 1e6:.1f} million weights "
        f"learn from {record.rows} reviews of up to {record.max_length} tokens, {record.validation_rows} held "
        f"out; {record.steps} steps of {record.batch_size}{parts}{where}{computed}"
    )


def _evaluation(record: EvaluationRecord) -> str:
    best = ", kept as the best" if record.best else ""
    return (
        f"epoch {record.epoch:g}: validation loss {record.loss:.4f}, "
        f"accuracy {record.accuracy:.3f}, macro F1 {record.macro_f1:.3f}{best}"
    )


def _memory(record: OutOfMemoryRecord) -> str:
    kept = f"batch {record.batch_size} kept"
    was, now = record.was, record.micro_batch_size
    change = {
        "smaller": f"micro-batch {was} → {now}, {kept}",
        "larger": f"micro-batches may be larger again, up to {now} reviews; {kept}",
        "recompute": f"activations are computed twice from now on, {kept}",
        "again": "tried again",
        "skipped": "the run goes on without it",
    }[record.what]
    trouble = "" if record.what == "larger" else f"out of memory ({record.where}): "
    return f"{trouble}{change}"


def _resumed(record: ResumedRecord) -> str:
    step, reached = record.step, record.reached
    again = f"; steps {step + 1} to {reached} are made again" if reached > step else ""
    return f"goes on from step {step}{again}"


def _ended(record: EndRecord) -> str:
    message = f": {record.message}" if record.message else ""
    return f"{record.kind}{message}"


_SENTENCES: dict[type[Record], Callable[[Any], str]] = {
    StartedRecord: lambda record: f"worker {record.pid} on {record.host} took the run",
    ResumedRecord: _resumed,
    PhaseRecord: _phase,
    PlanRecord: _plan,
    EvaluationRecord: _evaluation,
    OutOfMemoryRecord: _memory,
    KilledRecord: lambda record: (
        f"the kernel killed the worker for want of memory; begun again with smaller micro-batches "
        f"({record.restarts} of {record.most} times)"
    ),
    CheckpointRecord: lambda record: f"checkpoint at step {record.step}",
    NoCheckpointRecord: lambda record: f"NO CHECKPOINT: {record.message}",
    ExtendedRecord: lambda record: f"extended from {record.from_epochs:g} to {record.epochs} epochs",
    PausedRecord: lambda record: "paused",
    ContinuedRecord: lambda record: "goes on",
    NoticeRecord: lambda record: record.text,
    FinishedRecord: _ended,
    StoppedRecord: _ended,
    FailedRecord: _ended,
}
