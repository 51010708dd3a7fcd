"""A certificate as it is kept: `certificates/<id>.json` beside the decision log, named by the hash of its content.

It says from which confidence on a model's answers may be taken as they are, with which promise, on which evidence; and
it names everything that it was computed from, so that it can be computed again (`certifying.py`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec

from core.base.files import private_folder, write_whole

FORMAT = 1
MAX_ERROR, CONFIDENCE = 0.02, 0.95
"""The promise, unless another one is asked for."""
_ID_DIGITS = 16
_MAX_BYTES = 256 << 20


class Threshold(msgspec.Struct, frozen=True, kw_only=True):
    """What the audits say of the answers with at least this confidence; see `core.statistics.auto_labels`."""

    threshold: float
    coverage: float
    """Share of the counted reviews that it accepts."""
    audited: int
    errors: int
    p_value: float
    bound: float
    needed: int | None
    """An estimate of how many further audits certify it; None if none would, at the rate of errors so far."""


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What a certificate was computed from."""

    source: str
    data_hash: str
    """Of the pile, as `ReadingReport.data_hash`."""
    reviews: int
    """Rows of the pile."""
    counted: int
    """Of them, those that are counted: near copies once, and none that the model has learned from."""
    run: str
    run_name: str
    model_hash: str
    logits_sha256: str
    groups_sha256: str
    """Of the representatives of near copies, as little-endian int64 by row."""
    sequence_sha256: str
    """Of the rows of the random sequence, likewise."""
    learned: int
    """Rows that the model has learned from."""
    learned_sha256: str
    """Of which rows these are, a byte for each row of the pile."""
    log_bytes: int
    """How much of the decision log there was."""
    log_sha256: str
    """Of that part."""


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """What audits say of labelling a pile automatically."""

    format: int = FORMAT
    made: float
    """Seconds since 1970."""
    max_error: float
    confidence: float
    inputs: Inputs
    at_hand: int
    """Reviews that are set apart for audits, which decides where the grid of thresholds begins."""
    thresholds: tuple[Threshold, ...]
    """The grid, strictest first."""
    certified_thresholds: int
    """How many of them are certified, from the first on."""
    fewest: int
    """Audits without any error that certify one threshold."""
    audits: int
    """Audited reviews that count, whether a threshold accepts them or not."""
    unlabelled: int
    """How many of them count as errors because they have no label from before the answer was seen."""
    left_out: dict[str, int]
    """Reason → audited reviews that do not count."""
    elsewhere: int
    """Reviews decided without their having come up at random."""
    alarm: tuple[int, ...]
    """Entry k − 1 is a number of audits: if at most that many hold k errors, it is withdrawn."""
    watched: dict[str, str] = {}
    """Hash of a text that is audited on → the label that the model gave it."""

    @property
    def certified(self) -> bool:
        return self.certified_thresholds > 0

    @property
    def best(self) -> Threshold | None:
        """The loosest certified threshold; None without one."""
        return self.thresholds[self.certified_thresholds - 1] if self.certified else None

    @property
    def next(self) -> Threshold | None:
        """The threshold that the next audits decide; None if all are certified, or the pile has none."""
        return next(iter(self.thresholds[self.certified_thresholds :]), None)

    @property
    def id(self) -> str:
        """The beginning of the hash of its content."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()[:_ID_DIGITS]

    def to_json(self) -> dict[str, Any]:
        """Return what commands print: the certified threshold, or the first one that is not."""
        shown, following = self.best or self.next, self.next
        return {
            "threshold": shown.threshold if shown else None,
            "coverage": shown.coverage if shown else 0.0,
            "audited": shown.audited if shown else 0,
            "errors": shown.errors if shown else 0,
            "bound": shown.bound if shown else 1.0,
            "certified": self.certified,
            "needed": 0 if self.certified else shown.needed if shown else None,
            "max_error": self.max_error,
            "confidence": self.confidence,
            "next": following and {"coverage": following.coverage, "needed": following.needed},
            "audits": self.audits,
            "unlabelled": self.unlabelled,
            "left_out": self.left_out,
            "elsewhere": self.elsewhere,
            "run": self.inputs.run,
            "model_hash": self.inputs.model_hash,
            "reviews": self.inputs.reviews,
        }


def certificate_file(pile: Path, id: str) -> Path:
    """Return where a certificate is kept, given the folder of the decisions about its pile."""
    return pile / "certificates" / f"{id}.json"


def keep_certificate(pile: Path, certificate: Certificate) -> Path:
    """Write a certificate beside the decision log of its pile, and return the file.

    Raises:
        ReviewtuiError: It cannot be written.
    """
    file = certificate_file(pile, certificate.id)
    private_folder(file.parent)
    write_whole(file, msgspec.json.format(msgspec.json.encode(certificate), indent=2) + b"\n")
    return file


def read_certificate(pile: Path, id: str) -> Certificate | None:
    """Return a kept certificate; None if it is missing, damaged, or was changed since."""
    if not id.isalnum():
        return None
    try:
        with certificate_file(pile, id).open("rb") as file:
            found = msgspec.json.decode(file.read(_MAX_BYTES), type=Certificate)
    except (OSError, ValueError, RecursionError):
        return None
    return found if found.id == id else None
