"""Counts, seconds, scores and sizes in the records of a journal; see `core/runs/records.py`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta

Count = Annotated[int, Meta(ge=0, lt=1 << 53)]
"""A number of steps, reviews, tokens or bytes."""
Seconds = Annotated[float, Meta(ge=0, lt=1e11)]
"""Seconds since 1970, since the machine booted, or of training so far."""
Fraction = Annotated[float, Meta(ge=0, le=1)]
"""The fraction of something."""
Difference = Annotated[float, Meta(ge=-1, le=1)]
"""A difference of two fractions."""

Number = Annotated[int, Meta(ge=0, lt=1 << 53)] | Annotated[float, Meta(ge=0, lt=1 << 53)]
"""An integer or a float."""

if TYPE_CHECKING:
    Figure = float
else:
    Figure = float | Literal["nan", "inf", "-inf"]
"""A measured number that may be NaN or infinite. JSON holds those as strings; the attribute is always a float."""


class WithFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A struct whose only strings are those that stand for NaN and infinity; they are converted to float."""

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, str):
                msgspec.structs.force_setattr(self, name, float(value))


class ClassFigures(WithFigures, frozen=True, kw_only=True):
    """Scores of one class."""

    precision: Figure
    recall: Figure
    f1: Figure
    rows: Count


class ValidationFigures(WithFigures, frozen=True, kw_only=True):
    """Scores of a model on the validation rows."""

    loss: Figure
    """Mean cross-entropy, in nats."""
    accuracy: Figure
    macro_f1: Figure

    def to_json(self) -> dict[str, float]:
        """Return the scores as the JSON object that commands print."""
        return {"loss": self.loss, "accuracy": self.accuracy, "macro_f1": self.macro_f1}


class MajorityGuess(msgspec.Struct, frozen=True, kw_only=True):
    """Scores on the validation rows of always answering the class that is most frequent in training."""

    label: str
    accuracy: Fraction
    macro_f1: Fraction

    def to_json(self) -> dict[str, str | float]:
        """Return the JSON object that commands print."""
        return {"label": self.label, "accuracy": self.accuracy, "macro_f1": self.macro_f1}


class AgainstBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """How much more accurate a fine-tuned run is than a baseline, on the validation rows that both predicted."""

    run: str
    """Id of the fine-tuned run."""
    baseline: str
    """Id of the baseline."""
    seconds: Seconds
    """What the baseline took."""
    rows: Count
    difference: Difference
    """Accuracy of the run minus that of the baseline."""
    low: Difference
    high: Difference
    """The ends of the paired 95 % interval of the difference."""


class GpuProcess(msgspec.Struct, frozen=True, kw_only=True):
    """Another process that computes on a GPU, where NVML can see it: not from inside a container."""

    pid: Count
    name: str
    bytes: Count | None = None
    """What it has allocated; None if the driver does not say."""


class GpuMemory(msgspec.Struct, frozen=True, kw_only=True):
    """A GPU's memory in bytes, and how busy it is. If it cannot be read, `error` says why and the sizes are 0."""

    index: Count
    name: str
    error: str = ""
    """Why it cannot be read; empty if it can."""
    total: Count = 0
    ours_allocated: Count = 0
    """Allocated to tensors by the worker's allocator."""
    ours_reserved: Count = 0
    """Reserved by the worker's allocator, including what is allocated."""
    other: Count = 0
    """In use by other processes and the driver."""
    free: Count = 0
    utilisation: Fraction | None = None
    """The share of the last moments in which a kernel ran; None if the driver does not say."""
    temperature: Number | None = None
    """In degrees Celsius."""
    power: Number | None = None
    """In watts."""
    power_limit: Number | None = None
    """In watts."""
    others: tuple[GpuProcess, ...] = ()


class LayerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What one step did in one part of the model."""

    name: str
    """`embeddings`, `layer 1`, …, `head`."""
    gradient_norm: Figure
    """Before clipping."""
    update_ratio: Figure
    """The norm of the change of the weights, divided by the norm of the weights."""

    def __post_init__(self) -> None:
        for name in ("gradient_norm", "update_ratio"):
            msgspec.structs.force_setattr(self, name, float(getattr(self, name)))
