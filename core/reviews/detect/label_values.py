"""What kind of labels a column holds: yes and no, a signed sentiment, ratings on a scale, or any classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from core.base.text import clean_line
from core.reviews.detect.cells import IGNORED, NOT, opened, repeated, separator_of
from core.reviews.detect.names import is_number, is_rating_name, words_of
from core.reviews.detect.polarity import Meaning, meaning_of
from core.reviews.detect.ratings import rating_of
from core.reviews.detect.scales import Scale, find_scale, no_answers, parse_scale
from core.reviews.detect.words import canonical, is_missing, truth_of

MISSING, UNKNOWN, SEVERAL = "missing label", "unknown label", "several labels in one cell"
REJECTED, PASSED_OVER = "label rejected by the annotator", "ignored by the annotator"
_MOSTLY, _NEARLY_ALL = 0.8, 0.95
_SIGNED: tuple[dict[float, int], ...] = ({-1.0: 1, 0.0: 2, 1.0: 3}, {0.0: 1, 2.0: 2, 4.0: 3})
"""Numbers that are sentiments by custom → their rank: 1 negative, 2 neutral, 3 positive."""
_OPINIONS = frozenset("sentiment polarity score rating recommendation category opinion stance emotion review".split())


@dataclass
class Values:
    """The values of a column of labels, taken out of their cells."""

    of: dict[str, str] = field(default_factory=dict)
    """Raw cell → the label in it."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Raw cell → why there is no label in it. Every raw cell is either here or in `of`."""
    counts: Counter[str] = field(default_factory=Counter)
    """Label → rows."""
    notices: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Kind:
    """What the labels are."""

    name: Literal["binary", "sentiment", "rating", "classes"]
    meaning: Meaning | None = None
    """Of a binary column."""
    scale: Scale | None = None
    """Of ratings."""
    ranks: Mapping[float, int] = field(default_factory=dict)
    """Of sentiments that are numbers."""


def take_values(counts: Mapping[str, int], column: str, named: Mapping[str, str], answered: bool) -> Values:
    """Return the labels in the cells of a column.

    Args:
        counts: Raw cell → rows.
        named: Canonical spelling of cells that the user has named a class for; these are never missing.
        answered: Whether annotators accepted or rejected the labels; see `cells.answered`.
    """
    result = Values()
    separator = separator_of(raw for raw in counts if not is_missing(raw) and opened(raw) is None)
    proposed = {raw for raw in counts if answered and raw != IGNORED and not raw.startswith(NOT)}
    several, signs = 0, "+" in counts
    for raw, n in counts.items():
        labels = opened(raw)
        value = labels[0].strip() if labels is not None and len(labels) == 1 else raw
        if canonical(raw) in named:
            result.of[raw] = raw
        elif answered and raw == IGNORED:
            result.left_out[raw] = PASSED_OVER
        elif answered and len(proposed) > 1 and raw.startswith(NOT) and raw not in proposed:
            result.left_out[raw] = REJECTED
        elif is_missing(value, signs=signs) or labels == ():
            result.left_out[raw] = MISSING
        elif (whole := repeated(raw, separator)) is not None:
            result.of[raw] = whole
            result.counts[whole] += n
        elif (labels is not None and len(labels) > 1) or (separator is not None and separator in raw):
            result.left_out[raw] = SEVERAL
            several += n
        else:
            result.of[raw] = value
            result.counts[value] += n
    if several:
        example = next(raw for raw, reason in result.left_out.items() if reason == SEVERAL)
        result.notices.append(
            f"{several:,} rows have several labels in “{clean_line(column, 40)}”, such as “{clean_line(example, 40)}”; "
            "a review has one class here, so they are left out."
        )
    _set_aside_unlabelled(result, column, named)
    _set_aside_no_answers(result, column, named)
    result.counts.update({raw: counts[raw] for raw in result.of if canonical(raw) in named})
    return result


def _set_aside_unlabelled(values: Values, column: str, named: Mapping[str, str]) -> None:
    """Read −1 beside 0 and higher labels as no label, unless the name of the column speaks of opinions."""
    numbers = {value: number for value in values.counts if (number := _number(value)) is not None}
    others = {number for number in numbers.values() if number != -1}
    if len(numbers) < len(values.counts) or not {0.0, 1.0} <= others or min(others) < 0:
        return
    minus = [value for value, number in numbers.items() if number == -1 and canonical(value) not in named]
    if not minus or (others == {0.0, 1.0} and not _OPINIONS.isdisjoint(words_of(column))):
        return
    gone = sum(values.counts.pop(value) for value in minus)
    for raw in [raw for raw, value in values.of.items() if value in minus]:
        del values.of[raw]
        values.left_out[raw] = MISSING
    values.notices.append(
        f"{gone:,} rows are labelled −1 in “{clean_line(column, 40)}”, which is read as no label; "
        "--class -1=NAME makes it a class."
    )


def _set_aside_no_answers(values: Values, column: str, named: Mapping[str, str]) -> None:
    """Read codes such as 99 among ratings as no label."""
    codes = {code for code in no_answers(values.counts) if canonical(code) not in named}
    if not codes or not is_rating_name(column):
        return
    gone = sum(values.counts.pop(value) for value in codes)
    for raw in [raw for raw, value in values.of.items() if value in codes]:
        del values.of[raw]
        values.left_out[raw] = MISSING
    listed = ", ".join(clean_line(code, 30) for code in sorted(codes))
    values.notices.append(
        f"{gone:,} rows have {listed} in “{clean_line(column, 40)}”, far from others, which is read as no answer; "
        f"--class {clean_line(min(codes), 30)}=NAME makes it a class."
    )


def find_kind(counts: Mapping[str, int], column: str, scale: str | None) -> Kind:
    """Return what the labels are, apart from a few exceptions.

    Args:
        counts: Label → rows.
        scale: The scale that the user named, as `1-5`.

    Raises:
        InputError: The user has named something that is no scale.
    """
    if scale is not None:
        decimals = any((one := rating_of(value)) is not None and not one.value.is_integer() for value in counts)
        return Kind("rating", scale=parse_scale(scale, decimals=decimals))
    rated = is_rating_name(column)
    total = sum(counts.values())
    if not total:
        return Kind("rating", scale=parse_scale("1-5")) if rated else Kind("classes")
    lone_star = rated and all(raw in ("1", "1.0") for raw in counts)
    if not lone_star and _share(counts, total, lambda raw: truth_of(raw) is not None, numbers_may_stray=False):
        return Kind("binary", meaning=meaning_of(column))
    numbers = {number for value in counts if (number := _number(value)) is not None}
    for ranks in _SIGNED:
        whole = {min(ranks), max(ranks)} <= numbers <= set(ranks)
        if whole and _share(counts, total, lambda raw: _number(raw) is not None, numbers_may_stray=False):
            return Kind("sentiment", ranks=ranks)
    found = find_scale(counts, " ".join(words_of(column)), rated)
    if found is not None and _share(counts, total, lambda raw: rating_of(raw) is not None, numbers_may_stray=rated):
        return Kind("rating", scale=found)
    return Kind("classes")


def _number(value: str) -> float | None:
    rating = rating_of(value)
    return rating.value if rating is not None and rating.form == "number" else None


def _share(counts: Mapping[str, int], total: int, fits: Callable[[str], bool], numbers_may_stray: bool) -> bool:
    """Return whether enough rows fit.

    If the rest are words, four in five are enough. If any are numbers, nearly all rows must fit, and numbers must be
    allowed to stray.
    """
    strays = [raw for raw in counts if not fits(raw)]
    share = 1 - sum(counts[raw] for raw in strays) / total
    if any(is_number(raw) for raw in strays):
        return numbers_may_stray and share >= _NEARLY_ALL
    return share >= _MOSTLY
