"""Which column is taken, what its labels mean, and what is asked: by kind, not by name of a data set."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from core.reviews.detect.polarity import meaning_of
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.report import ReadingReport

BAD = [f"The {thing} broke after {days} days of use" for thing in ("lid", "zip", "fan") for days in (2, 3, 4, 5)]
GOOD = [f"The {thing} is a joy after {days} years of use" for thing in ("lid", "zip", "fan") for days in (2, 3, 4, 5)]


def table(*columns: tuple[str, Any, Any], delimiter: str = ";") -> str:
    """Return a table with a column `review`, and others with a value for complaints and one for praise."""
    names = delimiter.join(["review", *(name for name, _, _ in columns)])
    rows = []
    for number, (bad, good) in enumerate(zip(BAD, GOOD, strict=True)):
        for text, at in ((bad, 1), (good, 2)):
            cells = [column[at](number) if callable(column[at]) else str(column[at]) for column in columns]
            rows.append(delimiter.join([text, *cells]))
    return "\n".join([names, *rows]) + "\n"


def flag(number: int) -> str:
    return str(number % 3 == 0).lower()


@pytest.mark.parametrize("name", ["verified", "is_early_access_review", "has_video", "IsFeatured", "incentivized"])
@pytest.mark.parametrize(
    ("bad", "good"),
    [
        ("Not Recommended", "Recommended"),
        ("not happy", "happy"),
        ("bad", "good"),
        ("No, I would not", "Yes, I would"),
        ("👎", "👍"),
        ("negativ", "positiv"),
        ("差评", "好评"),
        ("негативный", "позитивный"),
    ],
)
def test_a_flag_never_beats_a_verdict(read: Any, name: str, bad: str, good: str) -> None:
    report = read(table((name, flag, flag), ("outcome", bad, good))).report
    assert report.label_column == "outcome"
    assert list(report.class_counts.values()) == [12, 12]


@pytest.mark.parametrize(
    "name", ["verified", "has_video", "store_id", "upvotes", "helpful_votes", "hour", "confidence"]
)
def test_what_is_never_a_label_is_not_taken_for_one(read: Any, name: str) -> None:
    assert read(table((name, lambda n: str(n % 2), lambda n: str(n % 2)))).report.label_column is None


@pytest.mark.parametrize(
    ("name", "false", "true"),
    [
        ("is_bad_review", "positive", "negative"),
        ("dissatisfied", "positive", "negative"),
        ("isNegative", "positive", "negative"),
        ("not_recommended", "positive", "negative"),
        ("satisfied", "negative", "positive"),
        ("would recommend", "negative", "positive"),
        ("is_spam", "not spam", "spam"),
        ("churn", "not churn", "churn"),
        ("toxic", "not toxic", "toxic"),
        ("label", "negative", "positive"),
    ],
)
def test_what_1_means_is_in_the_name(read: Any, name: str, false: str, true: str) -> None:
    reviews = read(table((name, 1, 0)))
    assert [reviews.label_names[index] for index in reviews.labels[:2]] == [true, false]
    assert meaning_of(name).true == true


def test_a_name_that_says_nothing_good_is_asked_about(read: Any) -> None:
    content = table(("outcome_7", 1, 0))
    report = read(content).report
    assert set(report.class_counts) == {"0", "1"}
    (doubt,) = report.doubts
    ways = [ReadingOptions.model_validate(changes) for changes in doubt.ways.values()]
    firsts = [read(content, **way.model_dump(exclude_unset=True)) for way in ways]
    assert {reviews.label_names[reviews.labels[0]] for reviews in firsts} == {"positive", "negative"}


@pytest.mark.parametrize(("column", "word"), [("label", "custom"), ("stars", "highest")])
def test_every_way_of_a_doubt_can_be_read(read: Any, column: str, word: str) -> None:
    content = table((column, 1, 4 if column == "stars" else 0))
    (doubt,) = read(content).report.doubts
    assert word in doubt.sentence
    for changes in doubt.ways.values():
        assert not [one for one in read(content, **changes).report.doubts if one.sentence == doubt.sentence]


def test_typing_slips_are_asked_about_and_can_be_joined(read: Any) -> None:
    content = table(("label", lambda n: "negitive" if n == 3 else "negative", "positive"))
    (doubt,) = read(content).report.doubts
    assert "negitive" in doubt.sentence
    (way,) = doubt.ways.values()
    assert read(content, **way).report.class_counts == {"negative": 12, "positive": 12}


@pytest.mark.parametrize("missing", [r"\N", "#N/A", "undefined", "unlabeled", "(null)", ".", "NaN", "null", "—"])
def test_spellings_of_nothing_are_no_class(read: Any, missing: str) -> None:
    report = read(table(("sentiment", lambda n: missing if n < 2 else "negative", "positive"))).report
    assert report.left_out == {"missing label": 2}


def test_minus_one_is_no_label_beside_classes_and_bad_beside_opinions(read: Any) -> None:
    values = table(("label", lambda n: "-1" if n < 3 else "0", 1))
    assert read(values).report.left_out == {"missing label": 3}
    assert read(values, label_names={"-1": "other"}).report.class_counts["other"] == 3
    opinions = read(table(("sentiment", -1, lambda n: str(n % 2))))
    assert opinions.label_names == ["negative", "neutral", "positive"]


@pytest.mark.parametrize("spell", ['["{}"]', "['{}']", "{}  ", "\u200b{}", "{}\ufe0f"])
def test_labels_are_taken_out_of_lists_and_blanks(read: Any, spell: str) -> None:
    content = table(("label", spell.format("negative"), spell.format("positive")), delimiter="\t")
    assert read(content, ".tsv").report.class_counts == {"negative": 12, "positive": 12}


@pytest.mark.parametrize("several", ["price,quality", "price|quality", '["price", "quality"]'])
def test_several_labels_in_a_cell_are_left_out_and_said(read: Any, several: str) -> None:
    content = table(("labels", lambda n: several if n % 2 else "price", "quality"), delimiter="\t")
    report = read(content, ".tsv").report
    assert report.left_out == {"several labels in one cell": 6}
    assert any("several labels" in notice for notice in report.notices)


def test_rejected_labels_are_the_opposite_and_ignored_ones_are_left_out(read: Any) -> None:
    content = table(("label", "good", "good"), ("answer", lambda n: "reject" if n else "ignore", "accept"))
    report = read(content).report
    assert report.class_counts == {"not good": 11, "good": 12}
    assert report.left_out == {"ignored by the annotator": 1}


def test_names_beside_numbers_are_the_classes(read: Any) -> None:
    report = read(table(("label", 0, 1), ("label_text", "bad", "good"))).report
    assert (report.label_column, report.label_names) == ("label_text", ["bad", "good"])


@pytest.mark.parametrize(
    "other",
    [
        ("product_description", "A kettle of brushed steel, 1.7 litres, with a filter and a guarantee of two years"),
        ("developer_response", "Thank you for this long review, we are going to look into all of it very soon"),
        ("url", "https://shop.invalid/kettles/with/a/very/long/name/that/goes/on/and/on/and/on/and/on"),
        ("tags", "kettle, steel, kitchen, tea, coffee, water, hot, electric, cordless, silver, new, best"),
        ("meta", '{"a": 1, "b": "a very long string that goes on and on and on and on and on", "c": [1, 2]}'),
    ],
)
def test_other_texts_are_no_reviews(read: Any, other: tuple[str, str]) -> None:
    name, value = other
    content = table((name, lambda n: f"{value} {n}", lambda n: f"{value} {n + 20}"), ("stars", 1, 5), delimiter="\t")
    assert read(content.replace("review\t", "customer_words\t", 1), ".tsv").report.text_column == "customer_words"


@pytest.mark.parametrize(
    ("praise", "blame"), [("pros", "cons"), ("Positive_Review", "Negative_Review"), ("liked", "disliked")]
)
def test_two_halves_are_joined_with_their_names(read: Any, praise: str, blame: str) -> None:
    lines = [
        f"{praise}\t{blame}\tstars",
        *(f"{g}\t{b}\t{n % 5 + 1}" for n, (g, b) in enumerate(zip(GOOD, BAD, strict=True))),
    ]
    lines.append("No Positive\tThe handle fell off on the way home\t1")
    reviews = read("\n".join(lines) + "\n", ".tsv")
    assert reviews.report.text_column == f"{praise} + {blame}"
    assert GOOD[0] in reviews.text(0) and BAD[0] in reviews.text(0)
    assert "No Positive" not in reviews.text(len(reviews) - 1)
    assert any("joins the two halves" in notice for notice in reviews.report.notices)
    one = read("\n".join(lines) + "\n", ".tsv", text=blame)
    assert one.text(0) == BAD[0]


def test_labels_that_come_late_are_found(read: Any) -> None:
    rows = [f"It is review number {n} of many;" for n in range(1_200)]
    rows += [f"It is a late review, number {n};{('bad', 'good')[n % 2]}" for n in range(40)]
    report = read("text;verdict\n" + "\n".join(rows) + "\n").report
    assert (report.label_column, report.kept) == ("verdict", 40)


def described(report: ReadingReport) -> tuple[Any, ...]:
    roles = report.text_column, report.title_column, report.label_column, report.scheme, report.meaning
    return *roles, dict(sorted(report.class_counts.items())), [one.sentence for one in report.doubts], report.candidates


@pytest.mark.parametrize("seed", range(8))
def test_neither_the_order_of_rows_nor_that_of_columns_matters(read: Any, seed: int) -> None:
    columns = [
        ("rating", lambda n: str(n % 2 + 1), lambda n: str(n % 2 + 4)),
        ("recommended", lambda n: "no", lambda n: "yes"),
        ("verified", flag, flag),
        ("summary", lambda n: f"Bad thing {n}", lambda n: f"Good thing {n}"),
        ("votes", str, str),
    ]
    content = table(*columns)
    rows = [line.split(";") for line in content.splitlines()]
    chance = random.Random(seed)
    order = chance.sample(range(len(rows[0])), len(rows[0]))
    body = chance.sample(rows[1:], len(rows) - 1)
    shuffled = "\n".join(";".join(row[at] for at in order) for row in [rows[0], *body]) + "\n"
    assert described(read(shuffled).report) == described(read(content).report)


@pytest.mark.parametrize(("name", "title"), [("summary", "summary"), ("review_title", "review_title"), ("title", None)])
def test_a_title_that_repeats_is_a_products_unless_its_name_says_that_it_is_a_reviews(
    tmp_path: Path, name: str, title: str | None
) -> None:
    rows = [f"This is what number {row} said about it,Title {row % 5},{row % 2}" for row in range(60)]
    path = tmp_path / "reviews.csv"
    path.write_text("\n".join([f"review,{name},label", *rows]))
    assert read_reviews(path).report.title_column == title
