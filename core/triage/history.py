"""The state of a pile, folded from the events in its log. It uses neither disk nor clock.

Undo takes back the latest operation, and redo brings it back, without limit. Both are events that name their operation,
so that a damaged record costs one operation and does not affect the others. If a file has changed, a `moved` event says
where its reviews are now. What the events are is in `core/triage/decisions.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from itertools import chain, islice

from core.triage.decision import DECIDED, Counts, Decision, Note, Record, State, counted_as
from core.triage.moves import elsewhere, find_moves, places_of
from core.triage.operation import KINDS, Operation, read_operation
from core.triage.stacks import Stacks

__all__ = ["Counts", "Decision", "History", "Note", "Operation", "Record", "State"]


class History:
    """The state of a pile: current decisions, notes and labels, what was undone, and counts."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.events = 0
        """Number of the last event."""
        self.data_hash: str | None = None
        """Hash of the data when its reviews were last located."""
        self.unreadable = 0
        """Records that are intact but not a known event."""
        self._done: dict[int, Operation] = {}
        self._undone: dict[int, Operation] = {}
        self._conflicts: tuple[int, list[list[Decision]]] | None = None
        """Conflicts after an event."""
        self._parts: list[Record] = []
        """Lines of a bulk operation of which more are to come."""
        self._forget()
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Apply one event, or one line of a bulk operation."""
        try:
            number, kind = int(record["number"]), record["kind"]
            self.events = max(self.events, number)
            if kind in KINDS:
                self._part(record, number)
            else:
                fold = {"undo": self._undo, "redo": self._redo, "moved": self._moved}
                fold[kind](record)
        except (KeyError, TypeError, ValueError):
            self.unreadable += 1

    # About one review

    def decision(self, row: int, text_hash: str) -> Decision | None:
        """Return the current decision about the review at `row`; None if it is undecided."""
        found = self._current.get(row)
        return found if found is not None and found.hash == text_hash else None

    def current(self, row: int) -> Decision | None:
        """Return the current decision about whatever review is at `row`."""
        return self._current.get(row)

    def state(self, row: int, text_hash: str) -> State:
        """Return the state of the review at `row`."""
        found = self.decision(row, text_hash)
        return found.state if found is not None else "undecided"

    def note(self, row: int, text_hash: str) -> str:
        """Return the note about the review at `row`; empty if there is none."""
        notes = self._notes.get(row)
        return notes[-1].text if notes and notes[-1].hash == text_hash else ""

    def latest(self, text_hash: str) -> Decision | None:
        """Return the latest decision about a text at any row, or None."""
        return _latest(self._standing(text_hash))

    def copy_of(self, row: int, text_hash: str) -> Decision | None:
        """Return the latest decision about the same text at another row, or None."""
        return _latest(one for one in self._standing(text_hash) if one.row != row)

    def was_seen(self, text_hash: str) -> bool:
        """Return whether the user has seen a prediction for this text with a decision, even one taken back since."""
        return text_hash in self._seen

    # Operations

    @property
    def last(self) -> Operation | None:
        """The operation that undo would take back."""
        return next(reversed(self._done.values()), None)

    @property
    def next(self) -> Operation | None:
        """The operation that redo would bring back."""
        return next(reversed(self._undone.values()), None)

    def recent(self, most: int) -> list[Operation]:
        """Return the latest `most` operations, newest first."""
        return list(islice(reversed(self._done.values()), most))

    # About the pile

    @property
    def counts(self) -> Counts:
        """Counts over the reviews in the file, by their current decision."""
        return Counts(**self._tally)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels that were added to the pile, in the order in which they were."""
        return tuple(dict.fromkeys(list(self._labels.values())))

    def decided(self, states: Iterable[State] = DECIDED) -> list[Decision]:
        """Return the current decisions about the reviews in the file, newest first; only those with one of `states`."""
        wanted = frozenset(states)
        found = [one for one in list(self._current.values()) if one.state in wanted]
        return sorted(found, key=lambda one: one.number, reverse=True)

    def noted(self) -> list[Note]:
        """Return the notes about reviews in the file, in its order."""
        latest = (self._notes.get(row)[-1] for row in self._notes if row >= 0)
        return sorted((one for one in latest if one.text), key=lambda one: one.row)

    def verdicts(self) -> list[Decision]:
        """Return the latest decision about each text, in the order of the file; reviews no longer in it come last."""
        latest = (_latest(self._standing(text_hash)) for text_hash in self._of)
        return sorted((one for one in latest if one is not None), key=lambda one: (one.row < 0, abs(one.row)))

    def human(self) -> list[Decision]:
        """Return the texts' latest decisions that give a label and were made by a person who saw the review."""
        return [one for one in self.verdicts() if one.labelled and one.source == "human"]

    def audits(self) -> list[Decision]:
        """Return the labels that can be evidence: given to random audit reviews before their prediction was seen.

        There is one for each text. If the user has decided again since, having seen the prediction, the first answer
        stays the evidence: otherwise every error of the model could be talked away.
        """
        found = []
        for text_hash in self._of:
            standing = {one.row for one in self._standing(text_hash)}
            labels = (one for one in self._of.get(text_hash) if one.evidence and one.row in standing)
            found += list(islice(labels, 1))
        return sorted(found, key=lambda one: (one.row < 0, abs(one.row)))

    def audited(self) -> list[Decision]:
        """Return the latest decision about each text that came up as an audit review: in any state, blind or not.

        Those that `audits` does not have were drawn, but give no evidence.
        """
        found = []
        for text_hash in self._of:
            latest = _latest(self._standing(text_hash))
            if latest is not None and any(one.audit and one.source == "human" for one in self._of.get(text_hash)):
                found.append(latest)
        return sorted(found, key=lambda one: (one.row < 0, abs(one.row)))

    def conflicts(self) -> list[list[Decision]]:
        """Return, for each text whose copies have different decisions, the decision about each copy."""
        if self._conflicts is None or self._conflicts[0] != self.events:
            several = (self._standing(text_hash) for text_hash in self._of if len(self._of.get(text_hash)) > 1)
            found = [one for one in several if len({(each.state, each.verdict) for each in one}) > 1]
            self._conflicts = self.events, found
        return self._conflicts[1]

    def moves(self, hashes: Iterable[str]) -> list[tuple[int, int]]:
        """Return (old row, new row) for each review with a decision or a note that has moved in a changed file.

        Args:
            hashes: Hashes of all rows of the file, in order.
        """
        return find_moves(places_of(chain(self._done.values(), self._undone.values())), hashes)

    # The events

    def _part(self, record: Record, number: int) -> None:
        if self._parts and self._parts[0]["number"] != number:
            self._parts = []  # the rest was damaged, or never written
        self._parts.append(record)
        if record["kind"] == "bulk" and record["part"] < record["parts"]:
            return
        parts, self._parts = self._parts, []
        operation = read_operation(parts)
        self._undone.clear()
        self._add(operation)

    def _undo(self, record: Record) -> None:
        operation = self._done.pop(record["of"], None)
        if operation is not None:
            self._undone[operation.number] = operation
            self._take_out(operation)

    def _redo(self, record: Record) -> None:
        operation = self._undone.pop(record["of"], None)
        if operation is not None:
            self._add(operation)

    def _moved(self, record: Record) -> None:
        moves = {int(old): int(new) for old, new in record["rows"]}
        self.data_hash = str(record["data_hash"])
        if not moves:
            return
        done, undone = self._done, self._undone
        seen = self._seen
        self._done, self._undone = {}, {number: elsewhere(one, moves) for number, one in undone.items()}
        self._forget()
        for one in done.values():
            self._add(elsewhere(one, moves))
        self._seen |= seen

    # What they lead to

    def _forget(self) -> None:
        self._at: Stacks[int, Decision] = Stacks()  # by row
        self._of: Stacks[str, Decision] = Stacks()  # by hash
        self._current: dict[int, Decision] = {}  # row of the file → its decision, if it is decided
        self._notes: Stacks[int, Note] = Stacks()  # by row
        self._labels: dict[int, str] = {}
        self._seen: set[str] = set()
        self._tally = {field.name: 0 for field in fields(Counts)}

    def _add(self, operation: Operation) -> None:
        self._done[operation.number] = operation
        for one in operation.decisions:
            self._of.add(one.hash, one)
            self._at.add(one.row, one)
            self._settle(one.row)
            if one.predicted is not None and one.source == "human" and (one.labelled or not one.blind):
                self._seen.add(one.hash)
        for note in operation.notes:
            self._notes.add(note.row, note)
        if operation.label:
            self._labels[operation.number] = operation.label

    def _take_out(self, operation: Operation) -> None:
        for one in reversed(operation.decisions):
            self._of.drop(one.hash, one)
            self._at.drop(one.row, one)
            self._settle(one.row)
        for note in reversed(operation.notes):
            self._notes.drop(note.row, note)
        self._labels.pop(operation.number, None)

    def _settle(self, row: int) -> None:
        """Make the latest decision at a row of the file the current one, and count it instead of the one before."""
        if row < 0:
            return
        before, decisions = self._current.get(row), self._at.get(row)
        for name in counted_as(before) if before is not None else ():
            self._tally[name] -= 1
        if decisions and decisions[-1].state != "undecided":
            self._current[row] = decisions[-1]
            for name in counted_as(decisions[-1]):
                self._tally[name] += 1
        else:
            self._current.pop(row, None)

    def _standing(self, text_hash: str) -> list[Decision]:
        """Return the latest decision about each copy of a text, of those that are decided."""
        by_row = {one.row: one for one in self._of.get(text_hash)}
        return [one for one in by_row.values() if one.state != "undecided"]


def _latest(decisions: Iterable[Decision]) -> Decision | None:
    """Return the latest decision; of those of one operation, the one that a person made with the review in view."""
    return max(decisions, key=lambda one: (one.number, one.source == "human"), default=None)
