"""What was suspected: a row for each suspected label, and the figures about all. It loads no heavy library."""

from __future__ import annotations

from typing import Literal

import msgspec

from core.base.text import clean_line

Reason = Literal["contradiction", "alone", "doubted"]
"""Why a label is suspected: a copy of the text has another label; it is the only text with its label, so that no model
can judge it; or a model that has not seen the review doubts its label."""


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A review whose label is suspected."""

    rank: int
    """From 1, the most suspicious first."""
    row: int
    """Its place among the reviews that are kept, from 0."""
    file: str
    line: int
    text: str
    given: str
    """Its label."""
    given_probability: float | None
    """The probability that a model which has not seen the review gives to it; None if no model can judge it."""
    suggested: str | None
    """The class that this model would give; the same as `given` for the copy of a contradiction that it agrees with."""
    suggested_probability: float | None
    reason: Reason
    likely: bool
    """Whether confident learning counts the label as wrong."""
    hash: str
    """Of the normalised text."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """How many labels are likely to be wrong in the same way."""

    given: str
    suggested: str
    reviews: int


class Suspicions(msgspec.Struct, frozen=True, kw_only=True):
    """What was suspected of a source."""

    source: str
    data_hash: str
    model: str
    folds: int
    seed: int
    rows: int
    """Reviews with a label."""
    suspects: int
    """Reviews whose label is suspected, for whatever reason."""
    contradictions: int
    """Texts whose copies have different labels."""
    alone: int
    """Reviews that no model can judge, because theirs is the only text of their class."""
    likely: int
    """Labels that are likely to be wrong, by confident learning: an estimate."""
    changes: tuple[Change, ...]
    """The same by label and suggested class, the most frequent first."""
    agreement: float
    """The share of judged reviews whose label is the class that their model finds most probable."""
    seconds: float


class Corrected(msgspec.Struct, frozen=True, kw_only=True):
    """What was written into a corrected file."""

    output: str
    rows: int
    corrected: int
    """Rows with another label than before."""
    confirmed: int
    """Rows whose label was decided to be right."""
    ambiguous: int
    """Rows that were decided to have no right label; they keep the one they have."""
    unknown: dict[str, int]
    """Label that is no class of the source → texts that were given it; they are left as they are."""
    missing: int
    """Texts that were decided and are not in the source."""
    unread: int
    """Rows of the source that cannot be read, and are not in the file."""
    label: str
    """The column with the labels."""


def in_words(found: Suspicions) -> str:
    """Return the figures in one sentence."""
    doubted = found.suspects
    if not doubted:
        return f"Of {found.rows:,} labels, none is doubted."
    parts = [f"{_labels(found.likely)} probably wrong (an estimate)"]
    if found.contradictions:
        texts = "1 text has" if found.contradictions == 1 else f"{found.contradictions:,} texts have"
        parts.append(f"{texts} copies with different labels")
    if found.alone:
        parts.append(f"{_labels(found.alone)} used for one text only, which no model can judge")
    return f"Of {found.rows:,} labels, {doubted:,} {'is' if doubted == 1 else 'are'} doubted: {'; '.join(parts)}."


def _labels(count: int) -> str:
    return "1 label is" if count == 1 else f"{count:,} labels are"


def corrected_in_words(done: Corrected) -> list[str]:
    """Return what is in a corrected file, in sentences."""
    found = [
        f"{done.rows:,} rows written to {done.output}: {done.corrected:,} corrected, {done.confirmed:,} confirmed, "
        f"{done.ambiguous:,} ambiguous (they keep their label)."
    ]
    for label, texts in done.unknown.items():
        were = "text was" if texts == 1 else "texts were"
        found.append(
            f"{texts:,} {were} given the label “{clean_line(label, 40)}”, which is no class of the file, and stay."
        )
    if done.missing:
        found.append(f"{done.missing:,} decided {'text is' if done.missing == 1 else 'texts are'} not in the source.")
    if done.unread:
        found.append(f"{done.unread:,} {'row' if done.unread == 1 else 'rows'} could not be read, and left out.")
    return found


def training_command(done: Corrected) -> list[str]:
    """Return the command that trains on a corrected file."""
    return ["reviewtui", "train", done.output, "--label", done.label]
