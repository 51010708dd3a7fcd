"""Broken JSON is read on after the break; whatever is not read is counted, told, or refused."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.formats.json.recovery import Beginnings, Unread, values
from core.reviews.formats.json.repeated_keys import RepeatedKeys
from core.reviews.formats.json.stream import JsonStream

RECORDS = [{"text": f"It is number {at}", "label": at % 2, "tags": [{"id": at}]} for at in range(6)]
json_values = st.recursive(
    st.none() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=12,
)


def written(content: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content.encode()), newline="\n")


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("indent", [None, 0, 1, "\t"])
@pytest.mark.parametrize("broken", range(6))
def test_one_broken_value_costs_itself_wherever_blocks_end(block: int, indent: int | str | None, broken: int) -> None:
    pieces = [json.dumps(record, indent=indent) for record in RECORDS]
    pieces[broken] = pieces[broken].replace(":", "", 1)
    content = f"[{', '.join(pieces)}]" if indent is None else "[\n" + ",\n".join(pieces) + "\n]"
    found = [value for _, value in values(JsonStream(written(content), block=block), Beginnings())]
    assert [value for value in found if value in RECORDS] == [*RECORDS[:broken], *RECORDS[broken + 1 :]]
    assert any(isinstance(value, Unread) for value in found)


def test_the_lines_of_a_stretch_are_listed(read: Any) -> None:
    content = json.dumps(RECORDS, indent=1).replace('"label": 1', '"label" 1', 1)
    reviews = read(content, ".json")
    (skipped,) = reviews.report.skipped
    assert (skipped.line, skipped.reason) == (11, "broken JSON, lines 11–19")
    assert reviews.report.left_out == {"broken JSON": 1} and len(reviews) == 5
    (account,) = reviews.report.accounts
    assert (account.unit, account.total) == ("values", 6)


def test_objects_after_a_broken_one_on_the_same_line_are_read(read: Any) -> None:
    pieces = [json.dumps({"text": f"It is number {at}", "label": at % 2}) for at in range(6)]
    pieces[2] = pieces[2].replace(",", "", 1)
    report = read("".join(pieces), ".jsonl").report
    assert (report.kept, report.left_out) == (5, {"broken JSON": 1})


def test_texts_on_lines_of_their_own_are_read_after_a_broken_one(read: Any) -> None:
    report = read('[\n "It is one",\n "It is "two",\n "It is three",\n "It is four"\n]', ".json").report
    assert (report.kept, report.left_out) == (3, {"broken JSON": 1})


def test_what_cannot_be_told_apart_is_refused(read: Any) -> None:
    with pytest.raises(InputError, match="is broken on line 1, and where its next value begins cannot be told"):
        read('["It is one", "It is "two", "It is three"]', ".json")


def test_a_missing_comma_and_a_missing_end_are_told(read: Any) -> None:
    one, two, three = (json.dumps({"text": f"It is number {at}"}) for at in range(3))
    report = read(f"[{one}\n{two},\n{three}]", ".json").report
    assert report.kept == 3 and "no comma before the values on these lines" in report.notices[0]
    report = read(f"[{one},\n{two},\n{three}", ".json").report
    assert report.kept == 3 and "ends in the middle of an array" in report.notices[0]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ({"text": ["It is one", "It is two"], "label": [1]}, r"different lengths \(“text” 2, “label” 1 values\)"),
        ({"text": {"0": "It is a", "1": "It is b"}, "label": {"0": 1, "2": 0}}, "number their rows differently"),
        ([{"reviews": [{"text": "It is one"}, {"text": "It is two"}]}], "several reviews in one value"),
        ([[["It is one", 1], ["It is two", 0]]], "rows within rows"),
    ],
)
def test_cells_that_do_not_belong_together_are_not_put_together(read: Any, value: object, why: str) -> None:
    with pytest.raises(InputError, match=why):
        read(json.dumps(value), ".json")


def test_a_repeated_key_is_told_with_its_place(read: Any) -> None:
    lines = ['{"text": "It is a: \\":", "label": 1}', '{"text": "It is b", "label": 1, "label": 0}'] * 2
    for content, suffix in (("\n".join(lines), ".jsonl"), (f"[{','.join(lines)}]", ".json")):
        (notice,) = (one for one in read(content, suffix).report.notices if "more than once" in one)
        assert "2 values have a key more than once" in notice and "(“label”; first on line" in notice
    report = read('{"text": "It is a", "text": "It is a"}\n' * 2, ".jsonl").report
    assert not any("more than once" in notice for notice in report.notices)


@given(json_values.filter(lambda value: isinstance(value, dict | list)), st.sampled_from([": ", ":", " : "]))
def test_no_key_is_called_repeated_that_is_not(value: Any, colon: str) -> None:
    text = json.dumps(value, separators=(",", colon))
    repeated = RepeatedKeys()
    repeated.check(1, value, text, 0, len(text))
    assert repeated.notice("a") == ""


@given(st.text(max_size=4), json_values, json_values, st.sampled_from([": ", ":", " : "]))
def test_any_repeated_key_is_found(key: str, first: Any, second: Any, colon: str) -> None:
    written = [f"{json.dumps(key)}{colon}{json.dumps(value)}" for value in (first, second)]
    text = f"[{{{','.join(written)}}}]"
    repeated = RepeatedKeys()
    repeated.check(1, json.loads(text), text, 0, len(text))
    assert (repeated.notice("a") != "") == (first != second)
