"""Decisions to make."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.triage.decisions import Decision

Decide = Callable[..., Decision]


@pytest.fixture
def decision() -> Decide:
    """A decision about the review at a row; whatever is not named is ordinary."""

    def make(row: int = 0, verdict: str = "positive", **fields: object) -> Decision:
        given = {
            "hash": f"{row + 1:016x}",
            "row": row,
            "file": "inbox.csv",
            "line": row + 2,
            "text": f"review {row}",
            "verdict": verdict,
            "skipped": verdict == "skip",
            "predicted": "positive",
            "probability": 0.75,
            "agreed": None if verdict == "skip" else verdict == "positive",
        }
        return Decision.model_validate(given | fields)

    return make
