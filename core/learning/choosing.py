"""Which decisions the next model learns from, and which it does not, with the reason for each.

The latest decision about a text counts. Labels that a model gave are not learned from, and neither are those that
measure it: audits and their near copies, validation and test reviews. An ambiguous review has no right label, so it is
left out, also where the run's own data has one. Skipped and flagged reviews say nothing: what the data has stays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Set
from dataclasses import dataclass, field

import msgspec

from core.triage.decision import Decision
from core.triage.history import History

AUDIT = "audits, which measure the model"
_STATES = {"skip": "skipped", "flag": "flagged", "ambiguous": "ambiguous"}
_OF_MODEL = "labelled by a model"


class LessonConflict(msgspec.Struct, frozen=True, kw_only=True):
    """A text whose copies were decided in different ways; the latest decision counts."""

    text: str
    used: str
    """The label that is learned; empty if the latest decision gives none."""
    others: tuple[str, ...]
    """What was said of other copies: labels, or states without one."""


@dataclass(frozen=True)
class Chosen:
    """What is learned."""

    labels: dict[int, Decision] = field(default_factory=dict)
    """Text hash → the decision whose label is learned."""
    withdrawn: frozenset[int] = frozenset()
    """Hashes of texts of which no label is learned, whoever gave one."""
    left_out: dict[str, int] = field(default_factory=dict)
    """Reason → texts that were decided and are not learned from."""
    conflicts: tuple[LessonConflict, ...] = ()


def choose(history: History, held_out: Mapping[str, Set[int]]) -> Chosen:
    """Choose among the decisions of a pile.

    Args:
        held_out: Reason → hashes of texts that are never learned from. `AUDIT` is completed by the audits of the log.
    """
    audited = {int(one.hash, 16) for one in history.audited()}
    reasons = {**held_out, AUDIT: audited | held_out.get(AUDIT, frozenset())}
    labels: dict[int, Decision] = {}
    withdrawn = set()
    left_out: Counter[str] = Counter()
    for one in history.verdicts():
        text = int(one.hash, 16)
        reason = _reason(one, text, reasons)
        if reason is None:
            labels[text] = one
        else:
            left_out[reason] += 1
        if one.state == "ambiguous":
            withdrawn.add(text)
    return Chosen(labels, frozenset(withdrawn), dict(left_out), _conflicts(history, labels))


def _reason(one: Decision, text: int, held_out: Mapping[str, Set[int]]) -> str | None:
    """Return why a decision is not learned from; None if it is."""
    if one.state != "label":
        return _STATES[one.state]
    if one.source == "model" or one.origin == "model":
        return _OF_MODEL
    return next((reason for reason, hashes in held_out.items() if text in hashes), None)


def _conflicts(history: History, labels: Mapping[int, Decision]) -> tuple[LessonConflict, ...]:
    found = []
    for copies in history.conflicts():
        latest = labels.get(int(copies[0].hash, 16))
        used = latest.verdict if latest is not None else ""
        said = (one.verdict if one.labelled else _STATES[one.state] for one in copies)
        others = tuple(dict.fromkeys(word for word in said if word != used))
        found.append(LessonConflict(text=copies[0].text, used=used, others=others))
    return tuple(found)
