"""Reviews are found in whatever shape JSON has, each exactly once, and what is not read is said."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError

quick = settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40).map("It is ".__add__)
rows = st.lists(st.tuples(texts, st.sampled_from([0, 1])), min_size=3, max_size=12)
Pairs = list[tuple[str, int]]


def records(pairs: Pairs) -> list[dict[str, Any]]:
    return [{"text": text, "label": label} for text, label in pairs]


def lines(values: list[Any], between: str = "\n", **how: Any) -> str:
    return between.join(json.dumps(value, **how) for value in values)


def under(*keys: str, value: Any) -> str:
    for key in reversed(keys):
        value = {key: value}
    return json.dumps(value)


SHAPES = {
    "objects of several lines, one after another": lambda pairs: lines(records(pairs), indent=2),
    "objects without line ends": lambda pairs: lines(records(pairs), ""),
    "objects with commas between them": lambda pairs: lines(records(pairs), ",\n"),
    "arrays one after another": lambda pairs: lines([records(pairs[:2]), records(pairs[2:])], indent=1),
    "lines of lists below a header": lambda pairs: lines([["text", "label"], *map(list, pairs)]),
    "rows with their columns beside them": lambda pairs: json.dumps(
        {"columns": ["text", "label"], "index": list(range(len(pairs))), "data": pairs}
    ),
    "records by index": lambda pairs: json.dumps({str(at): one for at, one in enumerate(records(pairs))}),
    "records by id": lambda pairs: json.dumps({f"r{at}": one for at, one in enumerate(records(pairs))}),
    "deep inside": lambda pairs: under("response", "data", "reviews", value=records(pairs)),
    "parts": lambda pairs: json.dumps({"test": records(pairs[:1]), "train": records(pairs)}),
    "converted from XML": lambda pairs: under(
        "feed", "entry", value=[{"text": {"label": text}, "label": {"label": str(label)}} for text, label in pairs]
    ),
    "features": lambda pairs: json.dumps(
        {"type": "FeatureCollection", "features": [{"type": "Feature", **one} for one in records(pairs)]}
    ),
}


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ""])
@pytest.mark.parametrize("shape", SHAPES)
@quick
@given(pairs=rows)
def test_every_review_is_read_once_and_in_order(read: Any, shape: str, suffix: str, pairs: Pairs) -> None:
    if suffix == "" and shape == "lines of lists below a header":
        suffix = ".jsonl"
    reviews = read(SHAPES[shape](pairs), suffix)
    assert reviews.texts(range(len(reviews))) == [text for text, _ in pairs]
    assert [reviews.label_names[index] for index in reviews.labels] == [
        ("negative", "positive")[label] for _, label in pairs
    ]


def test_only_the_training_part_is_read_and_that_is_said(read: Any) -> None:
    content = json.dumps({"test": records([("It is kept.", 1)] * 3), "train": records([("It is read.", 0)] * 2)})
    report = read(content, ".json").report
    assert report.rows == 2
    assert any("“test” (3)" in notice for notice in report.notices)
    assert read(content, ".json", table="test").report.rows == 3
    with pytest.raises(InputError, match=r"no array or object “dev”; it has test, train\. Change --table"):
        read(content, ".json", table="dev")


@pytest.mark.parametrize("as_record", [False, True])
def test_the_key_above_reviews_is_their_label(read: Any, as_record: bool) -> None:
    good, bad = ["It is a good one", "It is fine"], ["It is a bad one"]
    by_class = {"good": good, "bad": bad}
    content = {key: [{"text": text} for text in texts] for key, texts in by_class.items()} if as_record else by_class
    reviews = read(json.dumps(content), ".json")
    assert reviews.report.label_column == "label"
    assert reviews.texts(range(3)) == [*good, *bad]
    assert [reviews.label_names[index] for index in reviews.labels] == ["good", "good", "bad"]


def test_what_lies_beside_the_reviews_is_named(read: Any) -> None:
    content = {"products": [{"sku": 1, "price": 2}], "reviews": records([("It is good", 1), ("It is bad", 0)])}
    report = read(json.dumps(content), ".json").report
    assert (report.rows, report.text_column) == (2, "text")
    assert any("Not read: “products” (1)" in notice for notice in report.notices)


def test_a_conversation_is_opened_into_a_column_for_each_role(read: Any) -> None:
    talks = [
        {"messages": [{"role": "user", "content": f"It is {word}"}, {"role": "assistant", "content": word}]}
        for word in ("negative", "positive", "negative")
    ]
    reviews = read(lines(talks), ".jsonl")
    assert (reviews.report.text_column, reviews.report.label_column) == ("messages.user", "messages.assistant")
    assert reviews.text(1) == "It is positive"


def test_keys_inside_lists_of_objects_are_columns_and_lists_stay_lists(read: Any) -> None:
    tasks = [
        {"data": {"text": f"It is review {at}"}, "annotations": [{"result": [{"value": {"choices": [word]}}]}]}
        for at, word in enumerate(["bad", "good", "bad"])
    ]
    columns = {column.name: column.examples for column in read(json.dumps(tasks), ".json").report.columns}
    assert columns["annotations.result.value.choices"] == ['["bad"]', '["good"]']


def test_a_key_that_clashes_with_an_opened_one_is_kept(read: Any) -> None:
    report = read(lines([{"a.b": "It is the first", "a": {"b": "It is the second"}}] * 2), ".jsonl").report
    assert {column.name for column in report.columns} == {"a.b", "a.b_2"}
