"""An operation on a pile: what one undo takes back. It is one event of the log, however many reviews it decides.

A bulk operation with many decisions is written as several lines with one number, so that reading and writing it never
holds up the screen for long. It counts once all of its lines are there: a damaged line costs the operation as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from core.triage.decision import Decision, Note, Record, read_decision, write_decision

Kind: TypeAlias = Literal["decide", "bulk", "note", "label"]
Why: TypeAlias = Literal["copies", "auto-label", "requeue", "import", "accept"]
"""`copies`: copies of a review were decided along with it. `auto-label`: a model labelled what a certificate covers.
`requeue`: back to undecided. `import`: decisions of another tool. `accept`: predictions were accepted at once."""

KINDS: tuple[Kind, ...] = get_args(Kind)
PART = 200
"""The most decisions on one line of a bulk operation."""


class Operation(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One decision, many at once, a note, or a label that was added to the pile."""

    kind: Kind
    number: int = 0
    """Number of its event, from 1; assigned by the log."""
    time: float = 0.0
    """Seconds since 1970; assigned by the log."""
    decisions: tuple[Decision, ...] = ()
    """One for `decide`, any number for `bulk`."""
    why: Why | None = None
    """The reason of a `bulk`."""
    facts: dict[str, Any] = {}
    """What else is to be known of a `bulk`, such as a threshold."""
    notes: tuple[Note, ...] = ()
    """One for `note`; those that came with a `bulk`."""
    label: str = ""
    """The name that a `label` adds."""

    @property
    def row(self) -> int | None:
        """The row that the user was looking at: that of the decision or note, the first one of a bulk operation."""
        if self.decisions:
            return self.decisions[0].row
        return self.notes[0].row if self.notes else None


def write_operation(operation: Operation) -> Iterator[Record]:
    """Yield the records of an operation, without `number` and `time`."""
    if operation.kind == "decide":
        yield {"kind": "decide", **write_decision(operation.decisions[0])}
    elif operation.kind == "note":
        yield {"kind": "note", **msgspec.structs.asdict(operation.notes[0])}
    elif operation.kind == "label":
        yield {"kind": "label", "name": operation.label}
    else:
        parts = max(-(-max(len(operation.decisions), len(operation.notes)) // PART), 1)
        rest, notes = iter(operation.decisions), map(msgspec.structs.asdict, operation.notes)
        for part in range(parts):
            shared = {"kind": "bulk", "why": operation.why, "facts": operation.facts, "part": part + 1, "parts": parts}
            noted = {"notes": found} if (found := list(islice(notes, PART))) else {}
            yield {**shared, "decisions": [write_decision(one) for one in islice(rest, PART)], **noted}


def read_operation(records: list[Record]) -> Operation:
    """Return the operation in its records: all those of its number, in their order.

    Raises:
        KeyError, TypeError, ValueError: It is not an operation, or a part of it is missing.
    """
    first = records[0]
    kind, number, time = first["kind"], int(first["number"]), float(first["time"])
    if kind == "decide":
        return Operation(kind=kind, number=number, time=time, decisions=(read_decision(first, number, time),))
    if kind == "note":
        return Operation(kind=kind, number=number, time=time, notes=(msgspec.convert(first, Note),))
    if kind == "label":
        return Operation(kind=kind, number=number, time=time, label=msgspec.convert(first["name"], str))
    if kind != "bulk" or [one["part"] for one in records] != list(range(1, first["parts"] + 1)):
        raise ValueError("no operation")
    decisions = tuple(read_decision(one, number, time) for record in records for one in record["decisions"])
    why, facts = msgspec.convert(first["why"], Why), msgspec.convert(first["facts"], dict[str, Any])
    notes = tuple(msgspec.convert(one, Note) for record in records for one in record.get("notes", ()))
    return Operation(kind=kind, number=number, time=time, decisions=decisions, why=why, facts=facts, notes=notes)
