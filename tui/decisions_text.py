"""How decisions are told on the screen and by the command: what a file leaves out, rates and agreement."""

from __future__ import annotations

from collections.abc import Mapping

_REASONS = {
    "skipped": "skipped",
    "flagged": "flagged",
    "ambiguous": "ambiguous",
    "repeated": "equal to a text decided later",
    "noted": "with a note but undecided",
}


def left_out_text(reasons: Mapping[str, int]) -> str:
    """Return how many reviews a file does not hold for which reason: `3 skipped, 1 ambiguous`."""
    return ", ".join(f"{count:,} {_REASONS[reason]}" for reason, count in reasons.items())
