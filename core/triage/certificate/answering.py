"""Brings together what a certificate is computed from: the reviews of a pile, a model's scores, and its decisions."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from core.base.files import private_folder
from core.data.run_data import train_hashes
from core.inference.temperature import FEWEST, Temperature, read_temperature, write_temperature
from core.inference.temperature_fit import temperature_of
from core.reviews.reading import Reviews
from core.runs.folder import RunFolder
from core.runs.model_hash import model_hash
from core.runs.outline import read_outline
from core.scores.scores import Scores
from core.triage.audit import audit_key, audit_numbers
from core.triage.certificate.certificate import Certificate
from core.triage.certificate.certifying import Asked, certify
from core.triage.certificate.evidence import AnsweredPile, gather_evidence
from core.triage.certificate.temperatures import temperature_file
from core.triage.history import History
from core.triage.texts.kept import facts_of

Array = np.ndarray[Any, Any]
Progress = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Answered:
    """A pile with a model's answers."""

    source: str
    run: RunFolder
    reviews: Reviews
    pile: AnsweredPile


def answered(source: str, run: RunFolder, reviews: Reviews, scores: Scores, progress: Progress) -> Answered:
    """Return a pile with the answers of a run's model.

    Args:
        reviews: The pile, read without labels. scores: Of all of them.

    Raises:
        ReviewtuiError: What is found of the texts cannot be kept.
    """
    groups = facts_of(reviews, progress).groups
    pile = AnsweredPile(
        hashes=reviews.hashes,
        groups=groups,
        numbers=audit_numbers(reviews.hashes, audit_key(source)),
        labels=scores.labels,
        logits=scores.logits,
        learned=np.isin(reviews.hashes, train_hashes(run)),
        model_hash=model_hash(run.model),
    )
    return Answered(source, run, reviews, pile)


def certificate_of(found: Answered, history: History, log: bytes, max_error: float, confidence: float) -> Certificate:
    """Return the certificate of a pile; `history` and `log` as of `certify`."""
    outline = read_outline(found.run.settings)
    asked = Asked(
        source=found.source,
        data_hash=found.reviews.report.data_hash,
        run=found.run.id,
        run_name=outline.name if outline is not None else "",
        max_error=max_error,
        confidence=confidence,
    )
    return certify(asked, history, log, found.pile, time.time())


def fit_on_audits(found: Answered, history: History) -> Temperature | None:
    """Fit the model's temperature on the audits of a pile, and keep it there; None if there are fewer than 150.

    Raises:
        ReviewtuiError: It cannot be written.
    """
    evidence = gather_evidence(history, found.pile)
    known = evidence.verdicts >= 0
    if int(known.sum()) < FEWEST:
        return None
    rows, verdicts = evidence.rows[known], evidence.verdicts[known]
    logits = np.asarray(found.pile.logits[rows])
    fitted = temperature_of(logits, verdicts, "random reviews of this pile", time.time())
    file = temperature_file(found.source, found.pile.model_hash)
    before = read_temperature(file)
    if before is not None and msgspec.structs.replace(before, fitted=fitted.fitted) == fitted:
        return before
    private_folder(file.parent)
    write_temperature(file, fitted)
    return fitted
