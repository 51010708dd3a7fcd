"""Prodigy's JSON Lines (1.10 and later), as `db-in` reads and `db-out` writes them: tasks of the `choice` interface.

A person's label is the accepted option; a review without one, or with that of a model, is ignored, and one with a flag
is marked as `flagged`. What Prodigy has no field for is under `meta`, which it shows and keeps. It adds its hashes
itself: `db-in --rehash`.

Tasks of the `classification` interface, with a `label` that was accepted or rejected, are read, too. That a label was
rejected says only what a review is not, so it is a problem that is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.triage.exchange.formats.base import (
    Entry,
    as_record,
    as_values,
    json_lines,
    labelled_by_person,
    read_objects,
    write_lines,
)
from core.triage.exchange.record import Record

_ANSWERS = ("accept", "reject", "ignore")


def write(records: Sequence[Record]) -> str:
    """Return records as tasks."""
    labels = sorted({label for one in records for label in (one.label, one.predicted) if label})
    options = [{"id": label, "text": label} for label in labels]
    return write_lines(_task(one, options) for one in records)


def read(content: str) -> Iterator[Entry]:
    """Yield what tasks say."""
    return read_objects(json_lines(content), _record)


def is_task(first: Any) -> bool:
    """Return whether a JSON value is a task that was answered."""
    return isinstance(first, dict) and "text" in first and first.get("answer") in _ANSWERS


def _task(record: Record, options: list[dict[str, str]]) -> dict[str, Any]:
    labelled = record.by_person
    task: dict[str, Any] = {
        "text": record.text,
        "options": options,
        "accept": [record.label] if labelled else [],
        "answer": "accept" if labelled else "ignore",
    }
    if record.state == "flag":
        task["flagged"] = True
    return task | {"meta": as_values(record, ("label",))}


def _record(task: dict[str, Any]) -> Record:
    meta = task["meta"] if isinstance(task.get("meta"), dict) else {}
    values = dict(meta)
    answer = task["answer"]
    if answer not in _ANSWERS:
        raise ValueError("its answer is neither accept nor reject nor ignore")
    accepted = [str(one) for one in task.get("accept") or ([task["label"]] if "label" in task else [])]
    if answer == "accept" and accepted:
        if len({*accepted}) > 1:
            raise ValueError(f"it has several labels at once: {', '.join(accepted)}")
        values = labelled_by_person(values, accepted[0])
    elif answer == "reject":
        raise ValueError("a label was rejected, which does not say which one is right")
    elif "state" not in values:
        values["state"] = "flag" if task.get("flagged") else "skip" if answer == "ignore" else "undecided"
    if "time" not in values and isinstance(task.get("_timestamp"), (int, float)):
        values["time"] = float(task["_timestamp"])
    return as_record(task["text"], values)
