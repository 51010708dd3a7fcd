"""The classification of a review. Screens import this module, so it loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Classification:
    """A model's classification of one review."""

    text: str
    label: str
    probability: float
    """The probability of `label`, 0 to 1."""
    probabilities: dict[str, float]
    tokens: int
    """Number of tokens in the review before truncation, including special tokens."""
    truncated: bool
    """Whether the review was cut to the model's maximum length."""

    def to_json(self) -> dict[str, Any]:
        """Return the object that `classify --json` prints."""
        return dict(vars(self))
