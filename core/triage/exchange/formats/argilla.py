"""Argilla's records (2.x), as `dataset.records.to_json` writes and `from_json` reads them.

The review is the field `text`, a person's label the response to the question `label`, and the prediction its
suggestion; a review without a label, or with that of a model, has no response. Argilla wants to know who responded:
`user_id` is that of nobody and has to be replaced before records are logged to a server. What has no place of its own
is under `metadata`, as text or number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

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

NOBODY = "00000000-0000-0000-0000-000000000000"
_QUESTION = "label"
_ELSEWHERE = ("label", "predicted", "probability", "model")
_TRUTHS = {"true": True, "false": False}


def write(records: Sequence[Record]) -> str:
    """Return records as a list of Argilla's."""
    seen: Counter[str] = Counter()
    found = []
    for one in records:
        seen[one.hash] += 1
        found.append(_record_of(one, one.hash if seen[one.hash] == 1 else f"{one.hash}-{seen[one.hash]}"))
    return write_list(found)


def read(content: str) -> Iterator[Entry]:
    """Yield what a list of Argilla's records says."""
    return read_objects(json_list(content), _record)


def is_record(first: Any) -> bool:
    """Return whether a JSON value is a record of Argilla's."""
    return isinstance(first, dict) and isinstance(first.get("fields"), dict)


def _record_of(record: Record, id: str) -> dict[str, Any]:
    metadata = {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in as_values(record, _ELSEWHERE).items()
    }
    suggestion = {"value": record.predicted, "score": record.probability, "agent": record.model}
    response = {"value": record.label, "user_id": NOBODY, "status": "submitted"}
    return {
        "id": id,
        "fields": {"text": record.text},
        "metadata": metadata,
        "suggestions": {_QUESTION: suggestion} if record.predicted is not None else {},
        "responses": {_QUESTION: [response]} if record.by_person else {},
        "vectors": {},
        "_server_id": None,
    }


def _record(item: dict[str, Any]) -> Record:
    fields = item["fields"]
    text = fields["text"] if "text" in fields else max((v for v in fields.values() if isinstance(v, str)), key=len)
    values = dict(item.get("metadata") or {})
    values |= {
        name: _TRUTHS[values[name]] for name in ("audit", "blind", "revealed") if isinstance(values.get(name), str)
    }
    responses = item.get("responses") or {}
    question = _QUESTION if _QUESTION in responses else next(iter(responses), _QUESTION)
    given = {str(one["value"]) for one in responses.get(question, ()) if one.get("status") != "discarded"}
    if len(given) > 1:
        raise ValueError(f"its responses have different labels: {', '.join(sorted(given))}")
    if given:
        values = labelled_by_person(values, given.pop())
    elif "state" not in values:
        values["state"] = "skip" if responses.get(question) else "undecided"
    suggestion = (item.get("suggestions") or {}).get(question)
    if suggestion is not None:
        pairs = (("predicted", "value"), ("probability", "score"), ("model", "agent"))
        values |= {ours: suggestion[theirs] for ours, theirs in pairs if suggestion.get(theirs) is not None}
    return as_record(text, values)
