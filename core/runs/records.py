"""Declarations of the records of a run's journal, shared by the worker that writes them and by all readers.

A journal may come from a stranger, and a record with a correct checksum can still hold values that no worker writes. A
record that does not match its declaration counts as damaged. The writer checks its records against the same
declarations, so it cannot write a record that readers refuse. Records of undeclared kinds are read as `UnknownRecord`,
and undeclared fields are ignored.

This uses msgspec rather than pydantic because the first screen, the list of runs, reads journals, and importing
pydantic alone takes as long as that screen takes to appear.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

from core.runs.figures import (
    AgainstBaseline,
    ClassFigures,
    Count,
    Figure,
    Fraction,
    GpuMemory,
    LayerFigures,
    MajorityGuess,
    Number,
    Seconds,
    ValidationFigures,
    WithFigures,
)
from core.runs.outline import Method


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """The base class of all records."""

    time: Seconds = 0.0
    """When the record was written, in seconds since 1970; set by the journal's writer."""

    @property
    def kind(self) -> str:
        """The name of this kind of record in the journal."""
        return str(self.__struct_config__.tag)


class UnknownRecord(Record, frozen=True, kw_only=True):
    """A record of a kind that this version does not know."""

    kind: str


class StartedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="started"):
    """A worker took over the run."""

    pid: Count
    host: str
    awake: Seconds
    """Seconds that the worker's machine had been awake since it booted."""


class ResumedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="resumed"):
    """The run continues from `step`; the later steps of earlier workers, up to `reached`, are superseded."""

    step: Count
    reached: Count


class ExtendedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="extended"):
    """More epochs were requested after the run had ended."""

    from_epochs: Number
    from_steps: Count
    epochs: Count
    """The new total number of epochs."""


class PhaseRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="phase"):
    """What the worker is doing: reading, loading the model, training, evaluating, saving, …"""

    name: str
    fraction: Fraction | None = None
    """The fraction done; None if unknown."""


class PlanRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="plan"):
    """What the run will do; written once data and model are known."""

    model: str
    labels: tuple[str, ...]
    rows: Count
    """Training rows."""
    validation_rows: Count
    epochs: Number
    steps: Count
    """Total number of optimizer steps."""
    steps_per_epoch: Count
    batch_size: Count
    """Reviews per optimizer step."""
    micro_batch_size: Count
    """The most reviews in a micro-batch."""
    micro_batch_tokens: Count | None
    """The most tokens in a micro-batch; None if only reviews are limited."""
    learning_rate: Number
    """The highest learning rate of the schedule."""
    max_length: Count
    """The most tokens of a review that the model reads."""
    path: str
    """The path that computes the model: native or transformers."""
    path_why: str
    cached_layers: Count
    """Number of frozen layers that are computed once and cached."""
    found_layers: bool = False
    """Whether an earlier run had computed all of their output, so that the training time does not count it."""
    precision: str
    compiled: bool
    device: str
    threads: Count
    weights: Count
    trainable_weights: Count
    method: Method = "fine-tuning"
    """How the model is trained. A baseline makes no steps: its figures about steps are 0."""
    majority: MajorityGuess | None = None
    """None in a run of an earlier version."""


class StepRecord(Record, WithFigures, frozen=True, kw_only=True, tag_field="kind", tag="step"):
    """An optimizer step."""

    step: Count
    """The number of the step, counted from 1."""
    epoch: Number
    """Epochs completed after this step."""
    loss: Figure
    learning_rate: Number
    gradient_norm: Figure
    """Before clipping."""
    reviews: Count
    tokens: Count
    seconds: Seconds
    """Training time so far."""


class LayersRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="layers"):
    """The gradients and the update of one step in each part of the model. Only some steps are looked at so closely."""

    step: Count
    parts: tuple[LayerFigures, ...]
    """What is trained, from the bottom up."""


class TimeRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="time"):
    """What the current worker has spent its time on since its training began, in seconds of wall-clock time."""

    step: Count
    """Steps of the run so far."""
    elapsed: Seconds
    """All of the time; what the parts leave over is bookkeeping."""
    input: Seconds = 0.0
    """Waiting for tokens, and putting batches together."""
    forward: Seconds = 0.0
    backward: Seconds = 0.0
    optimizer: Seconds = 0.0
    evaluation: Seconds = 0.0
    checkpoint: Seconds = 0.0
    """Waiting for checkpoints; most of their writing goes on beside the training."""
    paused: Seconds = 0.0


class EvaluationRecord(Record, WithFigures, frozen=True, kw_only=True, tag_field="kind", tag="evaluation"):
    """The model was evaluated on the validation rows after `step`."""

    step: Count
    epoch: Number
    loss: Figure
    accuracy: Figure
    macro_f1: Figure
    per_class: dict[str, ClassFigures]
    best: bool
    """Whether these are the weights to keep."""
    tie_margin: Figure | None = None
    """Set if these weights are kept although an earlier evaluation was better by less than this margin: one standard
    error of the metric, a difference that a validation set of this size cannot resolve."""
    interim: bool = False
    """Whether this evaluation was made only because the run was stopped here. A resumed run ignores it."""

    @property
    def figures(self) -> ValidationFigures:
        """The scores over all classes."""
        return ValidationFigures(loss=self.loss, accuracy=self.accuracy, macro_f1=self.macro_f1)


class MemoryRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="memory"):
    """Memory in use, in bytes, with a reading of the worker's heartbeat (core/runs/heartbeat.py)."""

    process: Count
    """Anonymous memory of the worker."""
    process_peak: Count
    """The highest value since the worker started."""
    system_total: Count
    system_available: Count
    limit: Count | None
    """The limit of the control group; None if there is none."""
    devices: tuple[GpuMemory, ...]
    device_peak: Count | None = None
    """The highest value of the GPU's allocator; None without a GPU."""
    idle: Seconds
    """Seconds since the last sign of life of the main thread."""
    awake: Seconds
    """Seconds that the machine has been awake since it booted."""
    processors: Number | None = None
    """How many processors the worker may use; None in a run of an earlier version. So are the three below, also in a
    worker's first record."""
    processors_ours: Number | None = None
    """How many of them it kept busy, on average, since the record before."""
    processors_busy: Number | None = None
    """How many processors of the machine were busy in that time, with whatever process."""
    lost: Fraction | None = None
    """The share of that time in which its worst-off thread was ready to run and waited for a processor."""


MemoryAction = Literal["smaller", "larger", "recompute", "again", "skipped"]
"""Micro-batches became smaller or larger, activations are recomputed from now on, the same was tried once more, or
a checkpoint was skipped."""


class OutOfMemoryRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="out_of_memory"):
    """A change that was made because something did not fit in memory, or may fit again."""

    step: Count
    """The current step, counted from 0."""
    where: str
    what: MemoryAction
    was: Count | None
    """Number of reviews that did not fit; None if something else did not fit."""
    micro_batch_size: Count | None
    """The most reviews in a micro-batch from now on; None if unchanged."""
    micro_batch_tokens: Count | None
    """The most tokens in a micro-batch from now on; None if only reviews are limited."""
    batch_size: Count


class KilledRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="killed"):
    """The kernel killed the previous worker because memory ran out."""

    restarts: Count
    most: Count
    """The most restarts that are attempted."""


class CheckpointRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="checkpoint"):
    """A checkpoint is on the disk."""

    step: Count


class NoCheckpointRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="no_checkpoint"):
    """A checkpoint could not be written; training continues."""

    message: str


class PausedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="paused"):
    """The run waits until it is continued."""


class ContinuedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="continued"):
    """The run continues after a pause."""


class NoticeRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="notice"):
    """A message for the user."""

    text: str


class CutCounts(msgspec.Struct, frozen=True, kw_only=True):
    """Validation reviews that were cut to `max_length` tokens, and whole ones: how many, and how many of them right."""

    max_length: Count
    cut_rows: Count
    cut_right: Count
    whole_rows: Count
    whole_right: Count


class EndRecord(Record, frozen=True, kw_only=True):
    """How the run ended, with its final figures. After an early failure some of them are None."""

    message: str = ""
    epochs: Number | None = None
    steps: Count | None = None
    seconds: Seconds | None = None
    reviews_per_second: Number | None = None
    peak_memory_bytes: Count | None = None
    validation: ValidationFigures | None = None
    best_epoch: Number | None = None
    cut: CutCounts | None = None
    """What the saved model got right on reviews that were cut and on whole ones; None if it was not saved."""
    against: tuple[AgainstBaseline, ...] = ()
    """Of a fine-tuned run: the best baseline there was; of a baseline: the fine-tuned runs there were."""


class FinishedRecord(EndRecord, frozen=True, kw_only=True, tag_field="kind", tag="finished"):
    """All steps are done, or early stopping ended the run."""


class StoppedRecord(EndRecord, frozen=True, kw_only=True, tag_field="kind", tag="stopped"):
    """The user stopped the run."""


class FailedRecord(EndRecord, frozen=True, kw_only=True, tag_field="kind", tag="failed"):
    """The run could not continue."""


KnownRecord = (
    StartedRecord
    | ResumedRecord
    | ExtendedRecord
    | PhaseRecord
    | PlanRecord
    | StepRecord
    | LayersRecord
    | TimeRecord
    | EvaluationRecord
    | MemoryRecord
    | OutOfMemoryRecord
    | KilledRecord
    | CheckpointRecord
    | NoCheckpointRecord
    | PausedRecord
    | ContinuedRecord
    | NoticeRecord
    | FinishedRecord
    | StoppedRecord
    | FailedRecord
)
KINDS: dict[str, type[Record]] = {str(one.__struct_config__.tag): one for one in get_args(KnownRecord)}
"""Kind → its declaration."""

_KNOWN = msgspec.json.Decoder(KnownRecord)
_UNKNOWN = msgspec.json.Decoder(UnknownRecord)


def from_json(data: bytes) -> Record:
    """Return the record in a JSON object.

    Raises:
        ValueError: The object does not match the declaration of its kind, or is not a record.
    """
    try:
        known: Record = _KNOWN.decode(data)
        return known
    except (msgspec.ValidationError, RecursionError) as error:
        unknown = _UNKNOWN.decode(data)
        if unknown.kind in KINDS:
            raise ValueError(f"A record of kind '{unknown.kind}' does not match its declaration: {error}") from error
        return unknown


def to_fields(record: Record) -> dict[str, Any]:
    """Return the fields of a record as the journal holds them: `kind`, `time`, then those that its type declares."""
    fields = msgspec.to_builtins(record)
    return {"kind": record.kind, "time": record.time, **fields}
