"""Decisions and what they add up to: a fold over the events of a pile's log. No disk, no clock.

A decision is about one review: the text with this hash at this row. Undo takes back the last decision that stands and
redo brings it back, without limit; both are events that name the decision they mean, so that a damaged record costs
one decision and never shifts the others. Where a file was changed, a `moved` event says where its reviews went.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from itertools import chain, islice
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SKIP = "skip"
"""The verdict of a review that was passed over on purpose; `Decision.skipped` tells it from a label of that name."""

Record = dict[str, Any]


class Decision(BaseModel):
    """What a person said about one review, and what the model had said when they did."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int = 0
    """Of the event in its log, from 1; given by the log."""
    time: float = 0.0
    """Seconds since 1970."""
    hash: str = Field(pattern=r"^[0-9a-f]{16}$")
    """Of the normalised text (core/reviews/hashing.py)."""
    row: int
    """Place in the pile, from 0; negative once the review is no longer in the file."""
    file: str
    line: int
    text: str
    verdict: str
    """A label, or `SKIP`."""
    skipped: bool = False
    agreed: bool | None = None
    """Whether the verdict is the label that was predicted; None where it was skipped or nothing was predicted."""
    predicted: str | None = None
    probability: float | None = None
    """Of `predicted`, 0 to 1."""
    model: str | None = None
    """Id of the run whose model predicted."""
    blind: bool = False
    """Whether the prediction was hidden until the person had decided."""
    seconds: float = 0.0
    """How long the review was on the screen before the decision."""
    source: Literal["human"] = "human"


@dataclass(frozen=True)
class Counts:
    """How far a pile is, in reviews."""

    agreed: int = 0
    corrected: int = 0
    by_hand: int = 0
    """Labelled while no prediction was shown."""
    skipped: int = 0
    blind_agreed: int = 0
    """Of the agreed ones, those said before the prediction was shown."""
    blind_corrected: int = 0

    @property
    def decided(self) -> int:
        return self.agreed + self.corrected + self.by_hand + self.skipped

    @property
    def agreement(self) -> float | None:
        """Share of the predictions that the person agreed with; None where there was none to judge."""
        judged = self.agreed + self.corrected
        return self.agreed / judged if judged else None

    @property
    def blind_agreement(self) -> float | None:
        """The same over the reviews that were decided before their prediction was shown."""
        judged = self.blind_agreed + self.blind_corrected
        return self.blind_agreed / judged if judged else None


class History:
    """The state of a pile: the decisions that stand, those undone, and the counts. `apply` folds in one event."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.events = 0
        """Number of the last event."""
        self.data_hash: str | None = None
        """What the pile held when its reviews were last found."""
        self.unreadable = 0
        """Whole records that are no event this version knows."""
        self._done: dict[int, Decision] = {}
        self._undone: dict[int, Decision] = {}
        self._at: dict[int, dict[int, Decision]] = defaultdict(dict)  # row → its decisions by number
        self._of: dict[str, dict[int, Decision]] = defaultdict(dict)  # hash → its decisions by number
        self._tally = {field.name: 0 for field in fields(Counts)}
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Fold in one event."""
        self.events = max(self.events, int(record.get("number", 0)))
        fold = {"decide": self._decide, "undo": self._undo, "redo": self._redo, "moved": self._moved}
        try:
            fold[record["kind"]](record)
        except (KeyError, TypeError, ValueError):
            self.unreadable += 1

    def decision(self, row: int, text_hash: str) -> Decision | None:
        """What stands for the review at `row`: the latest decision about it."""
        found = _latest(self._at.get(row))
        return found if found is not None and found.hash == text_hash else None

    @property
    def last(self) -> Decision | None:
        """What undo would take back."""
        return _latest(self._done)

    @property
    def next(self) -> Decision | None:
        """What redo would bring back."""
        return _latest(self._undone)

    @property
    def counts(self) -> Counts:
        """Of the reviews that are in the file, by their latest decision."""
        return Counts(**self._tally)

    def recent(self, most: int) -> list[Decision]:
        """The last decisions that stand, the latest first."""
        return list(islice(reversed(self._done.values()), most))

    def verdicts(self) -> list[Decision]:
        """One decision a text, the latest, in the order of the file; reviews that left the file come last."""
        latest = [decision for found in self._of.values() if (decision := _latest(found)) is not None]
        return sorted(latest, key=lambda one: (one.row < 0, abs(one.row), one.number))

    def conflicts(self) -> list[list[Decision]]:
        """Copies of one text that were decided differently: for each such text the decision at each place."""
        found = []
        for decisions in self._of.values():
            places = {one.row: one for one in decisions.values()}
            if len({(one.verdict, one.skipped) for one in places.values()}) > 1:
                found.append(list(places.values()))
        return found

    def copy_of(self, row: int, text_hash: str) -> Decision | None:
        """The latest decision about the same text at another row."""
        others = [one for one in self._of.get(text_hash, {}).values() if one.row != row]
        return others[-1] if others else None

    def first_undecided(self, total: int, start: int = 0) -> int | None:
        """The first row without a decision at or after `start`, then before it; None when all have one."""
        if self.counts.decided >= total:
            return None
        return next((row for row in chain(range(start, total), range(start)) if not self._at.get(row)), None)

    def moves(self, hashes: Iterable[str]) -> list[tuple[int, int]]:
        """Where the reviews of a changed file went: (old row, new row) of each decided row that is elsewhere now.

        `hashes` are those of the file's rows in order. A review that still stands at its row stays; copies of one
        text keep their order; one that is gone gets a negative row of its own, and may come back from there.
        """
        wanted: dict[str, list[int]] = defaultdict(list)
        for row, text_hash in sorted({(one.row, one.hash) for one in self._all()}):
            wanted[text_hash].append(row)
        found: dict[str, list[int]] = defaultdict(list)
        for row, text_hash in enumerate(hashes):
            if text_hash in wanted:
                found[text_hash].append(row)
        gone = min((row for rows in wanted.values() for row in rows if row < 0), default=0)
        result = []
        for text_hash, rows in wanted.items():
            free = [row for row in found[text_hash] if row not in rows]
            for row in rows:
                if row in found[text_hash]:
                    continue
                if free:
                    result.append((row, free.pop(0)))
                elif row >= 0:
                    gone -= 1
                    result.append((row, gone))
        return result

    # The events

    def _decide(self, record: Record) -> None:
        decision = Decision.model_validate(record)
        self._undone.clear()
        self._add(decision)

    def _undo(self, record: Record) -> None:
        decision = self._done.get(record["of"])
        if decision is not None:
            self._remove(decision)
            self._undone[decision.number] = decision

    def _redo(self, record: Record) -> None:
        decision = self._undone.pop(record["of"], None)
        if decision is not None:
            self._add(decision)

    def _moved(self, record: Record) -> None:
        moves = {int(old): int(new) for old, new in record["rows"]}
        done, undone = self._done, self._undone
        self._done, self._undone = {}, {}
        self._at.clear()
        self._of.clear()
        self._tally = dict.fromkeys(self._tally, 0)
        for one in done.values():
            self._add(one.model_copy(update={"row": moves.get(one.row, one.row)}))
        for one in undone.values():
            self._undone[one.number] = one.model_copy(update={"row": moves.get(one.row, one.row)})
        self.data_hash = str(record["data_hash"])

    def _all(self) -> Iterator[Decision]:
        yield from self._done.values()
        yield from self._undone.values()

    def _add(self, decision: Decision) -> None:
        self._count(decision.row, -1)
        self._done[decision.number] = decision
        self._of[decision.hash][decision.number] = decision
        self._at[decision.row][decision.number] = decision
        self._count(decision.row, 1)

    def _remove(self, decision: Decision) -> None:
        self._count(decision.row, -1)
        del self._done[decision.number]
        del self._of[decision.hash][decision.number]
        del self._at[decision.row][decision.number]
        self._count(decision.row, 1)

    def _count(self, row: int, by: int) -> None:
        """Take the decision that stands at `row` into the counts, or out of them."""
        run_status = _latest(self._at.get(row)) if row >= 0 else None
        if run_status is not None:
            self._tally[_kind(run_status)] += by
            if run_status.blind and run_status.agreed is not None:
                self._tally["blind_agreed" if run_status.agreed else "blind_corrected"] += by


def _kind(decision: Decision) -> str:
    if decision.skipped:
        return "skipped"
    return {True: "agreed", False: "corrected", None: "by_hand"}[decision.agreed]


def _latest(decisions: dict[int, Decision] | None) -> Decision | None:
    return next(reversed(decisions.values())) if decisions else None
