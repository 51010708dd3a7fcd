"""Computes the certificate of a pile and a model; the same inputs always give the same one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from math import ceil, log
from typing import Any

import numpy as np

from core.base.checked_lines import decode
from core.statistics.auto_labels import JudgedThreshold, judge_thresholds
from core.statistics.error_evidence import log_evidence_above
from core.statistics.fixed_sequence import fewest_audits, first_coverage, threshold_grid
from core.triage.audit import RESERVED
from core.triage.certificate.certificate import CONFIDENCE, MAX_ERROR, Certificate, Inputs, Threshold
from core.triage.certificate.evidence import AnsweredPile, Evidence, gather_evidence
from core.triage.decisions import pile_folder
from core.triage.history import History

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Asked:
    """What a certificate is asked for."""

    source: str
    data_hash: str
    """Of the pile, as `ReadingReport.data_hash`."""
    run: str
    """Id of the run whose model answers."""
    run_name: str
    max_error: float = MAX_ERROR
    confidence: float = CONFIDENCE


def certify(asked: Asked, history: History, log: bytes, pile: AnsweredPile, time: float) -> Certificate:
    """Return the certificate of a pile.

    Args:
        history: The state of the pile, as of `log`, the content of its decision log.
        time: Now, in seconds since 1970.
    """
    evidence = gather_evidence(history, pile)
    counted = pile.counted
    confidences = pile.confidences[counted]
    confidences = confidences[np.isfinite(confidences)]
    at_hand = ceil(RESERVED * len(confidences))
    fewest = fewest_audits(asked.max_error, asked.confidence)
    grid = threshold_grid(confidences, first_coverage(len(confidences), at_hand, fewest))
    judged = judge_thresholds(
        grid, confidences, evidence.confidences, evidence.wrong, asked.max_error, asked.confidence
    )
    return Certificate(
        made=time,
        max_error=asked.max_error,
        confidence=asked.confidence,
        inputs=_inputs(asked, log, pile, len(counted)),
        at_hand=at_hand,
        thresholds=tuple(_threshold(one) for one in judged.thresholds),
        certified_thresholds=judged.certified,
        fewest=fewest,
        alarm=(),
        **_counts(evidence),
    )


def alarm_of(watched: int, max_error: float, confidence: float) -> tuple[int, ...]:
    """Return among how many audits 1, 2, … errors show that errors are more frequent than `max_error`.

    Args:
        watched: Reviews that will be audited at most.
    """
    audits = np.arange(1, watched + 1)
    found: list[int] = []
    while (errors := len(found) + 1) <= watched and (not found or found[-1] < watched):
        enough = log_evidence_above(np.maximum(audits, errors), errors, max_error) >= -log(1 - confidence)
        found.append(int(audits[enough].max(initial=0)))
    return tuple(found)


def _inputs(asked: Asked, log: bytes, pile: AnsweredPile, counted: int) -> Inputs:
    return Inputs(
        source=_sound(asked.source),
        data_hash=asked.data_hash,
        reviews=len(pile.hashes),
        counted=counted,
        run=asked.run,
        run_name=_sound(asked.run_name),
        model_hash=pile.model_hash,
        logits_sha256=_sha256(pile.logits, "<f4"),
        groups_sha256=_sha256(pile.groups, "<i8"),
        sequence_sha256=_sha256(pile.sequence, "<i8"),
        learned=int(pile.learned.sum()),
        learned_sha256=_sha256(pile.learned, "u1"),
        log_bytes=len(log),
        log_sha256=hashlib.sha256(log).hexdigest(),
    )


def _counts(evidence: Evidence) -> dict[str, Any]:
    return {
        "audits": len(evidence.rows),
        "unlabelled": evidence.unlabelled,
        "left_out": evidence.left_out,
        "elsewhere": evidence.elsewhere,
    }


def _threshold(judged: JudgedThreshold) -> Threshold:
    names = Threshold.__struct_fields__
    return Threshold(**{name: getattr(judged, name) for name in names})


def _sha256(array: Array, kind: str) -> str:
    return hashlib.sha256(np.ascontiguousarray(array.astype(kind)).tobytes()).hexdigest()


def _sound(text: str) -> str:
    """Return `text` without lone surrogates, which JSON files cannot hold."""
    return text.encode("utf-8", "replace").decode()


def log_of(source: str) -> bytes:
    """Return the content of a pile's decision log, up to its last complete line; empty if there is none."""
    try:
        content = (pile_folder(source) / "decisions.jsonl").read_bytes()
    except FileNotFoundError:
        return b""
    return content[: content.rfind(b"\n") + 1]


def history_in(log: bytes) -> History:
    """Return the state of a pile that the content of a decision log leads to."""
    records = (decode(line) for line in log.split(b"\n"))
    return History(record for record in records if record is not None)
