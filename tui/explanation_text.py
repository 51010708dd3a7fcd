"""An explanation of a prediction in sentences, for screens and commands. Whatever comes from data is cleaned."""

from __future__ import annotations

from core.base.text import clean_line
from core.inference.explanation import Explanation, Part

SHOWN = 5
"""Words that are named."""
SHOWS = 0.005
"""The least change that two decimals show."""


def named(found: Explanation) -> list[Part]:
    """Return the words to name: the strongest of those that change what two decimals show, or the label."""
    return [part for part in found.strongest("word")[:SHOWN] if abs(part.change) >= SHOWS or found.flips(part)]


def signed(change: float) -> str:
    """`+0.33` for what supports the label, `−0.12` for what speaks against it."""
    return f"{change:+.2f}".replace("-", "−")


def without(found: Explanation, part: Part) -> str:
    """`negative 0.94 → 0.61`, what the model says without a part; with the label that it then gives, if another."""
    share = _share(found.probability - part.change)
    then = f", then {clean_line(part.label, 24)}" if found.flips(part) else ""
    return f"{clean_line(found.label, 24)} {_share(found.probability)} → {share}{then}"


def if_deleted(found: Explanation, part: Part) -> str:
    """`deleted instead of masked: 0.92`, where that says something else; else nothing."""
    if part.deleted is None or not part.disagrees:
        return ""
    return f"deleted instead of masked: {_share(found.probability - part.deleted)}"


def statement(found: Explanation, part: Part, width: int = 40) -> str:
    """`without 'broken': negative 0.94 → 0.61`, with the part cut to `width` characters."""
    said = f"without '{clean_line(part.text, width)}': {without(found, part)}"
    other = if_deleted(found, part)
    return f"{said}; {other}" if other else said


def together(found: Explanation) -> str:
    """`without the 5 strongest for it: 0.94 → 0.10; without 5 random others: 0.93`; nothing where it is not known."""
    reliability = found.reliability
    if reliability is None:
        return ""
    left, random = found.probability - reliability.change, found.probability - reliability.random_mean
    return (
        f"without the {reliability.words} strongest for it: {_share(found.probability)} → {_share(left)}; "
        f"without {reliability.words} random others: {_share(random)}"
    )


def looked_into(found: Explanation) -> str:
    """`words of the 2 strongest of 9 sentences`: how a long review was taken apart; nothing for a short one."""
    sentences = found.strongest("sentence")
    if not sentences:
        return ""
    return f"words of the {min(2, len(sentences))} strongest of {len(sentences)} sentences"


def unread(found: Explanation, review: str) -> str:
    """`not read: 'and it broke …'`: what is beyond the model's limit; nothing where it reads all."""
    if found.not_read is None:
        return ""
    start, end = found.not_read
    return f"not read: {end - start:,} characters, '{clean_line(review[start : start + 400], 40)}'"


def _share(probability: float) -> str:
    return f"{min(max(probability, 0.0), 1.0):.2f}"
