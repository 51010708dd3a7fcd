"""Labels what a certificate covers: which reviews, in which file, and as one operation on the pile.

What a person said stays: a text that anybody decided is left alone, and so are its near copies. The labels are the
model's, and are marked as such (`source: model`): they are no evidence, and nothing is trained or measured on them.

A random part of the reviews stays undecided in the pile although the file has the model's label for them: they come up
again, as if nothing had been labelled, and what is said of them then is checked against that label (`watching.py`).

Shapes: N rows of the pile.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import msgspec
import numpy as np

from core.inference.temperature import Temperature
from core.reviews.reading import Reviews
from core.triage.certificate.certificate import Certificate, keep_certificate
from core.triage.certificate.certifying import alarm_of
from core.triage.certificate.evidence import AnsweredPile
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog
from core.triage.history import History
from core.triage.operation import Operation

Array = np.ndarray[Any, Any]

WATCHED = 0.05
"""The share of the labelled reviews that is audited on."""
ORDER = "auto-label"


@dataclass(frozen=True)
class Chosen:
    """The rows that a certificate covers."""

    rows: Array
    """Those that get the model's label, in the order of the file."""
    watched: Array
    """Those of them that are audited on; one of each group of near copies."""
    decided: int
    """Rows that are sure enough and left alone, because a person decided them or a near copy."""


def choose(history: History, pile: AnsweredPile, threshold: float) -> Chosen:
    """Return the rows with at least this confidence of which nobody has said anything.

    Those that are audited on are the next ones of the random sequence, so that it goes on without a gap.
    """
    with np.errstate(invalid="ignore"):
        accepted = (pile.confidences >= threshold) & ~pile.learned
    current = history.decided()
    said = _rows_of((one.hash for one in current if one.source != "model"), pile)
    touched = np.isin(pile.groups, pile.groups[said])
    rows = np.flatnonzero(accepted & ~touched)
    automatic = np.zeros(len(pile.hashes), dtype=bool)
    automatic[[one.row for one in current if one.source == "model" and 0 <= one.row < len(automatic)]] = True
    different = rows[pile.groups[rows] == rows]
    waiting = different[~automatic[different]]
    first = waiting[np.argsort(pile.numbers[waiting], kind="stable")]
    watched = np.sort(first[: ceil(WATCHED * len(different))])
    return Chosen(rows, watched, int((accepted & touched).sum()))


def _rows_of(hashes: Iterable[str], pile: AnsweredPile) -> Array:
    """Return all rows whose text has one of these hashes."""
    wanted = np.array([int(one, 16) for one in hashes], dtype=np.uint64)
    return np.flatnonzero(np.isin(pile.hashes, wanted))


@dataclass
class AutoLabels:
    """The labels that a certificate gives to a pile, before they are written anywhere."""

    certificate: Certificate
    """With the texts that are watched."""
    decisions: tuple[Decision, ...]
    """One for each row that gets a label, in the order of the file, watched or not."""
    watched: frozenset[int]
    """The rows that are audited on."""
    left_alone: int
    labels: dict[str, int] = field(init=False)
    """Label → reviews."""

    def __post_init__(self) -> None:
        self.labels = dict(Counter(one.verdict for one in self.decisions))


def auto_labels(
    certificate: Certificate, history: History, reviews: Reviews, pile: AnsweredPile, temperature: Temperature | None
) -> AutoLabels:
    """Return the labels that a certificate allows; none if it certifies nothing."""
    best, inputs = certificate.best, certificate.inputs
    chosen = choose(history, pile, best.threshold if best is not None else float("inf"))
    watched = {f"{int(pile.hashes[row]):016x}": pile.labels[pile.predicted[row]] for row in chosen.watched.tolist()}
    final = msgspec.structs.replace(
        certificate,
        watched=watched,
        alarm=alarm_of(len(watched), certificate.max_error, certificate.confidence),
    )
    columns = reviews.source_columns
    decisions = []
    for row, text in zip(chosen.rows.tolist(), reviews.texts(chosen.rows), strict=True):
        shares = dict(zip(pile.labels, pile.probabilities[row].tolist(), strict=True))
        label = pile.labels[pile.predicted[row]]
        file, line = reviews.place(row)
        decisions.append(
            Decision(
                hash=f"{int(pile.hashes[row]):016x}",
                row=row,
                file=file,
                line=line,
                text=text,
                columns=dict(zip(columns, reviews.source_cells(row, columns), strict=True)),
                verdict=label,
                predicted=label,
                probability=shares[label],
                calibrated=temperature.calibrated(shares)[label] if temperature is not None else None,
                model=inputs.run,
                model_hash=inputs.model_hash,
                order=ORDER,
                source="model",
            )
        )
    return AutoLabels(final, tuple(decisions), frozenset(chosen.watched.tolist()), chosen.decided)


def record(log: DecisionLog, found: AutoLabels) -> Operation | None:
    """Record automatic labels as one operation, which one undo takes back, with the certificate beside the log.

    What a model with the same weights had labelled the same before is not recorded again; None is returned if that is
    all.

    Raises:
        ReviewtuiError: They could not be written, and none of them counts.
    """
    certificate, history = found.certificate, log.history
    new = [one for one in found.decisions if one.row not in found.watched and not _stands(history, one)]
    if not new:
        return None
    keep_certificate(log.folder, certificate)
    shown = certificate.to_json()
    names = ("threshold", "coverage", "audited", "errors", "bound", "max_error", "confidence", "run", "model_hash")
    facts = {"certificate": certificate.id, **{name: shown[name] for name in names}, "watched": len(found.watched)}
    return log.bulk(new, "auto-label", facts)


def _stands(history: History, decision: Decision) -> bool:
    before = history.decision(decision.row, decision.hash)
    if before is None or before.source != "model":
        return False
    return (before.model_hash, before.verdict) == (decision.model_hash, decision.verdict)
