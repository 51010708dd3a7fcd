"""What the reviews themselves tell about two labels: which of them praises, if that can be seen."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, Protocol

from core.reviews.detect.opinions import opinions_in

_LONGEST = 600
"""Characters of a review that are looked at."""
_CERTAIN = 3.0
"""Standard errors from which on a difference is none of chance."""
_LARGE, _SMALL = 0.15, 0.1
"""Differences of the share of praise that tell labels apart, and that do not."""
_MANY = 100
"""Opinions on each side from which on a small difference says that labels are about something else."""

Lean = Literal["higher", "lower", "neither", "unknown"]
"""Which of two labels praises; neither: there is much praise and blame, in both alike."""


@dataclass(frozen=True)
class Praise:
    """How many words praise, and how many blame, in some reviews."""

    good: int
    bad: int

    @property
    def share(self) -> float:
        return self.good / max(self.good + self.bad, 1)

    @property
    def opinions(self) -> int:
        return self.good + self.bad


@dataclass(frozen=True)
class Seen:
    """Which of two labels praises, and by what that was seen."""

    lean: Lean
    by: str
    """Part of a sentence, in the plural."""


class Evidence(Protocol):
    """What can be asked about the labels of a source."""

    def compare(self, low: Collection[str], high: Collection[str]) -> Seen:
        """Return which of two groups of labels praises."""

    def other_question(self) -> str | None:
        """Return the name that says that labels answer another question than whether a review praises."""


def praise_in(texts: Iterable[str]) -> Praise:
    """Count the words of praise and blame in some reviews."""
    found = [opinions_in(text[:_LONGEST]) for text in texts]
    return Praise(sum(good for good, _ in found), sum(bad for _, bad in found))


def lean_of(low: Praise, high: Praise) -> Lean:
    """Return which of two labels praises, given what the reviews with each say."""
    if not low.opinions or not high.opinions:
        return "unknown"
    both = (low.good + high.good) / (low.opinions + high.opinions)
    error = math.sqrt(max(both * (1 - both), 1e-9) * (1 / low.opinions + 1 / high.opinions))
    difference = high.share - low.share
    if abs(difference) >= _LARGE and abs(difference) >= _CERTAIN * error:
        return "higher" if difference > 0 else "lower"
    if min(low.opinions, high.opinions) >= _MANY and abs(difference) <= _SMALL:
        return "neither"
    return "unknown"
