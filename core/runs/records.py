"""The records of a run's journal: one declaration each, used by the worker that writes and by everyone who reads.

A journal may come from a stranger, and a record whose checksum is right can still hold what no worker writes: one that
does not fit its declaration counts as damaged. The writer checks its records against the same declarations, so it
cannot write what a reader refuses. Kinds that are not declared here are let pass as `UnknownRecord`, and fields that
are not declared are ignored.

msgspec rather than pydantic: the list of runs, which is the first screen, reads journals, and pydantic alone takes as
long to import as that screen takes to appear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0, lt=1 << 53)]
"""Steps, reviews, tokens, bytes."""
Seconds = Annotated[float, Meta(ge=0, lt=1e11)]
"""Since 1970, since the boot of a machine, or of training so far."""
Fraction = Annotated[float, Meta(ge=0, le=1)]
"""How much of something is done."""
Number = Annotated[int, Meta(ge=0, lt=1 << 53)] | Annotated[float, Meta(ge=0, lt=1 << 53)]
"""A number that may or may not be whole."""

if TYPE_CHECKING:
    Figure = float
else:
    Figure = float | Literal["nan", "inf", "-inf"]
"""A measured number that may be NaN or infinite. JSON has words for those; the attribute is always a float."""


class _WithFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A struct none of whose fields is text, but for the words that stand for NaN and the infinities."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str):
                msgspec.structs.force_setattr(self, name, float(value))


class ClassFigures(_WithFigures, frozen=True, kw_only=True):
    """How well one class is told from the others."""

    precision: Figure
    recall: Figure
    f1: Figure
    rows: Count


class ValidationFigures(_WithFigures, frozen=True, kw_only=True):
    """How good a model is on the validation rows."""

    loss: Figure
    """Mean cross-entropy, in nats."""
    accuracy: Figure
    macro_f1: Figure

    def to_json(self) -> dict[str, float]:
        """Return the object that commands print."""
        return {"loss": self.loss, "accuracy": self.accuracy, "macro_f1": self.macro_f1}


class GpuMemory(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU's memory in bytes; of one that cannot be read only why."""

    index: Count
    name: str
    error: str = ""
    """Why it cannot be read; empty where it can."""
    total: Count = 0
    ours_allocated: Count = 0
    """Given out by the worker's allocator."""
    ours_reserved: Count = 0
    """Held by the worker's allocator, given out or not."""
    other: Count = 0
    """In use by anyone else."""
    free: Count = 0


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What all records have in common."""

    time: Seconds = 0.0
    """When it was written, seconds since 1970; the journal's writer stamps it."""

    @property
    def kind(self) -> str:
        """The word that names the kind of record in the journal."""
        return str(self.__struct_config__.tag)


class UnknownRecord(Record, frozen=True, kw_only=True):
    """A record of a kind that this version does not know."""

    kind: str


class StartedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="started"):
    """A worker took the run."""

    pid: Count
    host: str
    awake: Seconds
    """Seconds that its machine had been awake since it booted."""


class ResumedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="resumed"):
    """The run goes on from `step`; later steps of earlier workers, up to `reached`, are superseded."""

    step: Count
    reached: Count


class ExtendedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="extended"):
    """More epochs were asked for after the run had ended."""

    from_epochs: Number
    from_steps: Count
    epochs: Count
    """Total epochs from now on."""


class PhaseRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="phase"):
    """What the worker is doing: reading, loading the model, training, evaluating, saving, …"""

    name: str
    fraction: Fraction | None = None
    """How much of it is done; None where that cannot be known."""


class PlanRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="plan"):
    """What the run will do, once data and model are known."""

    model: str
    labels: tuple[str, ...]
    rows: Count
    """Training rows."""
    validation_rows: Count
    epochs: Number
    steps: Count
    """Optimizer steps in all."""
    steps_per_epoch: Count
    batch_size: Count
    """Reviews per optimizer step."""
    micro_batch_size: Count
    """Reviews per micro-batch at most."""
    micro_batch_tokens: Count | None
    """Tokens per micro-batch at most; None where reviews alone limit it."""
    learning_rate: Number
    """The highest of the schedule."""
    max_length: Count
    """Tokens that the model reads of a review at most."""
    path: str
    """What computes the model: native or transformers."""
    path_why: str
    cached_layers: Count
    """Frozen layers that are computed once and kept."""
    precision: str
    compiled: bool
    device: str
    threads: Count
    weights: Count
    trainable_weights: Count


class StepRecord(Record, _WithFigures, frozen=True, kw_only=True, tag_field="kind", tag="step"):
    """An optimizer step."""

    step: Count
    """Its number, from 1 on."""
    epoch: Number
    """Epochs done after it."""
    loss: Figure
    learning_rate: Number
    gradient_norm: Figure
    """Before clipping."""
    reviews: Count
    tokens: Count
    seconds: Seconds
    """Training time so far."""


class EvaluationRecord(Record, _WithFigures, frozen=True, kw_only=True, tag_field="kind", tag="evaluation"):
    """The model was measured on the validation rows after `step`."""

    step: Count
    epoch: Number
    loss: Figure
    accuracy: Figure
    macro_f1: Figure
    per_class: dict[str, ClassFigures]
    best: bool
    """Whether these are the weights to keep."""
    tie_margin: Figure | None = None
    """Set if these weights are kept although an earlier evaluation was better: by less than this margin, one standard
    error of the figure, which a validation set of this size cannot tell apart."""
    interim: bool = False
    """Whether it was made only because the run was stopped here. A resumed run does not count it."""

    @property
    def figures(self) -> ValidationFigures:
        """The figures of all classes together."""
        return ValidationFigures(loss=self.loss, accuracy=self.accuracy, macro_f1=self.macro_f1)


class MemoryRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="memory"):
    """Memory in use, in bytes, with a reading of the worker's heartbeat (core/runs/heartbeat.py)."""

    process: Count
    """Anonymous memory of the worker."""
    process_peak: Count
    """The highest since the worker started."""
    system_total: Count
    system_available: Count
    limit: Count | None
    """Of the control group; None where there is none."""
    devices: tuple[GpuMemory, ...]
    device_peak: Count | None = None
    """The highest of the GPU's allocator; None without a GPU."""
    idle: Seconds
    """Since the last sign of life of the main thread."""
    awake: Seconds
    """Seconds that the machine has been awake since it booted."""


MemoryAction = Literal["smaller", "larger", "recompute", "again", "skipped"]
"""Micro-batches became smaller or larger, activations are recomputed from now on, the same was tried once more, or
a checkpoint was skipped."""


class OutOfMemoryRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="out_of_memory"):
    """What was changed because something did not fit in memory, or because it may fit again."""

    step: Count
    """The step under way, counted from 0."""
    where: str
    what: MemoryAction
    was: Count | None
    """Reviews that did not fit; None where it was not about a number of reviews."""
    micro_batch_size: Count | None
    """Reviews per micro-batch from now on; None where that did not change."""
    micro_batch_tokens: Count | None
    """Tokens per micro-batch from now on; None where reviews alone limit it."""
    batch_size: Count


class KilledRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="killed"):
    """The kernel killed the worker before this one because memory ran out."""

    restarts: Count
    most: Count
    """Restarts that are tried at most."""


class CheckpointRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="checkpoint"):
    """A checkpoint is on the disk."""

    step: Count


class NoCheckpointRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="no_checkpoint"):
    """A checkpoint could not be written; training goes on."""

    message: str


class PausedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="paused"):
    """The run waits until it is continued."""


class ContinuedRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="continued"):
    """The run goes on after a pause."""


class NoticeRecord(Record, frozen=True, kw_only=True, tag_field="kind", tag="notice"):
    """A sentence for whoever looks at the run."""

    text: str


class EndRecord(Record, frozen=True, kw_only=True):
    """How the run ended, with its final figures; a failure may come before there are any."""

    message: str = ""
    epochs: Number | None = None
    steps: Count | None = None
    seconds: Seconds | None = None
    reviews_per_second: Number | None = None
    peak_memory_bytes: Count | None = None
    validation: ValidationFigures | None = None
    best_epoch: Number | None = None


class FinishedRecord(EndRecord, frozen=True, kw_only=True, tag_field="kind", tag="finished"):
    """All steps are done, or nothing was gained any more."""


class StoppedRecord(EndRecord, frozen=True, kw_only=True, tag_field="kind", tag="stopped"):
    """A person asked the run to stop."""


class FailedRecord(EndRecord, frozen=True, kw_only=True, tag_field="kind", tag="failed"):
    """The run could not go on."""


KnownRecord = (
    StartedRecord
    | ResumedRecord
    | ExtendedRecord
    | PhaseRecord
    | PlanRecord
    | StepRecord
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
"""The declaration of each kind of record."""

_KNOWN = msgspec.json.Decoder(KnownRecord)
_UNKNOWN = msgspec.json.Decoder(UnknownRecord)


def from_json(data: bytes) -> Record:
    """Return the record in a JSON object.

    Raises:
        ValueError: the object does not fit the declaration of its kind, or is not a record at all.
    """
    try:
        known: Record = _KNOWN.decode(data)
        return known
    except (msgspec.ValidationError, RecursionError) as error:
        unknown = _UNKNOWN.decode(data)
        if unknown.kind in KINDS:
            raise ValueError(f"A record of kind '{unknown.kind}' does not fit its declaration: {error}") from error
        return unknown


def to_fields(record: Record) -> dict[str, Any]:
    """Return what the journal holds of a record: `kind` and `time`, then the fields that it declares."""
    fields = msgspec.to_builtins(record)
    return {"kind": record.kind, "time": record.time, **fields}
