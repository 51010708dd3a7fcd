"""The circumstances of a decision, and decisions that follow from others: about copies, and back to undecided."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.inference.classification import Classification
from core.triage.decision import Decision, State
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


def decided(
    review: Review, state: State, verdict: str, how: Circumstances, *, order: str, audit: bool, seen: bool
) -> Decision:
    """Return a person's decision about a review.

    Args:
        verdict: The label; empty unless `state` is `label`.
        order: Name of the order in which the review came up.
        audit: Whether it came up as a random audit review.
        seen: Whether a prediction for its text was seen with an earlier decision.
    """
    prediction = how.prediction
    fields: dict[str, Any] = {}
    if prediction is not None:
        fields = {
            "agreed": verdict == prediction.label if state == "label" else None,
            "predicted": prediction.label,
            "probability": prediction.probability,
            "calibrated": how.calibrated,
            "model": how.model,
            "model_hash": how.model_hash,
        }
    return Decision(
        **vars(review),
        **fields,
        state=state,
        verdict=verdict,
        order=order,
        audit=audit,
        blind=how.blind and not seen,
        revealed=how.revealed or (how.blind and seen),
        seconds=round(how.seconds, 3),
    )


def follows(copy: Decision, decision: Decision) -> bool:
    """Return whether a copy was decided along with a review, of which `decision` is the current one."""
    return copy.source == "copy" and (copy.state, copy.verdict) == (decision.state, decision.verdict)


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
