"""The state of a pile, folded from the events in its log. It uses neither disk nor clock.

A decision is about one review: the text with this hash at this row. Undo takes back the latest decision, and redo
brings it back, without limit. Both are events that name their decision, so that a damaged record costs one decision and
does not affect the others. If a file has changed, a `moved` event says where its reviews are now.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import chain, islice
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

SKIP = "skip"
"""The verdict of a skipped review; `Decision.skipped` distinguishes it from a label of that name."""

Record = dict[str, Any]


class Decision(BaseModel):
    """What the user decided about one review, and what the model had predicted then."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    number: int = 0
    """Number of its event in the log, from 1; assigned by the log."""
    time: float = 0.0
    """Seconds since 1970."""
    hash: str = Field(pattern=r"^[0-9a-f]{16}$")
    """Hash of the normalized text (core/reviews/hashing.py)."""
    row: int
    """Row in the file, from 0; negative once the review is no longer in the file."""
    file: str
    line: int
    text: str
    columns: dict[str, str] = Field(default_factory=dict)
    """The cells of the file's short columns, such as ids."""
    verdict: str
    """A label, or `SKIP`."""
    skipped: bool = False
    agreed: bool | None = None
    """Whether the verdict equals the predicted label; None if it was skipped or nothing was predicted."""
    predicted: str | None = None
    probability: float | None = None
    """The probability of `predicted`, 0 to 1."""
    model: str | None = None
    """Id of the run whose model made the prediction."""
    blind: bool = False
    """Whether the prediction was hidden until the user decided."""
    seconds: float = 0.0
    """How long the review was on the screen before the decision."""
    source: Literal["human"] = "human"


@dataclass(frozen=True)
class Counts:
    """Progress through a pile, in reviews."""

    agreed: int = 0
    corrected: int = 0
    by_hand: int = 0
    """Labelled without a prediction."""
    skipped: int = 0
    blind_agreed: int = 0
    """Those among the agreed that were decided before the prediction was shown."""
    blind_corrected: int = 0

    @property
    def decided(self) -> int:
        return self.agreed + self.corrected + self.by_hand + self.skipped

    @property
    def agreement(self) -> float | None:
        """Share of predictions that the user agreed with; None if there were no predictions."""
        judged = self.agreed + self.corrected
        return self.agreed / judged if judged else None

    @property
    def blind_agreement(self) -> float | None:
        """The same, over reviews that were decided before their prediction was shown."""
        judged = self.blind_agreed + self.blind_corrected
        return self.blind_agreed / judged if judged else None


class History:
    """The state of a pile: current decisions, undone decisions, and counts."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.events = 0
        """Number of the last event."""
        self.data_hash: str | None = None
        """Hash of the data when its reviews were last located."""
        self.unreadable = 0
        """Records that are intact but not a known event."""
        self._done: dict[int, Decision] = {}
        self._undone: dict[int, Decision] = {}
        self._at: dict[int, dict[int, Decision]] = defaultdict(dict)  # row → its decisions by number
        self._of: dict[str, dict[int, Decision]] = defaultdict(dict)  # hash → its decisions by number
        self._tally = {field.name: 0 for field in fields(Counts)}
        for record in records:
            self.apply(record)

    def apply(self, record: Record) -> None:
        """Apply one event."""
        self.events = max(self.events, int(record.get("number", 0)))
        fold = {"decide": self._decide, "undo": self._undo, "redo": self._redo, "moved": self._moved}
        try:
            fold[record["kind"]](record)
        except (KeyError, TypeError, ValueError):
            self.unreadable += 1

    def decision(self, row: int, text_hash: str) -> Decision | None:
        """Return the current decision about the review at `row`, or None."""
        found = _latest(self._at.get(row))
        return found if found is not None and found.hash == text_hash else None

    @property
    def last(self) -> Decision | None:
        """The decision that undo would take back."""
        return _latest(self._done)

    @property
    def next(self) -> Decision | None:
        """The decision that redo would bring back."""
        return _latest(self._undone)

    @property
    def counts(self) -> Counts:
        """Counts over the reviews in the file, by their current decision."""
        return Counts(**self._tally)

    def recent(self, most: int) -> list[Decision]:
        """Return the latest `most` decisions, newest first."""
        return list(islice(reversed(self._done.values()), most))

    def verdicts(self) -> list[Decision]:
        """Return the latest decision about each text, in the order of the file; reviews no longer in it come last."""
        latest = [decision for found in self._of.values() if (decision := _latest(found)) is not None]
        return sorted(latest, key=lambda one: (one.row < 0, abs(one.row), one.number))

    def conflicts(self) -> list[list[Decision]]:
        """Return, for each text whose copies have different decisions, the decision about each copy."""
        found = []
        for decisions in self._of.values():
            by_row = {one.row: one for one in decisions.values()}
            if len({(one.verdict, one.skipped) for one in by_row.values()}) > 1:
                found.append(list(by_row.values()))
        return found

    def copy_of(self, row: int, text_hash: str) -> Decision | None:
        """Return the latest decision about the same text at another row, or None."""
        others = [one for one in self._of.get(text_hash, {}).values() if one.row != row]
        return others[-1] if others else None

    def first_undecided(self, rows: Sequence[int], start: int = 0) -> int | None:
        """Return where in `rows` (N,) the first row without a decision is; None if all have one.

        Args:
            rows: All rows of the pile, in the order in which they are seen.
            start: Index to look from; the part before it comes last.
        """
        if self.counts.decided >= len(rows):
            return None
        places = chain(range(start, len(rows)), range(start))
        return next((place for place in places if not self._at.get(rows[place])), None)

    def moves(self, hashes: Iterable[str]) -> list[tuple[int, int]]:
        """Return (old row, new row) for each decided review that has moved in a changed file.

        A review that is still at its row stays there; copies of one text keep their order. A review that is gone gets a
        unique negative row, from which it may come back.

        Args:
            hashes: Hashes of all rows of the file, in order.
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
        """Add the current decision at `row` to the counts (`by` 1), or subtract it (`by` −1)."""
        current = _latest(self._at.get(row)) if row >= 0 else None
        if current is not None:
            self._tally[_kind(current)] += by
            if current.blind and current.agreed is not None:
                self._tally["blind_agreed" if current.agreed else "blind_corrected"] += by


def _kind(decision: Decision) -> str:
    if decision.skipped:
        return "skipped"
    return {True: "agreed", False: "corrected", None: "by_hand"}[decision.agreed]


def _latest(decisions: dict[int, Decision] | None) -> Decision | None:
    return next(reversed(decisions.values())) if decisions else None
