"""The classification of a review, and its explanation by words. Screens import this module, so it loads no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


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


@dataclass(frozen=True)
class Part:
    """A part of the review, and the effect of masking it."""

    text: str
    start: int
    end: int
    """Positions in the review: `text == review[start:end]`."""
    change: float
    """Probability of the label for the whole review minus that with this part masked; positive if it supports it."""


@dataclass(frozen=True)
class Explanation:
    """The parts of a review, and how much each of them supports the label."""

    label: str
    """The predicted label, whose probability the changes refer to."""
    probability: float
    """The probability of `label` for the whole review."""
    unit: Literal["word", "sentence"]
    """`sentence` if there are too many words to mask each of them."""
    parts: tuple[Part, ...]
    note: str
    """A note that no single part is decisive; empty otherwise."""
    method: Literal["occlusion"] = "occlusion"

    def to_json(self) -> dict[str, Any]:
        """Return the object that `classify --explain --json` prints."""
        return {"method": self.method, **vars(self), "parts": [vars(part) for part in self.parts]}
