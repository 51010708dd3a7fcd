"""Engine requests about labelling a pile automatically, and their answers; see `core/engine/requests.py`."""

from __future__ import annotations

import msgspec

from core.engine.requests import EngineRequest
from core.inference.temperature import Temperature
from core.reviews.options import ReadingOptions
from core.triage.certificate.certificate import CONFIDENCE, MAX_ERROR, Certificate


class AutoLabelled(msgspec.Struct, frozen=True, kw_only=True):
    """What can be labelled automatically, or was."""

    certificate: Certificate | None
    """None as long as the model has not answered about all reviews."""
    different: int = 0
    """Different reviews of the pile: near copies count once."""
    scored: int = 0
    """Reviews that the model has answered about."""
    reviews: int = 0
    """Reviews of the pile."""
    problem: str = ""
    """Why the process in the background that asks the model gave up; empty if it did not."""
    labelled: int = 0
    """Reviews that get the model's label; 0 if nothing is certified."""
    labels: dict[str, int] = {}
    """Label → how many of them."""
    watched: int = 0
    """How many of them come up again, as random reviews to be audited."""
    left_alone: int = 0
    """Reviews that the model is sure enough of, but which a person decided, or a near copy of them."""
    recorded: int = 0
    """Reviews whose label was recorded in the pile just now."""
    output: str = ""
    """The file with the labels; empty for none."""
    temperature: Temperature | None = None
    """The model's, in this pile; None if it is not calibrated."""


class AutoLabel(EngineRequest[AutoLabelled], frozen=True, kw_only=True):
    """Say what can be labelled automatically; label it, too, if that is asked for and the evidence is enough.

    To label a pile, its decision log must not be open elsewhere.
    """

    source: str
    run: str
    """The folder of the run whose model answers."""
    reading: ReadingOptions = ReadingOptions()
    max_error: float = MAX_ERROR
    confidence: float = CONFIDENCE
    score: bool = True
    """Whether to score the pile first where that is needed; otherwise a process in the background is started for it."""
    record: bool = False
    """Whether to record the labels in the pile, if anything is certified."""
    output: str = ""
    """The file to write the labels to, if anything is certified: .csv or .jsonl. Empty for none."""
