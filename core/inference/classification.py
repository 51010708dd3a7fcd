"""What a model says of a review, and which of its words carried that. Light: screens import this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Classification:
    """What a model says of one review."""

    text: str
    label: str
    probability: float
    """Of `label`, 0 to 1."""
    probabilities: dict[str, float]
    tokens: int
    """Tokens that the review has, special tokens included, before any cut."""
    truncated: bool
    """Whether it was cut to what the model reads."""

    def to_json(self) -> dict[str, Any]:
        """Return the object that `classify --json` prints."""
        return dict(vars(self))


@dataclass(frozen=True)
class Part:
    """A stretch of the review and what masking it does."""

    text: str
    start: int
    end: int
    """Characters of the review, `text == review[start:end]`."""
    change: float
    """Probability of the predicted label with the review whole, minus with this part masked: positive carried it."""


@dataclass(frozen=True)
class Explanation:
    """Which parts of a review carried the decision, in reading order."""

    label: str
    """The label that the changes speak of."""
    probability: float
    """Of that label, with the review whole."""
    unit: Literal["word", "sentence"]
    """`sentence` where there were too many words to mask each."""
    parts: tuple[Part, ...]
    note: str
    """A sentence where no single part decides; otherwise empty."""
    method: Literal["occlusion"] = "occlusion"

    def to_json(self) -> dict[str, Any]:
        """Return the object that `classify --explain --json` prints."""
        return {"method": self.method, **vars(self), "parts": [vars(part) for part in self.parts]}
