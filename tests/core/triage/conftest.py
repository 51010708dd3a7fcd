"""Decisions to make."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.triage.decision import STATES, Decision

Decide = Callable[..., Decision]


@pytest.fixture
def decision() -> Decide:
    """A decision about the review at a row, with a label or a state; whatever is not named is ordinary."""

    def make(row: int = 0, verdict: str = "positive", **fields: object) -> Decision:
        given = {
            "hash": f"{row + 1:016x}",
            "row": row,
            "file": "inbox.csv",
            "line": row + 2,
            "text": f"review {row}",
            "state": verdict if verdict in STATES else "label",
            "verdict": "" if verdict in STATES else verdict,
            "predicted": "positive",
            "probability": 0.75,
            "agreed": None if verdict in STATES else verdict == "positive",
        }
        return Decision(**(given | fields))  # type: ignore[arg-type]

    return make
