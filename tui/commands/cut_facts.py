"""Accuracy on reviews that were cut and on whole ones, as commands print it."""

from __future__ import annotations

from core.inference.cut_report import Accuracy, CutReport, verdict


def cut_facts(found: CutReport | None) -> list[tuple[str, object]]:
    """Return names and values for a list of facts; none if there is nothing to compare."""
    if found is None:
        return []
    between = f"{found.difference:+.3f} ({found.low:+.3f} to {found.high:+.3f}): {verdict(found)}"
    return [
        (f"cut to {found.max_length}", _accuracy(found.cut)),
        ("whole reviews", _accuracy(found.whole)),
        ("difference", between),
    ]


def _accuracy(found: Accuracy) -> str:
    reviews = f"{found.rows:,} review{'' if found.rows == 1 else 's'}"
    return f"accuracy {found.accuracy:.3f} ({found.low:.3f} to {found.high:.3f}) on {reviews}"
