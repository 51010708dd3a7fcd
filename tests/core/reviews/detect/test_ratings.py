"""Ratings are found however they are written, on the scale that all of them show, and counts are no ratings."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.detect.ratings import rating_of
from core.reviews.detect.scales import find_scale, make_scale, parse_scale


@pytest.mark.parametrize(
    ("cell", "value", "top"),
    [
        ("4", 4, None),
        ("4,5", 4.5, None),
        (" 4.0 ", 4, None),
        ("9/10", 9, 10),
        ("4 out of 5 stars", 4, 5),
        ("Rated 4 out of 5", 4, 5),
        ("5,0 von 5 Sternen", 5, 5),
        ("3 sur 5", 3, 5),
        ("4,0 de 5 estrellas", 4, 5),
        ("5つ星のうち4.0", 4, 5),
        ("90 %", 90, 100),
        ("★★★★☆", 4, 5),
        ("★★★★☆ (4)", 4, 5),
        ("⭐️⭐️", 2, None),
        ("FIVE", 5, None),
        ("STAR_RATING_TWO", 2, None),
        ("drei Sterne", 3, None),
        ("1,204", 1204, None),
    ],
)
def test_a_rating_is_read_as_it_is_written(cell: str, value: float, top: float | None) -> None:
    rating = rating_of(cell)
    assert rating is not None
    assert (rating.value, rating.top) == (value, top)


@pytest.mark.parametrize(
    "cell", ["", "good", "2024-05-01", "12/10", "★ shop", "v1.2", "4 apples", "five guys went there"]
)
def test_anything_else_is_no_rating(cell: str) -> None:
    assert rating_of(cell) is None


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ("1 2 3 4 5", "1–5"),
        ("0.5 1.5 4 4.5", "1–5"),
        ("0 1 2 3 4 5", "1–5"),
        ("1 2 3 4", "1–4"),
        ("1 2 3", "1–3"),
        ("0 1 2", "0–2"),
        ("0 1 2 3 4", "0–4"),
        ("1 5 9 10", "1–10"),
        ("0 3 7 10", "0–10"),
        ("-2 -1 0 1 2", "-2–2"),
        ("20 45 80 95", "0–100"),
    ],
)
def test_the_scale_is_that_of_all_values(values: str, scale: str) -> None:
    assert str(find_scale(Counter(values.split() * 10), "rating", True)) == scale


@pytest.mark.parametrize("values", ["0.03 0.5 0.98", "1 2 3 14", "-3 0 1022", "1 2 2024", "0 3 17 250", "-0.8 0.9"])
def test_counts_and_probabilities_are_no_ratings(values: str) -> None:
    assert find_scale(Counter(values.split() * 10), "score", True) is None


def test_numbers_need_a_name_or_both_ends_of_the_stars() -> None:
    assert find_scale(Counter("1 2 3 4".split() * 10), "size", False) is None
    assert str(find_scale(Counter("1 2 3 4 5".split() * 10), "column 2", False)) == "1–5"


@pytest.mark.parametrize(("count", "scale", "sure"), [(2, "1–5", False), (10, "1–4", False)])
def test_where_a_scale_ends_is_in_doubt_if_no_value_says_so(count: int, scale: str, sure: bool) -> None:
    found = find_scale(Counter("1 2 3 4".split() * count), "stars", True)
    assert found is not None
    assert (str(found), found.sure) == (scale, sure)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (1, 5, "1–2 negative, 4–5 positive, 3 left out"),
        (1, 10, "1–4 negative, 7–10 positive, 5–6 left out"),
        (0, 10, "0–3 negative, 7–10 positive, 4–6 left out"),
        (1, 4, "1–2 negative, 3–4 positive"),
        (0, 2, "0 negative, 2 positive, 1 left out"),
    ],
)
def test_the_lowest_third_is_negative_and_the_highest_positive(low: float, high: float, words: str) -> None:
    assert make_scale(low, high).words() == words


def test_promoters_and_detractors_have_a_convention_of_their_own() -> None:
    found = find_scale(Counter("0 6 7 9 10".split() * 9), "nps score", True)
    assert found is not None
    assert [found.polarity(value) for value in (6, 7, 8, 9)] == [-1, 0, 0, 1]


@given(low=st.integers(-5, 3), width=st.integers(1, 100))
def test_polarity_never_falls_and_both_ends_have_one(low: int, width: int) -> None:
    scale = make_scale(low, low + width)
    found = [scale.polarity(value) for value in range(low, low + width + 1)]
    assert found == sorted(found)
    assert (found[0], found[-1]) == (-1, 1)


@pytest.mark.parametrize("given", ["", "5", "5-1", "a-b", "1-5-9"])
def test_what_is_no_scale_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="--scale"):
        parse_scale(given)
