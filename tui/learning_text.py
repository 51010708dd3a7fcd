"""How learning from decisions is told on the screen and by the command."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.base.text import clean_line

if TYPE_CHECKING:
    from core.learning.lesson import Lesson
    from core.learning.outcome_report import Flips, Measured, Stability

_NAME = 30


def lesson_rows(lesson: Lesson) -> list[tuple[str, str]]:
    """Return what a lesson is made of, as names and values."""
    data = f"{lesson.from_run:,} reviews of the run"
    if lesson.missing:
        data += f" ({lesson.missing:,} are not in its data any more)"
    decided = f"{lesson.added:,} added, {lesson.corrected:,} corrected, {lesson.confirmed:,} confirmed"
    if lesson.withdrawn:
        decided += f", {lesson.withdrawn:,} withdrawn as ambiguous"
    rows = [("data", data), ("decisions", decided)]
    if lesson.left_out:
        rows.append(("left out", ", ".join(f"{count:,} {reason}" for reason, count in lesson.left_out.items())))
    if lesson.conflicts:
        rows.append(("conflicts", f"{len(lesson.conflicts):,} texts; the latest decision counts"))
    if lesson.new_labels:
        rows.append(("new labels", ", ".join(clean_line(label, _NAME) for label in lesson.new_labels)))
    rows.append(("validation", f"the same {lesson.validation:,} reviews as before"))
    return rows + [("note", clean_line(notice, 200)) for notice in lesson.notices]


def measured_rows(measured: Sequence[Measured]) -> list[tuple[str, str]]:
    """Return how two models did on fixed rows: what the rows are, and the verdict with what it rests on."""
    rows = []
    for one in measured:
        if one.before is None or one.after is None:
            rows.append((f"  {one.basis}", f"none to compare on{_seen(one)}"))
        else:
            rows.append((f"  {one.basis}", f"{one.before:.1%} → {one.after:.1%}: {one.sentence}{_seen(one)}"))
    return rows


def _seen(one: Measured) -> str:
    return f" ({one.learned_from:,} left out: a model has learned from them)" if one.learned_from else ""


def flips_text(flips: Flips) -> str:
    """Return how many reviews of a pile get another label: `34 of 1,000 reviews: 20 positive → negative, …`."""
    if not flips.changed:
        return f"none of {flips.reviews:,} reviews of the pile"
    kinds = ", ".join(
        f"{one.reviews:,} {clean_line(one.before, _NAME)} → {clean_line(one.after, _NAME)}" for one in flips.kinds[:4]
    )
    decided = (
        f"; of {flips.decided:,} decided ones, {flips.now_as_decided:,} are now as decided" if flips.decided else ""
    )
    return (
        f"{flips.changed:,} of {flips.reviews:,} reviews of the pile: {kinds}{', …' * (len(flips.kinds) > 4)}{decided}"
    )


def stability_rows(stability: Stability) -> list[list[str]]:
    """Return a table of how successive models agree, heads first."""
    rows = [["model", "decisions", "same label", "kappa"]]
    for one in stability.steps:
        kappa = "–"
        if one.kappa is not None and one.kappa_interval is not None:
            low, high = one.kappa_interval
            kappa = f"{one.kappa:.3f} ({low:.3f}…{high:.3f})".replace("-", "−")
        rows.append([clean_line(one.name, _NAME), f"{one.decided:,}", f"{one.agreement:.1%}", kappa])
    return rows
