"""What two labels mean is asked where texts, ratings or names speak against the custom, and not of the usual file."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.reviews.detect.evidence import Praise, lean_of
from core.reviews.detect.opinions import opinions_in
from tests.core.reviews.kinds.made import reviews, table

_PRAISE = ("I love it, great", "Excellent and perfect", "Wonderful, we recommend it", "A best buy, very happy")
_BLAME = ("Terrible, it broke", "The worst, awful", "Very disappointed, poor", "It is useless junk")
Cell = Callable[[int], object]
OPINIONS = [(f"{text} ({n})", good) for n in range(20) for good, said in ((1, _PRAISE), (0, _BLAME)) for text in said]


def scheme_doubts(read: Any, column: str, label: Cell, *more: tuple[str, Cell]) -> Any:
    rows = [(text, label(good), *(cell(good) for _, cell in more)) for text, good in OPINIONS]
    report = read(table(["text", column, *(name for name, _ in more)], rows)).report
    return [doubt for doubt in report.doubts if doubt.about == "scheme"], report


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "pl", "ru", "zh", "ja", "ko"])
def test_the_usual_file_raises_no_question(read: Any, language: str) -> None:
    rows = [(text, int(good)) for text, good in reviews(60, language)]
    assert read(table(["text", "label"], rows)).report.doubts == []
    assert scheme_doubts(read, "label", lambda good: good)[0] == []


def test_a_label_that_praises_with_0_is_asked_about_and_the_answer_works(read: Any) -> None:
    (doubt,), report = scheme_doubts(read, "label", lambda good: 1 - good)
    assert "the texts say the opposite" in doubt.sentence and report.class_counts == {"negative": 80, "positive": 80}
    rows = [(text, 1 - good) for text, good in OPINIONS]
    found = read(table(["text", "label"], rows), label_names=doubt.ways["1 is negative"]["label_names"])
    assert [found.label_names[index] for index in found.labels[:5]] == ["positive"] * 4 + ["negative"]


def test_a_label_that_has_nothing_to_do_with_praise_is_asked_about(read: Any) -> None:
    turns = itertools.count()
    (doubt,), _ = scheme_doubts(read, "label", lambda good: next(turns) % 2)
    assert "praise and blame alike" in doubt.sentence and "0 and 1 are classes of their own" in doubt.ways


def test_ratings_beside_a_label_count_more_than_texts(read: Any) -> None:
    stars = ("stars", lambda good: 1 if good else 5)
    (doubt,), _ = scheme_doubts(read, "label", lambda good: good, stars)
    assert "the ratings in “stars” say the opposite" in doubt.sentence
    average = ("average_rating", lambda good: 1 if good else 5)
    assert scheme_doubts(read, "label", lambda good: good, average)[0] == []


def test_a_name_of_another_question_is_asked_about_unless_the_texts_say_that_1_is_praise(read: Any) -> None:
    other = ("toxicity_score", lambda good: 0.5)
    rows = [(text, int(good), 0.5) for text, good in reviews(40)]
    (doubt,) = read(table(["text", "label", "toxicity_score"], rows)).report.doubts
    assert "the name “toxicity_score” suggests another question" in doubt.sentence
    assert scheme_doubts(read, "label", lambda good: good, other)[0] == []


@pytest.mark.parametrize("turned", [False, True])
def test_where_the_name_says_nothing_the_texts_suggest_the_first_answer(read: Any, turned: bool) -> None:
    (doubt,), report = scheme_doubts(read, "flag_a", lambda good: good ^ turned)
    assert f"By the texts, {int(not turned)} is positive." in doubt.sentence and set(report.class_counts) == {"0", "1"}
    assert next(iter(doubt.ways)) == ("1 is negative" if turned else "1 is positive")


@pytest.mark.parametrize(
    ("text", "praise", "blame"),
    [
        ("Great, and I love it", 2, 0),
        ("It is not good", 0, 1),
        ("Not bad at all", 1, 0),
        ("Nicht gut, sehr enttäuscht", 0, 2),
        ("Très bon, je recommande", 2, 0),
        ("No lo recomiendo, es malo", 0, 2),
        ("非常满意，物超所值，值得推荐", 3, 0),
        ("质量太差了，不推荐", 0, 2),
        ("最悪です。すぐに壊れました", 0, 2),
        ("아주 만족합니다", 1, 0),
        ("Ужасно, очень плохо", 0, 2),
        ("A box of wood", 0, 0),
    ],
)
def test_opinions_are_counted_and_negations_turn_them_around(text: str, praise: int, blame: int) -> None:
    assert opinions_in(text) == (praise, blame)


@given(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500), st.integers(0, 500))
def test_the_lean_turns_with_its_sides_and_with_praise_and_blame(a: int, b: int, c: int, d: int) -> None:
    turned = {"higher": "lower", "lower": "higher"}
    lean = lean_of(Praise(a, b), Praise(c, d))
    assert lean_of(Praise(c, d), Praise(a, b)) == turned.get(lean, lean)
    assert lean_of(Praise(b, a), Praise(d, c)) == turned.get(lean, lean)


def test_a_rating_of_three_points_raises_one_question(read: Any) -> None:
    rows = [(text, 2 if good else (0, 1)[n % 2]) for n, (text, good) in enumerate(reviews(24))]
    (doubt,) = read(table(["text", "score"], rows)).report.doubts
    assert "each rating is a class of its own" in doubt.sentence and len(doubt.ways) == 3


def test_a_class_with_one_text_is_named(read: Any) -> None:
    rows = [(text, "good" if good else "bad") for text, good in reviews(40)]
    said = " ".join(read(table(["text", "label"], [*rows, *[("It is so so", "meh")] * 3])).report.notices)
    assert "The class “meh” has one text only" in said
    assert "one text" not in " ".join(read(table(["text", "label"], rows)).report.notices)
    alone = " ".join(read(table(["text"], [["It is so so, really"]] * 9)).report.notices)
    assert "one text" not in alone
