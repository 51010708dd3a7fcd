"""Accuracy on reviews that a limit had cut, against whole ones. It loads neither torch nor numpy."""

from __future__ import annotations

import msgspec

from core.runs.records import CutCounts
from core.statistics.intervals import newcombe, wilson


class Accuracy(msgspec.Struct, frozen=True, kw_only=True):
    """The accuracy on some reviews, with its 95 % interval (Wilson)."""

    rows: int
    accuracy: float
    low: float
    high: float


class CutReport(msgspec.Struct, frozen=True, kw_only=True):
    """Accuracy on reviews that were cut to `max_length` tokens, and on whole ones."""

    max_length: int
    cut: Accuracy
    whole: Accuracy
    difference: float
    """Accuracy on cut reviews minus that on whole ones."""
    low: float
    """Of the difference's 95 % interval (Newcombe)."""
    high: float


def cut_report(counts: CutCounts | None) -> CutReport | None:
    """Return the report of some counts; None without counts, or if no review was cut or all were."""
    if counts is None or not counts.cut_rows or not counts.whole_rows:
        return None
    low, high = newcombe(counts.cut_right, counts.cut_rows, counts.whole_right, counts.whole_rows)
    cut, whole = _accuracy(counts.cut_right, counts.cut_rows), _accuracy(counts.whole_right, counts.whole_rows)
    return CutReport(
        max_length=counts.max_length,
        cut=cut,
        whole=whole,
        difference=cut.accuracy - whole.accuracy,
        low=low,
        high=high,
    )


def verdict(report: CutReport) -> str:
    """Return what the difference says, as part of a sentence."""
    if report.high < 0:
        return "cut ones are classified worse"
    if report.low > 0:
        return "cut ones are classified better"
    return "no difference beyond chance"


def _accuracy(right: int, rows: int) -> Accuracy:
    low, high = wilson(right, rows)
    return Accuracy(rows=rows, accuracy=right / rows, low=low, high=high)
