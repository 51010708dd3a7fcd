"""What the audits of a pile say about a model: how sure it was of each audited review, and whether it was wrong.

An audit counts if the review came up at random and was labelled before the model's answer was seen. Near copies count
once. A review that the model has learned from says nothing about others, and is left out.

**Audits count in the order of the random sequence** (`core/triage/audit.py`), whenever they were made, and only as far
as no review before them is open. Whatever is looked at is then a beginning of one sequence of random reviews, so it
does not matter which of them were walked past, put off, or made undecided again: those that follow wait for them.

**What came up hidden and has no label from before its answer was seen counts as an error**: it was passed over,
flagged, called ambiguous, or decided anew with the answer in view. Were such reviews left out, the hard ones could be,
and every error could be talked away.

**What the same model labelled automatically is passed over.** That makes no certificate easier: if t₀ is the strictest
threshold at which the model errs too often (`core/statistics/fixed_sequence.py`), and a stricter one was certified, the
model errs rarely above that one, so it errs even more often between the two, and the audits that are left come from
there. After another model has labelled reviews, audits no longer count, because that argument needs one order of them.

Shapes: N rows of the pile, C classes, A audits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from core.inference.metrics import probabilities_of
from core.triage.audit import random_sequence
from core.triage.decision import Decision
from core.triage.history import History

Array = np.ndarray[Any, Any]

GONE = "no longer in the file"
LEARNED = "the model learned from it"
COPY = "a near copy of another audited review"
SHOWN = "the model's answer was in view"
BEHIND = "one before it in the random sequence is still open"
OTHERS = "another model had labelled reviews before"


@dataclass(frozen=True)
class AnsweredPile:
    """A model's answers about all reviews of a pile."""

    hashes: Array
    """[N] uint64, of the normalized texts."""
    groups: Array
    """[N] for each row the representative of its near copies."""
    numbers: Array
    """[N] of the random sequence."""
    labels: Sequence[str]
    """The C classes."""
    logits: Array
    """[N, C] float32."""
    learned: Array
    """[N] bool, whether the model has learned from the text."""
    model_hash: str = ""

    @cached_property
    def confidences(self) -> Array:
        """The highest probability of each row [N] float64; NaN where the model diverged."""
        confidences: Array = self.probabilities.max(axis=1)
        return confidences

    @cached_property
    def predicted(self) -> Array:
        """The class with that probability [N]."""
        predicted: Array = self.probabilities.argmax(axis=1)
        return predicted

    @cached_property
    def probabilities(self) -> Array:
        """The probabilities of all classes [N, C] float64."""
        return probabilities_of(self.logits)

    @cached_property
    def sequence(self) -> Array:
        """The random sequence: one row of each group of near copies."""
        return random_sequence(self.groups, self.numbers)

    @property
    def different(self) -> Array:
        """The rows that stand for their group of near copies, or are alone."""
        return np.flatnonzero(self.groups == np.arange(len(self.groups)))

    @property
    def counted(self) -> Array:
        """The rows that are counted: one of each group of near copies, none that the model has learned from."""
        different = self.different
        counted: Array = different[~self.learned[different]]
        return counted

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Hash of a text, as decisions have it → its first row."""
        different, first = np.unique(self.hashes, return_index=True)
        return {f"{one:016x}": row for one, row in zip(different.tolist(), first.tolist(), strict=True)}


@dataclass(frozen=True)
class Evidence:
    """The audits that count, in the order of the random sequence."""

    rows: Array
    """[A]."""
    confidences: Array
    """[A] float64."""
    wrong: Array
    """[A] bool."""
    verdicts: Array
    """[A] the class that the person gave, −1 for none that the model knows, or no label that counts."""
    unlabelled: int
    """How many of them count as errors because they have no label from before the answer was seen."""
    left_out: dict[str, int]
    """Reason → audit reviews that do not count."""
    elsewhere: int
    """Reviews that a person decided without their having come up at random: they say nothing about the others."""


def gather_evidence(history: History, pile: AnsweredPile) -> Evidence:
    """Return the evidence in the decisions about a pile."""
    left_out: Counter[str] = Counter()
    audits = _audits_by_group(history, pile, left_out)
    decided = history.decided()
    others = {pile.row_of.get(one.hash) for one in decided}
    settled = {int(pile.groups[row]) for row in others if row is not None}
    foreign = _first_of_another_model(decided, pile)
    used: dict[int, Decision] = {}
    behind = ""
    for leader in pile.sequence.tolist():
        if not audits:
            break
        audit = audits.pop(leader, None)
        if not behind:
            is_open = leader not in settled and not pile.learned[leader]
            behind = OTHERS if pile.numbers[leader] >= foreign else BEHIND if is_open else ""
        if audit is None:
            continue
        row, decision = audit
        reason = behind or _why_not(decision, row, pile)
        if reason:
            left_out[reason] += 1
        else:
            used[row] = decision
    rows = np.fromiter(used, dtype=np.int64, count=len(used))
    numbers = {label: number for number, label in enumerate(pile.labels)}
    verdicts = np.array([numbers.get(one.verdict, -1) if one.evidence else -1 for one in used.values()], dtype=np.int64)
    return Evidence(
        rows=rows,
        confidences=pile.confidences[rows],
        wrong=verdicts != pile.predicted[rows],
        verdicts=verdicts,
        unlabelled=sum(not one.evidence for one in used.values()),
        left_out=dict(left_out),
        elsewhere=sum(one.source == "human" and not one.audit for one in decided),
    )


def _audits_by_group(history: History, pile: AnsweredPile, left_out: Counter[str]) -> dict[int, tuple[int, Decision]]:
    """Return group → the row and the decision of its audit, the first one if near copies were audited."""
    labelled = {one.hash: one for one in history.audits()}
    drawn = [labelled.get(one.hash, one) for one in history.audited()]
    found: dict[int, tuple[int, Decision]] = {}
    for one in sorted(drawn, key=lambda one: one.number):
        row = pile.row_of.get(one.hash)
        if row is None:
            left_out[GONE] += 1
        elif (leader := int(pile.groups[row])) in found:
            left_out[COPY] += 1
        else:
            found[leader] = row, one
    return found


def _first_of_another_model(decided: Sequence[Decision], pile: AnsweredPile) -> float:
    """Return the number in the random sequence from which on another model has labelled reviews."""
    rows = (
        pile.row_of.get(one.hash)
        for one in decided
        if one.source == "model" and one.labelled and one.model_hash != pile.model_hash
    )
    leaders = [int(pile.groups[row]) for row in rows if row is not None]
    return float(pile.numbers[leaders].min()) if leaders else 1.0


def _why_not(decision: Decision, row: int, pile: AnsweredPile) -> str:
    """Return why an audit review does not count; empty if it does."""
    if pile.learned[row]:
        return LEARNED
    hidden_at_first = decision.blind or decision.revealed
    return "" if hidden_at_first and decision.source == "human" else SHOWN
