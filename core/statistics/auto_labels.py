"""Judges the thresholds of a grid by audits: which one is certified, and how many audits the next one still needs.

A threshold is certified if its p value, and those of all stricter ones, are at most 1 − confidence
(`fixed_sequence`), valid after every audit (`error_evidence`); and if the audits have not shown the opposite since.
That some right certificates are withdrawn (at most 1 − confidence of them) never makes a false one.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np

from core.statistics.error_evidence import anytime_bound, anytime_p, audits_needed, shows_more_errors
from core.statistics.fixed_sequence import leading


@dataclass(frozen=True)
class JudgedThreshold:
    """What audits say of the answers with at least this confidence."""

    threshold: float
    coverage: float
    """Share of all reviews that it accepts."""
    audited: int
    """Audited reviews that it accepts."""
    errors: int
    """Wrong answers among them."""
    p_value: float
    """Of "errors are as frequent as the limit, or more", valid after every audit."""
    bound: float
    """Upper bound on the error rate, valid after every audit, for this threshold taken by itself."""
    contradicted: bool
    """Whether the audits show that errors are more frequent than the limit."""
    needed: int | None
    """An estimate: how many further audits of random reviews, accepted or not, show that errors are rarer than the
    limit, if they come as often as so far. None if no number does."""


@dataclass(frozen=True)
class Judgement:
    """The thresholds of a grid, strictest first."""

    limit: float
    confidence: float
    thresholds: tuple[JudgedThreshold, ...]
    certified: int
    """How many of them are certified, from the first on."""

    @property
    def best(self) -> JudgedThreshold | None:
        """The loosest certified threshold; None if none is certified."""
        return self.thresholds[self.certified - 1] if self.certified else None

    @property
    def next(self) -> JudgedThreshold | None:
        """The threshold whose audits decide next; None if all are certified or there is none."""
        return self.thresholds[self.certified] if self.certified < len(self.thresholds) else None


def certified_thresholds(
    thresholds: np.ndarray, audited: np.ndarray, wrong: np.ndarray, limit: float, confidence: float
) -> int:
    """Return how many thresholds the audits certify, from the first on. Arguments as of `judge_thresholds`."""

    def stands(accepted: np.ndarray) -> bool:
        return anytime_p(accepted, limit) <= 1 - confidence and not shows_more_errors(accepted, limit, confidence)

    return leading(stands(wrong[audited >= one]) for one in thresholds)


def judge_thresholds(
    thresholds: np.ndarray,
    confidences: np.ndarray,
    audited: np.ndarray,
    wrong: np.ndarray,
    limit: float,
    confidence: float,
) -> Judgement:
    """Judge thresholds by audits.

    Args:
        thresholds: [M], strictest first; set without knowledge of the audits.
        confidences: [N] of all reviews.
        audited: [A] confidences of the audited reviews, in the order in which they were audited.
        wrong: [A] booleans, whether the answer was wrong.
        limit: The error rate to stay below. confidence: Of the promise, such as 0.95.
    """
    found = [
        _judge(float(one), float(np.mean(confidences >= one)), wrong[audited >= one], limit, confidence)
        for one in thresholds
    ]
    certified = certified_thresholds(thresholds, audited, wrong, limit, confidence)
    return Judgement(limit, confidence, tuple(found), certified)


def _judge(threshold: float, coverage: float, wrong: np.ndarray, limit: float, confidence: float) -> JudgedThreshold:
    audited, errors = len(wrong), int(wrong.sum())
    further = audits_needed(audited, errors, limit, confidence, errors / audited if audited else 0.0)
    return JudgedThreshold(
        threshold=threshold,
        coverage=coverage,
        audited=audited,
        errors=errors,
        p_value=anytime_p(wrong, limit),
        bound=anytime_bound(wrong, confidence),
        contradicted=shows_more_errors(wrong, limit, confidence),
        needed=None if further is None else ceil(further / coverage),
    )
