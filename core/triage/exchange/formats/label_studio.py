"""Label Studio's JSON tasks (1.x), as its import reads and its JSON export writes them.

A person's label is an annotation with one choice, a review without a label a cancelled annotation (which is what its
skip button makes), and the prediction a prediction; a label that a model gave is no annotation. The labelling
configuration is `<Choices name="label" toName="text">` and `<Text name="text" value="$text"/>`. What Label Studio has
no field for is under `meta`, which it keeps.

Tasks that it exports may have other names, several annotations and other controls: the latest annotation with a choice
counts, and different ones are a problem that is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from core.reviews.source_columns import PREFIX
from core.triage.exchange.formats.base import (
    Entry,
    as_record,
    as_values,
    json_list,
    labelled_by_person,
    read_objects,
    write_list,
)
from core.triage.exchange.record import Record

_ELSEWHERE = ("label", "predicted", "probability", "model", "seconds")
_NAMES = ("text", "reviewText", "review")


def write(records: Sequence[Record]) -> str:
    """Return records as a list of tasks."""
    return write_list([_task(one) for one in records])


def read(content: str) -> Iterator[Entry]:
    """Yield what a list of tasks says."""
    return read_objects(json_list(content), _record)


def is_task(first: Any) -> bool:
    """Return whether a JSON value is a task."""
    return isinstance(first, dict) and isinstance(first.get("data"), dict)


def _task(record: Record) -> dict[str, Any]:
    columns = {PREFIX + name: cell for name, cell in record.columns.items()}
    labelled = record.by_person
    annotated = labelled or record.state != "label"
    values = as_values(record, _ELSEWHERE if annotated else _ELSEWHERE[:-1])
    annotation = {
        "result": [_choice(record.label)] if labelled else [],
        "was_cancelled": not labelled,
        "ground_truth": False,
        "lead_time": record.seconds,
    }
    return {
        "data": {"text": record.text, **columns},
        "annotations": [annotation] if annotated else [],
        "predictions": [_prediction(record)] if record.predicted is not None else [],
        "meta": {name: value for name, value in values.items() if name not in columns},
    }


def _prediction(record: Record) -> dict[str, Any]:
    found: dict[str, Any] = {"result": [_choice(str(record.predicted))]}
    if record.probability is not None:
        found["score"] = record.probability
    if record.model is not None:
        found["model_version"] = record.model
    return found


def _choice(label: str) -> dict[str, Any]:
    return {"from_name": "label", "to_name": "text", "type": "choices", "value": {"choices": [label]}}


def _record(task: dict[str, Any]) -> Record:
    data = task["data"]
    text = next((data[name] for name in _NAMES if name in data), None)
    if text is None:
        texts = [value for name, value in data.items() if isinstance(value, str) and not name.startswith(PREFIX)]
        text = max(texts, key=len)
    meta = task["meta"] if isinstance(task.get("meta"), dict) else {}
    values = dict(meta) | {name: cell for name, cell in data.items() if name.startswith(PREFIX)}
    annotations = task.get("annotations") or []
    chosen = {label for one in annotations if (label := _chosen(one)) is not None}
    if len(chosen) > 1:
        raise ValueError(f"its annotations have different labels: {', '.join(sorted(chosen))}")
    if annotations:
        values["seconds"] = float(annotations[-1].get("lead_time") or 0.0)
        if "time" not in values and isinstance(annotations[-1].get("created_at"), str):
            values["time"] = annotations[-1]["created_at"].replace("Z", "+00:00")
    if chosen:
        values = labelled_by_person(values, chosen.pop())
    elif "state" not in values:
        values["state"] = "skip" if any(one.get("was_cancelled") for one in annotations) else "undecided"
    for one in (task.get("predictions") or [])[-1:]:
        values["predicted"] = _chosen({"result": one["result"]})
        values |= {
            ours: one[theirs]
            for ours, theirs in (("probability", "score"), ("model", "model_version"))
            if one.get(theirs) is not None
        }
    return as_record(text, values)


def _chosen(annotation: dict[str, Any]) -> str | None:
    """Return the label of an annotation; None if it was cancelled or has none.

    Raises:
        ValueError: It has several.
    """
    if annotation.get("was_cancelled"):
        return None
    choices = [
        choice
        for result in annotation.get("result") or []
        if result.get("type") == "choices"
        for choice in result["value"]["choices"]
    ]
    if len({*choices}) > 1:
        raise ValueError(f"it has several labels at once: {', '.join(map(str, choices))}")
    return str(choices[0]) if choices else None
