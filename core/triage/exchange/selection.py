"""Which decisions go into a file, and which do not, with the reason for each: nothing is left out silently.

A file for training has one row for each text with a label: the latest one, unless a model gave it. Whoever hands
decisions over can have the others, too.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import msgspec

from core.triage.decision import Decision
from core.triage.exchange.record import Record, finite, tidied
from core.triage.history import History

Missing: TypeAlias = Literal["skipped", "flagged", "ambiguous", "automatic", "repeated", "noted"]
"""Why a review that the user dealt with is not in a file: it has no label, or only a model's, an equal text was decided
later, or it has a note but no decision."""
Included: TypeAlias = Literal["skipped", "flagged", "ambiguous", "automatic", "repeated"]
"""Of these, what a file can hold when it is asked for."""
INCLUDED: tuple[Included, ...] = get_args(Included)
_BY_STATE: dict[str, Missing] = {"skip": "skipped", "flag": "flagged", "ambiguous": "ambiguous"}


@dataclass(frozen=True)
class LeftOut:
    """A review that is not in a file."""

    reason: Missing
    row: int
    file: str
    line: int


@dataclass(frozen=True)
class Selection:
    """What a file holds, in the order of the pile."""

    records: tuple[Record, ...]
    left_out: tuple[LeftOut, ...]


Cells: TypeAlias = Mapping[tuple[int, str], Mapping[str, str]]
"""(Row, text hash) of a review → its cells in the columns of the pile's file."""


def select(
    history: History,
    include: Collection[Included] = (),
    names: Mapping[str, str] | None = None,
    cells: Cells | None = None,
) -> Selection:
    """Choose among the decisions of a pile.

    Args:
        include: What to write besides the latest label of each text.
        names: Id of a run → its name.
        cells: What the file holds of each review; where it is silent, the columns of the log are written.
    """
    chosen: list[tuple[int, Record]] = []
    left_out: list[LeftOut] = []
    latest = {id(one) for one in history.verdicts()}
    standing = [one for one in history.verdicts() if one.row < 0] + history.decided()
    for one in standing:
        reason = _why_not(one, id(one) in latest)
        if reason is None or reason in include:
            found = record_of(one, history.note(one.row, one.hash), names or {})
            if cells is not None and (one.row, one.hash) in cells:
                found = msgspec.structs.replace(found, columns=dict(cells[one.row, one.hash]))
            chosen.append((one.row, found))
        else:
            left_out.append(LeftOut(reason, one.row, one.file, one.line))
    left_out += [
        LeftOut("noted", note.row, note.file, note.line)
        for note in history.noted()
        if history.decision(note.row, note.hash) is None
    ]
    return Selection(
        tuple(record for _, record in sorted(chosen, key=lambda one: (one[0] < 0, abs(one[0])))),
        tuple(sorted(left_out, key=lambda one: (one.row < 0, abs(one.row)))),
    )


def _why_not(decision: Decision, is_latest: bool) -> Missing | None:
    """Return why a decision is not in a file unless it is asked for; None if it is."""
    if decision.labelled and decision.source == "model":
        return "automatic"
    return _BY_STATE.get(decision.state) or (None if is_latest else "repeated")


def record_of(decision: Decision, note: str, names: Mapping[str, str]) -> Record:
    """Return what files say of a decision.

    Args:
        note: The user's note about the review.
        names: Id of a run → its name.
    """
    return tidied(
        Record(
            text=decision.text,
            label=decision.verdict,
            state=decision.state,
            note=note,
            predicted=decision.predicted,
            probability=finite(decision.probability),
            calibrated=finite(decision.calibrated),
            model=decision.model,
            model_name=names.get(decision.model or ""),
            model_hash=decision.model_hash,
            order=decision.order,
            audit=decision.audit,
            blind=decision.blind,
            revealed=decision.revealed,
            source=decision.source if decision.origin is None else decision.origin,
            seconds=decision.seconds,
            time=decision.time if decision.said is None else decision.said,
            hash=decision.hash,
            file=decision.file,
            line=decision.line,
            columns=decision.columns,
        )
    )
