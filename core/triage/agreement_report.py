"""The figures about decisions, as `decisions --json` prints them. It loads neither numpy nor scipy.

Shares and error rates are fractions: 0.01 is one per cent. Intervals and bounds have 95 % confidence.
"""

from __future__ import annotations

import msgspec

CONFIDENCE = 0.95
IDLE_SECONDS = 60.0
"""Time on one review beyond this is not counted as work on it."""


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """How fast a person decides."""

    decisions: int
    """Decisions that were made with the review in view and have not been undone; a review may have several."""
    seconds: float
    """That the reviews were on the screen, a minute each at most."""
    idle: int
    """Decisions that took longer than a minute, of which a minute counts."""
    per_hour: float | None
    """None if no time is known."""


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """How two agree on the same texts."""

    rows: int
    agreed: int
    share: float | None
    """None without rows."""
    share_interval: tuple[float, float]
    kappa: float | None
    """Cohen's; None where it is not defined, because both gave one and the same label to all."""
    kappa_interval: tuple[float, float] | None


class Audits(msgspec.Struct, frozen=True, kw_only=True):
    """What random audits say of a model's errors: labels given before the prediction was seen."""

    audits: int
    errors: int
    bound: float
    """Upper bound on its error rate, which holds however often one looks; 1 without audits."""


class Calibration(msgspec.Struct, frozen=True, kw_only=True):
    """How far stated probabilities are from how often they come true, on audits."""

    rows: int
    ece: float
    """Expected calibration error."""
    null_mean: float
    """What a perfectly calibrated model shows on as many rows, on average."""
    null_95: float
    """What 95 % of perfectly calibrated models stay below."""


class ModelFigures(msgspec.Struct, frozen=True, kw_only=True):
    """The figures about one model, whose prediction the user could accept or correct."""

    model: str
    """Id of the run; empty if it is not known."""
    name: str
    model_hash: str
    blind: Agreed
    """Labels that were given before the prediction was seen: the first for each text."""
    revealed: Agreed
    """Labels that were given with the prediction in view: the latest for each text."""
    chosen: int
    """Texts that are in neither, because the pile's order or a filter brought them up for what the model says."""
    audits: Audits
    calibration: Calibration | None
    """Of the probabilities as the model gives them; None without audits."""
    calibrated: Calibration | None
    """Of those after temperature scaling; None if no audit has any."""


class DecisionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What a log, or a file of decisions, says about the work on a pile."""

    states: dict[str, int]
    """label, skip, flag and ambiguous → reviews."""
    sources: dict[str, int]
    """Who gave a label: human, copy, model or import → reviews."""
    labels: dict[str, int]
    """Label → reviews."""
    texts: int
    """Different texts among the reviews that are decided."""
    noted: int
    """Reviews with a note."""
    conflicts: int
    """Texts whose copies were decided in different ways."""
    rate: Rate
    models: tuple[ModelFigures, ...]
    """The one used last comes first."""


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """A text to which two people gave different labels."""

    hash: str
    text: str
    file: str
    line: int
    one: str
    other: str
    columns: dict[str, str] = {}


class PeopleFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How two people's labels for the same texts agree."""

    all: Agreed
    blind: Agreed
    """Those that both gave before a prediction was seen, which can pull both the same way."""
    unlike: int
    """Texts that only one of them labelled and the other passed over: skipped, flagged or called ambiguous."""
    only_one: int
    """Texts that only the first has decided."""
    only_other: int
    conflicts: tuple[Conflict, ...]
