"""Which column is the label: every column is scored, with a reason.

A label (0/1, a sentiment) comes before a rating, and both before other categories. Ids, dates, counts, people, model
scores and flags (whether a purchase was verified, whether there is a video) are never labels.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from core.reviews.detect.cells import label_counts
from core.reviews.detect.counting import Facts
from core.reviews.detect.names import (
    CLASS_NAMES,
    LABEL_NAMES,
    is_known_name,
    is_never_a_label,
    is_rating_name,
    number_of,
)
from core.reviews.detect.polarity import meaning_of
from core.reviews.detect.ratings import rating_of
from core.reviews.detect.scales import find_scale
from core.reviews.detect.text_columns import Scored
from core.reviews.detect.words import sentiment_of, truth_of

LEAST = 20.0
"""A column with a lower score is offered, but not taken."""
_FLAGS = frozenset(
    "verified early access featured syndicated video image images photo photos incentivized edited updated anonymous "
    "mobile purchase purchased active deleted hidden pinned sponsored premium vine current free received kids "
    "duplicate reply replied truncated cancelled ground flagged visible public read seen draft test train valid "
    "native member newsletter gift subscribed viewed answered archived published approved moderated".split()
)
OF_ANOTHER = frozenset(
    "avg average mean product business item aggregate total median predicted pred model probability".split()
)
_PREDICTED = frozenset("predicted pred prediction predictions suggestions".split())
_OPEN = frozenset(
    ("label", "labels", "target", "gold", "goldlabel", "labelname", "labeltext", "classindex", "classlabel", "labelid",
     "choices", "choice", "verdict", "标签")
)  # fmt: skip
"""Names of labels that may hold any classes; other names of labels promise an opinion."""
_VOTED = frozenset("subreddit permalink upvotes downvotes ups downs numcomments numreplies".split())
_SIGNED: tuple[set[float | None], ...] = ({-1.0, 1.0}, {-1.0, 0.0, 1.0}, {0.0, 4.0}, {0.0, 2.0, 4.0})
_MAX_CLASSES, _HIGHEST_CLASS = 50, 10
_HALF = 0.5
_SAYS_NOTHING = re.compile(r"(?:v|c|f|x|var|col|column|field)?[ _]?\d{1,3}", re.IGNORECASE | re.ASCII)
"""Names that count columns."""
_LONGEST_NOTION = 4
"""Words in a name such as `is_refund_request`; a longer one asks something else."""


def rank_labels(columns: Sequence[Facts], headed: bool, around: Collection[str]) -> list[Scored]:
    """Return the columns that could be the label, the best first. The order of `columns` does not matter.

    Args:
        headed: Whether the names of the columns come from the source.
        around: The names of all columns, in letters and digits.
    """
    scored = [one for column in columns if (one := _score(column, headed, around)) is not None]
    return sorted(scored, key=lambda one: (-one.score, -one.facts.filled, one.name))


def is_flag(scored: Scored) -> bool:
    """Return whether a column says yes or no."""
    return scored.facts.all(_is_truth) and len(scored.facts.counts) > 1


@dataclass(frozen=True)
class _Look:
    """What the name and the values of a column look like."""

    column: Facts
    """With lists of one label opened."""
    headed: bool
    label_named: bool
    class_named: bool
    rated: bool
    """Whether it is named like a rating."""
    few: bool
    """Whether there are few enough different values to be classes."""
    binary: bool
    words: bool
    """Whether values are opinions in words."""
    signed: bool
    """Whether values are −1 and 1, with or without 0, or 0 and 4."""
    rating: str | None
    """On which scale it rates, in words."""

    @property
    def listed(self) -> str:
        count = len(self.column.counts)
        return f"{count:,} value" + "s" * (count != 1)


def _score(column: Facts, headed: bool, around: Collection[str]) -> Scored | None:
    look = _look(column, headed, around)
    if look is None:
        return None
    scored = _by_label_name(look) or _by_values(look) or _by_class_name(look) or _by_rating_name(look)
    if scored is not None and not _PREDICTED.isdisjoint(column.words):
        scored = Scored(column, min(scored.score, 15.0), "what a model has predicted")
    return scored and replace(scored, facts=column)


def _look(column: Facts, headed: bool, around: Collection[str]) -> _Look | None:
    headed = headed and _SAYS_NOTHING.fullmatch(column.name) is None
    label_named = column.key in LABEL_NAMES or column.last in LABEL_NAMES
    rated = headed and is_rating_name(column.name)
    if not column.counts:
        return None
    values = label_counts(column.counts)
    if column.kind in ("date", "empty") or (column.kind == "nested" and values is column.counts):
        return None
    opened = column if values is column.counts else replace(column, counts=values)
    rows = sum(values.values())
    words = opened.mostly(_says_something) and opened.share(_is_sentiment) >= _HALF
    if headed and is_never_a_label(column.name) and not (label_named or rated or words):
        return None
    return _Look(
        column=opened,
        headed=headed,
        label_named=label_named,
        class_named=column.key in CLASS_NAMES or column.last in CLASS_NAMES or _is_answer(column),
        rated=rated,
        few=len(values) <= _MAX_CLASSES and not (rows > 20 and len(values) > rows / 2),
        binary=opened.all(_is_truth),
        words=words,
        signed={number_of(value) for value in values} in _SIGNED,
        rating=_rating(opened, rated, around),
    )


def _by_label_name(look: _Look) -> Scored | None:
    column = look.column
    if look.label_named and not look.rating and column.kind == "number" and not _is_whole_or_words(column):
        low, high = min(values := [float(value) for value in column.counts]), max(values)
        ends = next((ends for ends in ((0, 1), (-1, 1)) if ends[0] <= low and high <= ends[1]), None)
        said = f", which --scale={ends[0]}-{ends[1]} divides into classes" if ends else ""
        return Scored(column, 15.0, f"named like a label, decimals from {low:g} to {high:g}{said}")
    if not look.label_named or column.kind == "text" or not (look.rating or _is_whole_or_words(column)):
        return None
    if not look.few:
        return Scored(column, 25.0, f"named like a label, but with {look.listed} in {column.rows:,} rows")
    is_open = column.key in _OPEN or column.last in _OPEN
    if not (is_open or look.words or look.binary or look.signed or look.rating):
        return Scored(column, 45.0, f"named like a label, but its values ({look.listed}) say no opinion")
    names_others = max(key in ("labeltext", "labelname") for key in (column.key, column.last))
    certain = names_others - (not (look.words or look.binary or is_open))
    return Scored(column, 100.0 + certain, f"named like a label, {look.listed}")


def _by_values(look: _Look) -> Scored | None:
    column, count = look.column, len(look.column.counts)
    if look.words and count > 1 and (look.few or column.kind == "category"):
        return Scored(column, 90.0, f"its values are opinions, {look.listed}")
    if look.class_named and look.few and (look.binary or _is_answer(column)):
        return Scored(column, 88.0, f"named like a class, {look.listed}")
    if look.signed:
        return Scored(column, 80.0 if look.rated else 60.0, "its values are negative and positive numbers")
    if look.rating is not None:
        if any(word in OF_ANOTHER for word in column.words):
            return Scored(column, 15.0, f"a rating of something else, {look.rating}")
        if column.is_constant:
            return Scored(column, 30.0, "named like a rating, but always the same")
        if look.rated or not _is_plain(column):
            return Scored(column, 80.0, look.rating)
        return Scored(column, 15.0 if look.headed else 30.0, look.rating)
    return _score_binary(column, look.headed) if look.binary else None


def _by_class_name(look: _Look) -> Scored | None:
    column = look.column
    if not look.few or column.kind == "text" or look.binary or not _is_whole_or_words(column):
        return None
    if look.class_named:
        return Scored(column, 35.0, f"named like a class, {look.listed}")
    several = len(column.counts) > 1
    if look.rated and several and column.kind == "category" and not any(w in OF_ANOTHER for w in column.words):
        return Scored(column, 34.0, f"named like a rating, in {len(column.counts):,} words")
    small = column.kind == "number" and all(0 <= float(value) <= _HIGHEST_CLASS for value in column.counts)
    if not look.headed and several and (column.kind in ("category", "nested") or small):
        return Scored(column, 22.0, look.listed)
    if several and column.kind in ("category", "nested"):
        return Scored(column, 10.0, look.listed)
    return Scored(column, 5.0, look.listed) if several and small else None


def _by_rating_name(look: _Look) -> Scored | None:
    column = look.column
    if not look.rated or column.kind != "number" or any(word in OF_ANOTHER for word in column.words):
        return None
    numbers = sorted(map(float, column.counts))
    if numbers[0] >= 0 and numbers[-1] <= 1:
        return Scored(column, 15.0, "numbers from 0 to 1, which rate with --scale 0-1")
    return Scored(column, 15.0, f"numbers from {numbers[0]:g} to {numbers[-1]:g}, on no usual scale")


def _score_binary(column: Facts, headed: bool) -> Scored | None:
    if not headed:
        return Scored(column, 60.0, "two values, such as 0 and 1")
    if column.is_constant or any(word in _FLAGS for word in column.words) or is_known_name(column.name):
        return None
    meaning = meaning_of(column.name)
    if meaning.said == "name" and "negative" in (meaning.true, meaning.false):
        return Scored(column, 75.0, "yes or no, and the name says which is good")
    if meaning.said == "name":
        asks_much = len(column.words) > _LONGEST_NOTION
        return Scored(column, 18.0 if asks_much else 50.0, f"yes or no: {meaning.true}")
    return Scored(column, 25.0, "yes or no")


def _rating(column: Facts, named: bool, around: Collection[str]) -> str | None:
    """Return in words on which scale a column rates; None if it does not."""
    if named and column.key in ("score", "overall") and not _VOTED.isdisjoint(around):
        return None
    scale = find_scale(column.counts, " ".join(column.words), named)
    if scale is None:
        return None
    return f"{'named like a rating, ' * named}{len(column.counts):,} values on a scale of {scale}"


def _is_answer(column: Facts) -> bool:
    """Return whether a column holds what the assistant says in conversations that teach it to classify."""
    return "." in column.name and column.last == "assistant"


def _is_whole_or_words(column: Facts) -> bool:
    """Return whether values can be classes: they are not measurements."""
    return column.kind != "number" or all(float(value).is_integer() for value in column.counts)


def _is_plain(column: Facts) -> bool:
    """Return whether a column of ratings holds nothing but numbers."""
    return all((rating := rating_of(value)) is None or rating.form == "number" for value in column.counts)


def _is_sentiment(value: str) -> bool:
    return sentiment_of(value) is not None


def _is_truth(value: str) -> bool:
    return truth_of(value) is not None


def _says_something(value: str) -> bool:
    return sentiment_of(value) is not None or truth_of(value) is not None
