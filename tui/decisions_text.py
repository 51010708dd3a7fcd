"""How decisions are told on the screen and by the command: counts, rates, agreement, and what a file leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from core.base.text import clean_line
from tui.formatting import in_time

if TYPE_CHECKING:
    from core.engine.decision_requests import Figures
    from core.triage.agreement_report import Agreed, Audits, Calibration, ModelFigures, Rate

_REASONS = {
    "skipped": "skipped",
    "flagged": "flagged",
    "ambiguous": "ambiguous",
    "automatic": "labelled by a model",
    "repeated": "equal to a text decided later",
    "noted": "with a note but undecided",
}
_STATES = {"label": "with a label", "skip": "skipped", "flag": "flagged", "ambiguous": "ambiguous"}
_SOURCES = {"copy": "as copies", "model": "by a model", "import": "imported"}


def left_out_text(reasons: Mapping[str, int]) -> str:
    """Return how many reviews a file does not hold for which reason: `3 skipped, 1 ambiguous`."""
    return ", ".join(f"{count:,} {_REASONS[reason]}" for reason, count in reasons.items())


def counts_text(found: Figures) -> str:
    """Return how far the work is: `83 of 1,000 reviews decided, 8%: 81 with a label, 1 skipped, 1 ambiguous`."""
    figures = found.figures
    decided = sum(figures.states.values())
    of = f" of {found.reviews:,}" if found.reviews is not None else ""
    share = f", {decided / found.reviews:.0%}" if found.reviews else ""
    states = ", ".join(f"{count:,} {_STATES[state]}" for state, count in figures.states.items() if count)
    others = ", ".join(f"{count:,} {_SOURCES[one]}" for one, count in figures.sources.items() if one in _SOURCES)
    return (
        f"{decided:,}{of} reviews decided{share}" + (f": {states}" if states else "") + (f" ({others})" * bool(others))
    )


def labels_text(labels: Mapping[str, int]) -> str:
    """Return how often each label was given: `negative 31, positive 50`."""
    return ", ".join(f"{clean_line(label, 30)} {count:,}" for label, count in labels.items())


def rate_text(rate: Rate) -> str:
    """Return how fast the work goes: `640 an hour, over 7:48; 2 waits of more than a minute count as one minute`."""
    if rate.per_hour is None:
        return "no time was measured"
    waits = f"; {rate.idle:,} of more than a minute count as one minute" if rate.idle else ""
    return f"{rate.per_hour:,.0f} an hour, {rate.decisions:,} decisions over {in_time(rate.seconds)}{waits}"


def agreement_text(found: Agreed) -> str:
    """Return how two agree: `38 of 41 agree, 92.7% (80.6…97.5), kappa 0.85 (0.68…1.00)`."""
    if found.share is None:
        return "no text in common"
    low, high = found.share_interval
    share = f"{found.agreed:,} of {found.rows:,} agree, {found.share:.1%} ({100 * low:.1f}…{100 * high:.1f})"
    if found.kappa is None or found.kappa_interval is None:
        return f"{share}; with one label alone there is no kappa"
    low, high = found.kappa_interval
    return f"{share}, kappa {_signed(found.kappa)} ({_signed(low)}…{_signed(high)})"


def audits_text(found: Audits) -> str:
    """Return what random audits say: `2 wrong of 41; at most 14.9% are (95% sure, however often you look)`."""
    if not found.audits:
        return "none yet: random reviews that are labelled before the model's answer is seen"
    bound = f"at most {found.bound:.1%} are (95% sure, however often you look)"
    return f"{found.errors:,} wrong of {found.audits:,}; {bound if found.bound < 1 else 'too few to bound the rate'}"


def calibration_text(found: Calibration) -> str:
    """Return how far probabilities can be believed: `ECE 0.041 on 41 audits; a calibrated model stays below 0.120`."""
    return f"ECE {found.ece:.3f} on {found.rows:,} audits; a calibrated model stays below {found.null_95:.3f} (95%)"


def model_text(found: ModelFigures) -> str:
    """Return which model figures are about: its run's name or id."""
    return clean_line(found.name or found.model, 60) or "of a run that is not known"


def _signed(kappa: float) -> str:
    return f"{kappa:.2f}".replace("-", "−")
