"""What a file of decisions says of one review. Every format holds all of it, and gives it back unchanged."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec

from core.triage.decision import Source, State


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One review, what was said about it, and what a model had predicted."""

    text: str
    label: str = ""
    """The label that was given; empty unless `state` is label."""
    state: State = "label"
    note: str = ""
    predicted: str | None = None
    """The label that the model had predicted; None if nothing was."""
    probability: float | None = None
    """The probability of `predicted`, 0 to 1, as the model gave it."""
    calibrated: float | None = None
    """The same after temperature scaling; None if no temperature had been fitted."""
    model: str | None = None
    """Id of the run whose model predicted."""
    model_name: str | None = None
    """The name of that run."""
    model_hash: str | None = None
    """Hash of the weights."""
    order: str | None = None
    """The order of the pile in which the review came up; None if that is not known."""
    audit: bool = False
    """Whether it came up as a random audit review."""
    blind: bool = False
    """Whether the prediction was hidden until the label was given."""
    revealed: bool = False
    """Whether it came up with the prediction hidden, which was then asked for."""
    source: Source = "human"
    """Whose word it is."""
    seconds: float = 0.0
    """How long the review was on the screen."""
    time: float = 0.0
    """Seconds since 1970, to the millisecond."""
    hash: str = ""
    """Hash of the normalized text (core/reviews/hashing.py); empty in files of other tools."""
    file: str = ""
    line: int = 0
    columns: dict[str, str] = {}
    """The cells of the columns of the pile's file."""

    @property
    def by_person(self) -> bool:
        """Whether it is a label that a person gave: other tools must not show a model's as somebody's annotation."""
        return self.state == "label" and self.source != "model"


_OF_PREDICTION = ("predicted", "model", "model_name", "model_hash")
_OPTIONAL = (*_OF_PREDICTION, "order")
"""Fields of text that are None where there is none."""
_LAST_SECOND = 253_402_300_799
"""The end of the year 9999."""
FIELDS = tuple(name for name in Record.__struct_fields__ if name != "columns")
"""The fields of a record but for the columns of its source, in the order in which files have them."""


def from_values(values: dict[str, Any]) -> Record:
    """Return the record that JSON values make.

    What cannot be true is an error; what says nothing is left out: a label of a review that was skipped, the model of a
    prediction that there is not, an empty cell.

    Raises:
        ValueError: A value is not of its kind; the message names it.
    """
    record = msgspec.convert(values, Record)
    for name in ("probability", "calibrated"):
        share = getattr(record, name)
        if share is not None and not 0 <= share <= 1:
            raise ValueError(f"its {name} is not between 0 and 1")
    if not (isfinite(record.seconds) and isfinite(record.time) and record.seconds >= 0):
        raise ValueError("it has a time that is none")
    if record.state == "label" and not record.label:
        raise ValueError("it has no label")
    return tidied(record)


def tidied(record: Record) -> Record:
    """Return a record as it comes back from a file, whatever the format."""
    empty: dict[str, Any] = {name: None for name in _OPTIONAL if not getattr(record, name)}
    if not record.predicted:
        empty |= dict.fromkeys((*_OF_PREDICTION, "probability", "calibrated"))
    if record.state != "label":
        empty["label"] = ""
    time = round(min(max(record.time, 0.0), _LAST_SECOND), 3)
    return msgspec.structs.replace(record, **empty, time=time, seconds=round(max(record.seconds, 0.0), 3))


def finite(number: float | None) -> float | None:
    """Return a number that JSON can hold; None for one that it cannot."""
    return number if number is not None and isfinite(number) else None


def written_time(time: float) -> str:
    """Return a time as ISO 8601 with milliseconds, in UTC."""
    seconds, milliseconds = divmod(round(min(max(time, 0.0), _LAST_SECOND) * 1000), 1000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=milliseconds * 1000)
    return moment.isoformat(timespec="milliseconds")


def read_time(written: str) -> float:
    """Return the seconds since 1970 of a time as ISO 8601; one without a time zone is taken for UTC.

    Raises:
        ValueError: It is no such time.
    """
    moment = datetime.fromisoformat(written)
    seconds = (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    return max(round(seconds, 3), 0.0)
