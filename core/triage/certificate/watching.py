"""Follows the reviews that are audited on after a pile was labelled automatically, and withdraws a certificate.

A review that is watched stays undecided, and comes up again; what a person says of it is compared with the label that
the model gave it. If errors come so often that they show, with the confidence of the certificate, that more than
`max_error` of the answers are wrong, the certificate is withdrawn. A right one is withdrawn with a probability of at
most 1 − confidence, however long it is watched.

That counts labels given with the model's answer in view, too: they can hide errors, but make none. Screens import this
module, so it loads no numpy.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.triage.certificate.certificate import Certificate, read_certificate
from core.triage.decision import Decision
from core.triage.history import History
from core.triage.operation import Operation


@dataclass(frozen=True)
class Watch:
    """How a certificate does since a pile was labelled with it."""

    certificate: Certificate
    operation: int
    """Number of the operation that labelled the pile."""
    audited: int
    """Watched reviews that a person has labelled since."""
    errors: int
    """Those that got another label than the model's."""
    withdrawn: bool
    """Whether these errors show that there are more than the certificate promises."""

    @property
    def watched(self) -> int:
        """Reviews that are audited on."""
        return len(self.certificate.watched)


def labelled_automatically(history: History) -> list[Operation]:
    """Return the operations that labelled a pile automatically and were not taken back, newest first."""
    return [one for one in history.recent(history.events) if one.why == "auto-label"]


def certificate_of(pile: Path, operation: Operation) -> Certificate | None:
    """Return the certificate of an operation, None if it is missing or was changed.

    Args:
        pile: The folder of the decisions.
    """
    return read_certificate(pile, str(operation.facts.get("certificate", "")))


def watch(certificate: Certificate, operation: Operation, history: History) -> Watch:
    """Return how a certificate does since the operation that labelled a pile with it."""
    said = []
    for text_hash, label in certificate.watched.items():
        decision = history.latest(text_hash)
        if decision is None or decision.number <= operation.number:
            continue
        if decision.source == "human" and decision.labelled:
            said.append((decision.number, decision.verdict != label))
    errors = 0
    withdrawn = False
    for audited, (_, wrong) in enumerate(sorted(said), start=1):
        errors += wrong
        withdrawn |= errors > 0 and audited <= _within(certificate.alarm, errors)
    return Watch(certificate, operation.number, len(said), errors, withdrawn)


def still_labelled(history: History) -> list[Decision]:
    """Return the reviews that still have a model's label, newest first: what taking back makes undecided again."""
    return [one for one in history.decided(("label",)) if one.source == "model"]


def _within(alarm: tuple[int, ...], errors: int) -> int:
    """Return the most audits among which this number of errors is too many; beyond the table, any number of them."""
    return alarm[errors - 1] if errors <= len(alarm) else alarm[-1] if alarm else 0
