"""The texts of the certificate view, safe to show: the promise, the thresholds, the evidence, and what to do next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from textual.content import Content

from core.base.text import clean_line
from tui import certificate_text as words
from tui.formatting import counted

if TYPE_CHECKING:
    from core.engine.certificate_requests import AutoLabelled
    from core.triage.certificate.certificate import Certificate, Threshold
    from core.triage.certificate.watching import Watch

Part = tuple[str, str]
Key = Callable[[str], str]
_ROWS = 5
"""The most thresholds that are listed."""
_LEAD = 14
"""Columns before a text: a blank, and what it is about."""
_LABELS = 4


@dataclass(frozen=True)
class Shown:
    """What the view shows."""

    max_error: float
    confidence: float
    """The promise that is asked for."""
    found: AutoLabelled | None
    """What the engine says; None until it has answered."""
    progress: str
    """What it does meanwhile."""
    problem: str
    """Why it cannot answer; empty if it can."""
    watches: Sequence[Watch]
    """How the certificates do with which the pile was labelled, the newest first."""
    still: int
    """Reviews that still have a model's label."""
    blind: bool
    """Whether blind mode is on."""
    key: Key


def page(shown: Shown, width: int) -> Content:
    """Return all that the view shows below its title, for this many columns."""
    found = shown.found
    made = found.certificate if found is not None else None
    promise = f"‹ {words.promise(shown.max_error, shown.confidence)} ›"
    parts = _paragraph("Promise", [promise], width, "bold")
    for one in shown.watches[:2]:
        parts += _paragraph("Since then", [words.watched(one)], width, "bold $text-error" if one.withdrawn else "")
    parts.append(("\n", ""))
    if shown.problem:
        parts += _paragraph("", [clean_line(shown.problem)], width, "bold $text-error")
    elif found is None or made is None:
        parts += _paragraph("", [_waiting(found, shown.progress)], width, "$text-warning")
    else:
        parts += [*_thresholds(made), ("\n", ""), *_outcome(shown, found, made, width), *_basis(found, made, width)]
    return Content.assemble(*parts)


def hint(shown: Shown) -> Content:
    """Return the keys that act."""
    found, key = shown.found, shown.key
    keys = [f"{key('certificate.stricter')} {key('certificate.looser')} promise", f"{key('certificate.close')} closes"]
    if shown.still:
        keys.insert(0, f"{key('certificate.take_back')} takes back {shown.still:,}")
    if found is not None and found.labelled:
        keys.insert(0, f"{key('certificate.label')} labels {found.labelled:,}")
    return Content(f" {' · '.join(keys)}")


def _waiting(found: AutoLabelled | None, progress: str) -> str:
    if found is None:
        return f"{clean_line(progress) or 'judging the audits'}…"
    if found.problem:
        return f"The model could not answer about all reviews: {clean_line(found.problem)}"
    share = f"{found.scored:,} of {found.reviews:,}" if found.reviews else "the first ones"
    return f"The model answers about all reviews first: {share} so far…"


def _thresholds(made: Certificate) -> list[Part]:
    """Return the table of thresholds around the first that is not certified."""
    at = made.certified_thresholds
    first = max(min(at - _ROWS // 2, len(made.thresholds) - _ROWS), 0)
    parts: list[Part] = [("   Covers  Probability  Audited  Wrong  At most\n", "$foreground-muted")]
    for number, one in enumerate(made.thresholds[first : first + _ROWS], start=first):
        parts.append(_row(one, "✓" if number < at else "▸" if number == at else " "))
    return parts


def _row(one: Threshold, mark: str) -> Part:
    needed = "too many were wrong" if one.needed is None else f"about {one.needed:,} more audits"
    outcome = {"✓": "certified", "▸": needed}.get(mark, "")
    style = {"✓": "bold $text-success", "▸": "bold"}.get(mark, "$foreground-muted")
    where = f"{one.coverage:>6.0%}      ≥ {one.threshold:.3f}"
    return (f" {mark} {where}  {one.audited:>7,}  {one.errors:>5,}  {words.share(one.bound):>7}   {outcome}\n", style)


def _outcome(shown: Shown, found: AutoLabelled, made: Certificate, width: int) -> list[Part]:
    """Return what can be labelled now, or what is missing and how to get it."""
    if made.certified:
        labels = [f"{count:,} {clean_line(label, 20)}" for label, count in found.labels.items()]
        others = f" and {len(labels) - _LABELS:,} other labels" if len(labels) > _LABELS else ""
        again = f"; {found.watched:,} of them come up again" if found.watched else ""
        now = f"{counted(found.labelled, 'review')}: {', '.join(labels[:_LABELS])}{others}{again}"
        return _paragraph("Can label", [now if found.labelled else "nothing: all of it is decided"], width, "bold")
    parts = _paragraph("Not yet", [f"{words.missing(made)}."], width, "bold $text-warning")
    if made.next is not None and made.next.needed is not None:
        first = "" if shown.blind else f"{shown.key('classify.blind')} turns blind mode on. "
        how = f"{first}Label what comes up: in the order “random” all are audits, in others one in ten."
        parts += _paragraph("How", [how], width)
    return parts


def _basis(found: AutoLabelled, made: Certificate, width: int) -> list[Part]:
    """Return the evidence, what is not counted, and whether probabilities are calibrated."""
    audits = f"{counted(made.audits, 'random review')}, labelled before the answer was seen"
    return [
        *_paragraph("Evidence", [audits, *words.not_counted(made)], width),
        *_paragraph("Calibration", [words.calibration(found.temperature, made.audits - made.unlabelled)], width),
    ]


def _paragraph(lead: str, texts: Iterable[str], width: int, style: str = "") -> list[Part]:
    """Return texts, one below the other and broken into lines, beside what they are about."""
    lines = [line for text in texts for line in wrap(text, max(width - _LEAD - 1, 20))]
    parts: list[Part] = []
    for number, line in enumerate(lines):
        before = f" {lead if number == 0 else '':<{_LEAD - 1}}"
        parts += [(before, "bold $text-primary"), (f"{line}\n", style)]
    return parts
