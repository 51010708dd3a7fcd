"""The scale of a column of ratings, found from all of its values and its name, and what is low and high on it.

The lowest third of a scale is negative, the highest third positive, and what is between is neither: 1–2 and 4–5 of five
stars, 1–4 and 7–10 of ten points, as in the IMDb data set (Maas et al. 2011). A column that is named NPS follows the
convention of that question (Reichheld 2003): 0–6 negative, 9–10 positive.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from core.base.errors import InputError
from core.reviews.detect.ratings import Rating, rating_of

_FEW = 20
"""Rows below which the highest value that occurs says little about the scale."""
_SEVEN = 7
"""Points of a usual scale of agreement; if it is the highest of many ratings from 1 on, it is taken to end there."""
_LOWEST_MEDIAN_OF_100 = 20.0
"""Numbers up to 100 of which half are lower are counts, not points of 100."""
_MOST_AROUND_ZERO = 5
_NARROW = 2.0
_STRAYS, _WORD_STRAYS = 0.05, 0.2
_NPS = re.compile(r"(^|[^a-z])(nps|net ?promoter|likelihood|likely)([^a-z]|$)")
_TWENTY = re.compile(r"(^| )(note|notes|nota)$")
"""Names of school marks, which France and Portugal give on a scale of 20."""
_NO_ANSWERS = frozenset((-9.0, -99.0, -999.0, 77.0, 88.0, 98.0, 99.0, 999.0, 9999.0))
"""Codes by which surveys say that there is no answer."""
_GIVEN = re.compile(r"\s*(-?\d+(?:\.\d+)?)\s*(?:-|–|\.\.|to|:)\s*(-?\d+(?:\.\d+)?)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Scale:
    """A scale of ratings, and which part of it is negative and which positive."""

    low: float
    high: float
    negative: float
    """The highest value that is negative."""
    positive: float
    """The lowest value that is positive."""
    sure: bool = True
    """Whether the values say where the scale ends."""

    @property
    def is_stars(self) -> bool:
        return self.high == 5

    @property
    def points(self) -> int:
        """How many whole numbers are on the scale."""
        return int(self.high - self.low) + 1

    def polarity(self, value: float) -> int:
        """Return −1 for a negative value, 1 for a positive one, 0 for one between."""
        return -1 if value <= self.negative else 1 if value >= self.positive else 0

    def __str__(self) -> str:
        return f"{self.low:g}–{self.high:g}"

    def words(self) -> str:
        """Return the boundaries as part of a sentence: `1–2 negative, 4–5 positive, between them neither`."""
        negative = _range(self.low, self.negative)
        positive = _range(self.positive, self.high)
        between = self.positive - self.negative > 1 or self.high - self.low <= 2
        middle = f", {_range(self.negative, self.positive, inside=True)} left out" if between else ""
        return f"{negative} negative, {positive} positive{middle}"


def make_scale(low: float, high: float, *, sure: bool = True, nps: bool = False, fine: bool = False) -> Scale:
    """Return the scale from `low` to `high`.

    Args:
        fine: Whether it is a narrow scale of decimals, whose thirds do not begin at whole numbers.
    """
    if nps:
        return Scale(low, high, 6.0, 9.0, sure)
    third = (high - low) / 3
    if fine:
        return Scale(low, high, round(low + third, 2), round(high - third, 2), sure)
    return Scale(low, high, _rounded(low + third + 1e-9, up=False), _rounded(high - third - 1e-9, up=True), sure)


def parse_scale(given: str, *, decimals: bool = False) -> Scale:
    """Return the scale that a user named, such as `1-5` or `0-10`.

    Args:
        decimals: Whether there are ratings that are no whole numbers.

    Raises:
        InputError: It is no scale.
    """
    match = _GIVEN.fullmatch(given)
    if match is None or not float(match[1]) < float(match[2]):
        raise InputError("A scale is its lowest and its highest rating, such as 1-5 or 0-10; change --scale.")
    low, high = float(match[1]), float(match[2])
    return make_scale(low, high, fine=decimals and high - low <= _NARROW)


def no_answers(counts: Mapping[str, int]) -> set[str]:
    """Return the values that are codes for no answer, among numbers that are otherwise a few points up to 10."""
    found = {raw: rating for raw in counts if (rating := rating_of(raw)) is not None}
    numbers = {raw: rating.value for raw, rating in found.items() if rating.form == "number"}
    codes = {raw for raw, value in numbers.items() if value in _NO_ANSWERS}
    others = {value for raw, value in numbers.items() if raw not in codes}
    usual = len(others) > 1 and len(numbers) == len(counts) and all(0 <= v <= 10 and v.is_integer() for v in others)
    return codes if usual else set()


def find_scale(counts: Mapping[str, int], name: str, named: bool) -> Scale | None:
    """Return the scale of a column, or None if its values are not ratings.

    Args:
        counts: Value → rows that have it; none of them missing.
        name: The name of the column, in lower case, its words apart.
        named: Whether the name says that the column holds ratings. Without that, plain numbers must say it themselves.
    """
    if named and (gone := no_answers(counts)):
        counts = {raw: n for raw, n in counts.items() if raw not in gone}
    ratings = {raw: rating for raw in counts if (rating := rating_of(raw)) is not None}
    total = sum(counts.values())
    stray = 1 - sum(counts[raw] for raw in ratings) / max(total, 1)
    if not ratings or stray > _WORD_STRAYS:
        return None
    forms = {rating.form for rating in ratings.values()}
    spoken = forms != {"number"}
    tops = {rating.top for rating in ratings.values() if rating.top is not None}
    values = {rating.value: 0 for rating in ratings.values()}
    for raw, rating in ratings.items():
        values[rating.value] += counts[raw]
    low, high = min(values), max(values)
    if len(tops) > 1:
        return None
    if low < 0:
        return _around_zero(low, high, values, named)
    if tops:
        top = tops.pop()
        return None if high > top else make_scale(_lowest(low, top, spoken=True), top)
    if forms <= {"stars", "glyphs", "word"}:
        return make_scale(_lowest(low, 5.0 if high <= 5 else 10.0, spoken=True), 5.0 if high <= 5 else 10.0)
    if not spoken and not (named or _speaks_for_itself(values)):
        return None
    return _of_numbers(values, total, name, counts, ratings)


def _around_zero(low: float, high: float, values: Mapping[float, int], named: bool) -> Scale | None:
    """Return the scale of whole numbers on both sides of 0, such as −2 to 2."""
    end = max(-low, high)
    whole = all(value.is_integer() for value in values)
    return (
        make_scale(-end, end, sure=-low == high) if named and whole and high > 0 and end <= _MOST_AROUND_ZERO else None
    )


def _speaks_for_itself(values: Mapping[float, int]) -> bool:
    """Return whether numbers without a telling name are stars: whole, from 1 to 5, both ends in sight."""
    return max(values) == 5 and min(values) >= 1 and len(values) > 1 and all(value.is_integer() for value in values)


def _of_numbers(
    values: Mapping[float, int], total: int, name: str, counts: Mapping[str, int], ratings: Mapping[str, Rating]
) -> Scale | None:
    """Return the scale of plain numbers, from their highest."""
    low, high = min(values), max(values)
    fractions = any(not value.is_integer() for value in values)
    if high <= 1 and fractions:
        return None  # probabilities
    if sum(counts[raw] for raw in counts if raw not in ratings) > _STRAYS * total and len(values) < 2:
        return None
    if _NPS.search(name) is not None and high <= 10:
        return make_scale(0.0, 10.0, nps=True)
    if high <= 5:
        top = 5.0 if fractions or total < _FEW or high == 5 or high < 2 else high
        sure = high == 5 or fractions
    elif high == _SEVEN and low == 1 and total >= _FEW and not fractions:
        top, sure = high, False
    elif high <= 10:
        top, sure = 10.0, high == 10
    elif high <= 20 and _TWENTY.search(name) is not None:
        top, sure = 20.0, False
    elif high <= 100 and _median(values) >= _LOWEST_MEDIAN_OF_100:
        top, sure = 100.0, high > 90
    else:
        return None
    return make_scale(_lowest(low, top, spoken=False), top, sure=sure)


def _lowest(low: float, top: float, *, spoken: bool) -> float:
    """Return where a scale begins: at 1, unless a 0 occurs. Five stars begin at 1 also if there are none."""
    if top > 10:
        return 0.0
    if top == 5:
        return 1.0
    return 0.0 if low < 1 else 1.0


def _median(values: Mapping[float, int]) -> float:
    half, seen = sum(values.values()) / 2, 0
    for value in sorted(values):
        seen += values[value]
        if seen >= half:
            return value
    return 0.0


def _rounded(value: float, *, up: bool) -> float:
    """Return the next whole number, from which ratings are reckoned, on the side of the end of the scale."""
    whole = float(int(value))
    if up:
        return whole if value <= whole else whole + 1
    return whole if value >= whole else whole - 1


def _range(low: float, high: float, inside: bool = False) -> str:
    if inside:
        first, last = low + 1, high - 1
        return (
            f"{first:g}"
            if first == last
            else f"{first:g}–{last:g}"
            if first < last
            else f"over {low:g}, under {high:g}"
        )
    return f"{low:g}" if low == high else f"{low:g}–{high:g}"
