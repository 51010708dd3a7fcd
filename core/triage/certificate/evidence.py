"""What the audits of a pile say about a model: how sure it was of each audited review, and whether it was wrong.

An audit counts if the review came up at random and was labelled before the model's answer was seen. Near copies count
once. A review that the model has learned from says nothing about others, and is left out.

A review that came up at random with the answer hidden, and has no label from before the answer was seen, counts as an
error: it was passed over, flagged, called ambiguous, or decided anew with the answer in view. Were such reviews left
out, the hard ones could be, and every error could be talked away.

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
from core.triage.decision import Decision
from core.triage.history import History

Array = np.ndarray[Any, Any]

GONE = "no longer in the file"
LEARNED = "the model learned from it"
COPY = "a near copy of another audited review"
SHOWN = "the model's answer was in view"


@dataclass(frozen=True)
class AnsweredPile:
    """A model's answers about all reviews of a pile."""

    hashes: Array
    """[N] uint64, of the normalized texts."""
    groups: Array
    """[N] for each row the representative of its near copies."""
    labels: Sequence[str]
    """The C classes."""
    logits: Array
    """[N, C] float32."""
    learned: Array
    """[N] bool, whether the model has learned from the text."""

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

    def row_of(self, text_hash: str) -> int | None:
        """Return the first row with this hash of a text, None if there is none."""
        found = np.flatnonzero(self.hashes == np.uint64(int(text_hash, 16)))
        return int(found[0]) if len(found) else None


@dataclass(frozen=True)
class Evidence:
    """The audits that count, in the order in which they were made."""

    rows: Array
    """[A]."""
    confidences: Array
    """[A] float64."""
    wrong: Array
    """[A] bool."""
    verdicts: Array
    """[A] the class that the person gave, −1 for none that the model knows."""
    unlabelled: int
    """How many of them count as errors because they have no label from before the answer was seen."""
    left_out: dict[str, int]
    """Reason → audit reviews that do not count."""
    elsewhere: int
    """Reviews that a person decided without their having come up at random: they say nothing about the others."""


def gather_evidence(history: History, pile: AnsweredPile) -> Evidence:
    """Return the evidence in the decisions about a pile."""
    labelled = {one.hash: one for one in history.audits()}
    drawn = [labelled.get(one.hash, one) for one in history.audited()]
    left_out: Counter[str] = Counter()
    used: dict[int, Decision] = {}
    groups: set[int] = set()
    for one in sorted(drawn, key=lambda one: one.number):
        row = pile.row_of(one.hash)
        reason = _why_not(one, row, groups, pile)
        if row is None or reason:
            left_out[reason] += 1
        else:
            groups.add(int(pile.groups[row]))
            used[row] = one
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
        elsewhere=sum(one.source == "human" and not one.audit for one in history.decided()),
    )


def _why_not(decision: Decision, row: int | None, groups: set[int], pile: AnsweredPile) -> str:
    """Return why an audit review does not count; empty if it does."""
    if row is None:
        return GONE
    if pile.learned[row]:
        return LEARNED
    if int(pile.groups[row]) in groups:
        return COPY
    hidden_at_first = decision.blind or decision.revealed
    return "" if hidden_at_first and decision.source == "human" else SHOWN
