"""The circumstances of a decision, and decisions that follow from others: about copies, and back to undecided."""

from __future__ import annotations

from dataclasses import dataclass

from core.inference.classification import Classification
from core.triage.decision import Decision
from core.triage.review import Review


@dataclass(frozen=True)
class Circumstances:
    """What the user saw, and for how long, when a review was decided."""

    prediction: Classification | None = None
    """The model's answer, whether or not it was shown."""
    calibrated: float | None = None
    """The prediction's probability after the model's temperature."""
    model: str | None = None
    """Id of the run whose model answered."""
    model_hash: str | None = None
    """Hash of its weights."""
    blind: bool = False
    """Whether the answer was hidden until the user decided."""
    revealed: bool = False
    """Whether the review came up with its answer hidden, which the user then asked to see."""
    seconds: float = 0.0
    """How long the review was on the screen."""


def copied(decision: Decision, review: Review) -> Decision:
    """Return the decision about a copy that is decided along with the review of `decision`.

    It says nothing of a prediction, of which it is no evidence.
    """
    return Decision(
        **vars(review),
        state=decision.state,
        verdict=decision.verdict,
        order=decision.order,
        source="copy" if decision.source == "human" else decision.source,
    )


def undecided(decision: Decision) -> Decision:
    """Return the decision that makes the review of `decision` undecided again."""
    places = ("hash", "row", "file", "line", "text", "columns")
    return Decision(**{name: getattr(decision, name) for name in places}, state="undecided")
