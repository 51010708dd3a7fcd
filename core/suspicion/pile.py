"""The suspects of a source as a pile: whose they are, and what is said of the label of the review in view.

It loads no heavy library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from core.base.files import home
from core.suspicion.listing import PILE, KeptSuspects, kept_in


@dataclass(frozen=True)
class Doubt:
    """What is said of a label that is suspected; see `core/suspicion/report.py`."""

    file: str
    line: int
    given: str
    given_probability: float | None
    suggested: str | None
    suggested_probability: float | None
    reason: str


def suspects_of(pile: str) -> KeptSuspects | None:
    """Return the suspects of which a file is the pile; None if it is another file, or they cannot be read."""
    path = Path(pile)
    if path.name != PILE or path.parent.parent != home() / "suspicions":
        return None
    return kept_in(path.parent)


def doubt_in(columns: Mapping[str, str]) -> Doubt | None:
    """Return what the row of a review in such a pile says of its label; None for a row that says nothing of it."""
    try:
        return Doubt(
            file=columns["file"],
            line=int(columns["line"]),
            given=columns["given"],
            given_probability=_number(columns["given_probability"]),
            suggested=columns["suggested"] or None,
            suggested_probability=_number(columns["suggested_probability"]),
            reason=columns["reason"],
        )
    except (KeyError, ValueError):
        return None


def _number(cell: str) -> float | None:
    return float(cell) if cell else None
