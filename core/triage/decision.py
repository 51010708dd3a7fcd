"""A decision about one review, a note about one, and the progress that decisions add up to.

A review is known by its row in the file and the hash of its text. Its state is one of five, and only `label` comes with
a verdict. Whose word a decision is, is in `source`; what may be evidence, and what may be trained on, follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal, TypeAlias, get_args

import msgspec

State: TypeAlias = Literal["label", "skip", "flag", "ambiguous", "undecided"]
"""`skip`: passed over. `flag`: somebody has to look at it. `ambiguous`: no label is right. `undecided`: as if it had
never been decided."""
Source: TypeAlias = Literal["human", "copy", "model", "import"]
"""`human`: decided with the review in view. `copy`: decided along with a copy that was in view. `model`: labelled
automatically. `import`: another tool's word."""

STATES: tuple[State, ...] = get_args(State)
DECIDED: tuple[State, ...] = ("label", "skip", "flag", "ambiguous")

Record: TypeAlias = dict[str, Any]


class Decision(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was decided about one review, and what the model had predicted then."""

    number: int = 0
    """Number of its event in the log, from 1; assigned by the log."""
    time: float = 0.0
    """Seconds since 1970; assigned by the log."""
    hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]
    """Hash of the normalized text (core/reviews/hashing.py)."""
    row: int
    """Row in the file, from 0; negative once the review is no longer in the file."""
    file: str
    line: int
    text: str
    columns: dict[str, str] = {}
    """The cells of the file's short columns, such as ids."""
    state: State = "label"
    verdict: str = ""
    """The label; empty in every other state."""
    agreed: bool | None = None
    """Whether the verdict equals the predicted label; None if there is no verdict or nothing was predicted."""
    predicted: str | None = None
    probability: float | None = None
    """The probability of `predicted`, 0 to 1, as the model gives it."""
    calibrated: float | None = None
    """The same after the model's temperature; None if it has none."""
    model: str | None = None
    """Id of the run whose model made the prediction."""
    model_hash: str | None = None
    """Hash of that model's weights."""
    order: str = "file"
    """Name of the order in which the review came up."""
    audit: bool = False
    """Whether it came up as a random audit review."""
    blind: bool = False
    """Whether the prediction was hidden until the user decided."""
    revealed: bool = False
    """Whether it came up with its prediction hidden, and the prediction was seen before this decision: asked for, or
    shown after an earlier decision that was taken back."""
    seconds: float = 0.0
    """How long the review was on the screen before the decision."""
    source: Source = "human"
    origin: Source | None = None
    """Whose word it was where it was imported from; None if it was not imported, or that is not known."""
    said: float | None = None
    """When it was given there, in seconds since 1970; None if it was not imported, or that is not known."""

    @property
    def labelled(self) -> bool:
        """Whether it gives a label."""
        return self.state == "label"

    @property
    def evidence(self) -> bool:
        """Whether it says something about the model's errors: a person's label for a random review, given unseen."""
        return self.labelled and self.source == "human" and self.audit and self.blind


class Note(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the user noted about one review; an empty text takes the note away."""

    hash: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{16}$")]
    row: int
    file: str
    line: int
    text: str


def read_decision(record: Record, number: int, time: float) -> Decision:
    """Return the decision in a record of any version of the log.

    Raises:
        msgspec.ValidationError: A field is missing or of another type.
    """
    if record.get("skipped"):  # before there were other states, a skip was a verdict with this mark
        record = record | {"state": "skip", "verdict": ""}
    if "number" not in record:
        record = record | {"number": number, "time": time}
    return msgspec.convert(record, Decision)


def write_decision(decision: Decision) -> Record:
    """Return the fields of a decision for its record, without those that its event has."""
    fields = msgspec.structs.asdict(decision)
    del fields["number"], fields["time"]
    for name in ("probability", "calibrated"):
        if fields[name] is not None and not isfinite(fields[name]):  # the answer of a model that diverged
            fields[name] = None
    return fields


@dataclass(frozen=True)
class Counts:
    """Progress through a pile, in reviews, by their current decision."""

    agreed: int = 0
    corrected: int = 0
    by_hand: int = 0
    """Labelled without a prediction."""
    copied: int = 0
    """Labelled along with a copy."""
    by_model: int = 0
    """Labelled automatically."""
    imported: int = 0
    skipped: int = 0
    flagged: int = 0
    ambiguous: int = 0
    blind_agreed: int = 0
    """Those among the agreed that were decided before the prediction was shown."""
    blind_corrected: int = 0

    @property
    def labelled(self) -> int:
        """Reviews with a label, whoever gave it."""
        return self.agreed + self.corrected + self.by_hand + self.copied + self.by_model + self.imported

    @property
    def decided(self) -> int:
        return self.labelled + self.skipped + self.flagged + self.ambiguous

    @property
    def agreement(self) -> float | None:
        """Share of predictions that the user agreed with; None if there were no predictions."""
        judged = self.agreed + self.corrected
        return self.agreed / judged if judged else None

    @property
    def shown_agreement(self) -> float | None:
        """The same, over reviews that were decided with their prediction in view."""
        judged = self.shown_judged
        return (self.agreed - self.blind_agreed) / judged if judged else None

    @property
    def shown_judged(self) -> int:
        """Labelled reviews whose prediction was in view."""
        return self.agreed + self.corrected - self.blind_judged

    @property
    def blind_judged(self) -> int:
        """Labelled reviews whose prediction was shown afterwards."""
        return self.blind_agreed + self.blind_corrected

    @property
    def blind_agreement(self) -> float | None:
        """The same, over reviews that were decided before their prediction was shown."""
        return self.blind_agreed / self.blind_judged if self.blind_judged else None


def counted_as(decision: Decision) -> tuple[str, ...]:
    """Return the fields of `Counts` in which a current decision counts."""
    if decision.state != "label":
        return _STATE_COUNTS.get(decision.state, ())
    if decision.source != "human":
        return _SOURCE_COUNTS[decision.source]
    if decision.agreed is None:
        return ("by_hand",)
    kind = "agreed" if decision.agreed else "corrected"
    return (kind, f"blind_{kind}") if decision.blind else (kind,)


_STATE_COUNTS = {"skip": ("skipped",), "flag": ("flagged",), "ambiguous": ("ambiguous",)}
_SOURCE_COUNTS = {"copy": ("copied",), "model": ("by_model",), "import": ("imported",)}
