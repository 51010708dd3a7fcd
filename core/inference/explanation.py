"""What an explanation of a prediction says. Screens import this module, so it loads no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

from core.data.truncation import Span

DECIDES = 0.05
"""The least change of a probability that counts as decisive."""
Unit = Literal["word", "sentence"]


@dataclass(frozen=True)
class Part:
    """A part of the review, and the effect of masking it."""

    text: str
    start: int
    end: int
    """Positions in the review: `text == review[start:end]`."""
    unit: Unit
    change: float
    """Probability of the label for the whole review minus that with this part masked; positive if it supports it."""
    label: str
    """The label that the model gives with this part masked."""
    deleted: float | None = None
    """The same as `change` with the part deleted instead of masked; None if that was not measured."""

    @property
    def disagrees(self) -> bool:
        """Whether masking and deleting this part say different things: so much apart that it is decisive, or of
        opposite signs where one of them is."""
        if self.deleted is None:
            return False
        apart = abs(self.change - self.deleted) >= DECIDES
        opposite = self.change * self.deleted < 0 and max(abs(self.change), abs(self.deleted)) >= DECIDES
        return apart or opposite


@dataclass(frozen=True)
class Reliability:
    """The strongest words taken away together, beside random words, as many, of the same review."""

    words: int
    """How many were taken away: those that support the label most."""
    change: float
    """How much the probability of the label falls without the strongest words."""
    random: tuple[float, ...]
    """How much it falls without random words, for each of a few draws."""

    @property
    def holds(self) -> bool:
        """Whether the strongest words do more than those of every draw, by what two decimals show."""
        return self.change >= max(self.random) + 0.005

    @property
    def random_mean(self) -> float:
        return sum(self.random) / len(self.random)


@dataclass(frozen=True)
class Explanation:
    """The parts of a review, and how much each of them supports the label."""

    label: str
    """The predicted label, whose probability the changes refer to."""
    probability: float
    """The probability of `label` for the whole review."""
    unit: Unit
    """`sentence` if there are too many words to mask each of them: then those of the two strongest sentences are."""
    parts: tuple[Part, ...]
    """Sentences first, then words, both in the order of the review."""
    note: str
    """What to know before the parts are believed, in sentences; empty if there is nothing."""
    not_read: Span | None = None
    """The part of the review beyond the model's limit, in characters; None if the model reads all of it."""
    reliability: Reliability | None = None
    """None where it cannot be told: there are too few words, or none that supports the label."""
    by: Literal["masking", "deleting"] = "masking"
    """How parts are taken away: `deleting` for a model that knows no mask."""
    method: Literal["occlusion"] = "occlusion"

    def strongest(self, unit: Unit) -> tuple[Part, ...]:
        """Return the words, or the sentences: those that decide first, and each that changes more before the others."""
        some = (part for part in self.parts if part.unit == unit)
        return tuple(sorted(some, key=lambda part: (not self.decides(part), -abs(part.change))))

    def flips(self, part: Part) -> bool:
        """Whether the model gives another label without this part."""
        return part.label != self.label

    def decides(self, part: Part) -> bool:
        """Whether this part changes the probability enough to name it, or even the label."""
        return abs(part.change) >= DECIDES or self.flips(part)

    def to_json(self) -> dict[str, Any]:
        """Return the object that `classify --explain --json` prints."""
        found = {"method": self.method, **asdict(self)}
        if self.reliability is not None:
            found["reliability"]["holds"] = self.reliability.holds
        return found
