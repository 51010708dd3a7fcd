"""Finds the reviews of a file of decisions in a pile, and says what becomes of each line.

A review is found by the hash of its text; of equal texts it is the one at the same file and line, or else the first
that is undecided. What is found becomes one bulk operation, which one undo takes back. What the pile says otherwise
stays as it is, unless the file is to win; whatever is not taken in is listed with its line.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from core.base.errors import InputError
from core.base.text import clean, clean_line
from core.reviews.hashing import text_digest
from core.triage.decision import Decision, Note
from core.triage.exchange.formats.base import Entry, Format
from core.triage.exchange.formats.registry import FORMATS, format_of
from core.triage.exchange.record import Record
from core.triage.history import History
from core.triage.review import Review

_MOST_BYTES = 1 << 30
_HASH = re.compile(r"[0-9a-f]{16}")
_SHOWN = 60
"""Characters of a review in a list of problems."""
_STATES = {"skip": "skipped", "flag": "flagged", "ambiguous": "ambiguous", "undecided": "undecided"}


@dataclass(frozen=True)
class Problem:
    """A line of which something is not taken in."""

    line: int
    text: str
    """The beginning of the review, safe to show."""
    why: str
    conflict: bool = False
    """Whether the pile says otherwise."""


@dataclass
class ImportPlan:
    """What becomes of a file."""

    decisions: list[Decision] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    unchanged: int = 0
    """Lines that say what the pile says already."""
    replaced: int = 0
    """Decisions that say otherwise than the pile did."""
    problems: list[Problem] = field(default_factory=list)
    models: dict[str, str] = field(default_factory=dict)
    """Id of a run → the name that it has in the file."""

    @property
    def conflicts(self) -> int:
        """Lines that the pile contradicts and that were not taken in."""
        return sum(one.conflict for one in self.problems)


def read_decisions(path: Path) -> tuple[Format, list[Entry]]:
    """Read a file of decisions, whatever its format.

    Raises:
        InputError: It cannot be read, or is of no known format; the sentence says what to do.
    """
    shown = clean_line(path, 120)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(f"{shown} is too large for a file of decisions.")
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"Cannot read {shown} ({error.strerror or error}); check the file.") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{shown} is not UTF-8, as files of decisions are.") from error
    found = format_of(content)
    if found is None:
        known = ", ".join(one.title for one in FORMATS.values())
        raise InputError(f"{shown} is no file of decisions that is known: {known}.")
    try:
        return found, list(found.read(content))
    except ValueError as error:
        raise InputError(f"{shown} cannot be read as {found.title}: {clean_line(error, 120)}.") from error


def hashes_of(entries: Iterable[Entry]) -> set[str]:
    """Return the text hashes by which the reviews of a file may be found."""
    return {found for one in entries if one.record is not None for found in hashes_of_record(one.record)}


def plan_import(
    history: History, entries: Sequence[Entry], found: Mapping[str, Sequence[Review]], *, replace: bool = False
) -> ImportPlan:
    """Decide what becomes of each line of a file.

    Args:
        history: The state of the pile.
        found: Text hash → the reviews of the pile with such a text, in its order.
        replace: Whether the file wins where the pile says otherwise.
    """
    plan = ImportPlan()
    taken: dict[int, Record] = {}
    for entry in entries:
        record = entry.record
        if record is None:
            plan.problems.append(_problem(entry, entry.problem))
            continue
        review, why = _review_of(record, found, history, taken)
        if review is None:
            plan.problems.append(_problem(entry, why))
            continue
        before = taken.setdefault(review.row, record)
        if before is not record:
            if (before.state, before.label) == (record.state, record.label):
                plan.unchanged += 1
            else:
                plan.problems.append(_problem(entry, f"an earlier line says {_words(before)}", conflict=True))
            continue
        _take(plan, history, entry, record, review, replace)
    return plan


def _take(plan: ImportPlan, history: History, entry: Entry, record: Record, review: Review, replace: bool) -> None:
    """Add what a line says of a review."""
    decision, note = history.decision(review.row, review.hash), history.note(review.row, review.hash)
    new_note = bool(record.note) and record.note != note
    same = (decision.state, decision.verdict) == (record.state, record.label) if decision is not None else False
    if record.state == "undecided" and decision is None:
        same = True
    if not same and decision is not None and not replace:
        plan.problems.append(_problem(entry, f"it says {_words(record)}, this pile {_said(decision)}", conflict=True))
    elif not same:
        plan.decisions.append(decision_of(record, review))
        plan.replaced += decision is not None
        if record.model is not None and record.model_name is not None:
            plan.models[record.model] = record.model_name
    if new_note and note and not replace:
        plan.problems.append(_problem(entry, "this pile has another note about it", conflict=True))
    elif new_note:
        plan.notes.append(Note(hash=review.hash, row=review.row, file=review.file, line=review.line, text=record.note))
    plan.unchanged += same and not new_note


def facts_of(plan: ImportPlan, path: Path, format: Format) -> dict[str, Any]:
    """Return what the log says of an import beside its decisions."""
    return {"file": str(path), "format": format.name, "models": plan.models}


def _review_of(
    record: Record, found: Mapping[str, Sequence[Review]], history: History, taken: Mapping[int, Record]
) -> tuple[Review | None, str]:
    """Return the review that a record is about, or None and why there is none."""
    candidates = [review for one in hashes_of_record(record) for review in found.get(one, ())]
    if not candidates:
        return None, "no review of this pile has this text"
    same = [one for one in candidates if one.hash == _hash_of(record.text) or clean(one.text) == clean(record.text)]
    if not same:
        return None, "its text is not the one that its hash stands for"
    places: dict[tuple[str, int], list[Review]] = defaultdict(list)
    for one in same:
        places[one.file, one.line].append(one)
    if here := places[record.file, record.line]:
        return here[0], ""
    free = (one for one in same if one.row not in taken and history.decision(one.row, one.hash) is None)
    return next(free, same[0]), ""


def hashes_of_record(record: Record) -> list[str]:
    """Return the hash that a record has, if it has one, and that of its text."""
    own = [record.hash] if _HASH.fullmatch(record.hash) else []
    return list(dict.fromkeys([*own, *filter(None, [_hash_of(record.text)])]))


def _hash_of(text: str) -> str:
    try:
        return f"{int.from_bytes(text_digest(text), 'little'):016x}"
    except UnicodeEncodeError:
        return ""


def decision_of(record: Record, review: Review) -> Decision:
    """Return the decision about a review that a record makes."""
    labelled = record.state == "label"
    return Decision(
        **vars(review),
        state=record.state,
        verdict=record.label,
        agreed=record.label == record.predicted if labelled and record.predicted is not None else None,
        predicted=record.predicted,
        probability=record.probability,
        calibrated=record.calibrated,
        model=record.model,
        model_hash=record.model_hash,
        order=record.order or "file",
        audit=record.audit,
        blind=record.blind,
        revealed=record.revealed,
        seconds=record.seconds,
        source="import",
        origin=record.source,
        said=record.time or None,
    )


def _problem(entry: Entry, why: str, conflict: bool = False) -> Problem:
    text = entry.record.text if entry.record is not None else entry.text
    return Problem(entry.line, clean_line(text, _SHOWN), clean_line(why, 200), conflict)


def _words(record: Record) -> str:
    return f"“{clean_line(record.label, 40)}”" if record.state == "label" else _STATES[record.state]


def _said(decision: Decision) -> str:
    return f"“{clean_line(decision.verdict, 40)}”" if decision.labelled else _STATES[decision.state]
