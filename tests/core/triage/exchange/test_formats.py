"""What a format writes, it reads back, and writes again byte by byte; what it cannot read is told with its line."""

from __future__ import annotations

import json

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.text import STEERING, clean
from core.triage.exchange.formats.base import Entry
from core.triage.exchange.formats.registry import FORMATS, format_of
from core.triage.exchange.record import Record
from tests.core.triage.exchange.made import records

NAMES = sorted(FORMATS)
BASE = Record(text="works well", label="positive", predicted="positive", probability=0.75, hash="ab" * 8, line=2)


def entries(name: str, content: str) -> list[Entry]:
    return list(FORMATS[name].read(content))


@settings(max_examples=40)
@given(found=records())
def test_what_is_read_is_written_again_byte_by_byte(found: list[Record]) -> None:
    for name in NAMES:
        content = FORMATS[name].write(found)
        content.encode()
        read = entries(name, content)
        assert [one.problem for one in read] == [""] * len(found)
        back = [one.record for one in read if one.record is not None]
        assert FORMATS[name].write(back) == content
        if found:
            assert format_of(content) is FORMATS[name]
        if name != "csv":
            assert back == found
            continue
        assert not {ord(letter) for letter in content} & (STEERING - {0x0A, 0x09})
        for one, again in zip(found, back, strict=True):
            assert (again.text, again.label) == (clean(one.text), clean(one.label))
            assert (again.hash, again.probability, again.time) == (one.hash, one.probability, one.time)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(
    content=st.text(max_size=200) | st.sampled_from(("[" * 100_000, "{" * 100_000, "[{}]", "[1, 2", "null", '{"a":'))
)
def test_no_content_is_more_than_a_sentence(name: str, content: str) -> None:
    assert format_of(content) is None or format_of(content) in FORMATS.values()
    try:
        for one in FORMATS[name].read(content):
            assert (one.record is None) == bool(one.problem)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize("name", ["csv", "jsonl", "prodigy"])
def test_a_line_that_cannot_be_read_is_told_and_the_others_are_read(name: str) -> None:
    lines = FORMATS[name].write([BASE, BASE, BASE]).splitlines(keepends=True)
    damaged = len(lines) - 2
    content = "".join([*lines[:damaged], lines[damaged][:20] + "\n", *lines[damaged + 1 :]])
    read = entries(name, content)
    assert [one.record is None for one in read] == [False, True, False]
    assert read[1].line == damaged + 1 and read[1].problem


@pytest.mark.parametrize("name", ["label-studio", "argilla"])
def test_a_record_that_is_none_is_told_with_its_line(name: str) -> None:
    lines = FORMATS[name].write([BASE, BASE]).splitlines()
    content = "\n".join([lines[0], lines[1], '{"data": {}, "fields": []},', lines[2], lines[3]])
    read = entries(name, content)
    assert [(one.line, one.record is None) for one in read] == [(2, False), (3, True), (4, False)]


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"probability": 1.5}, "between 0 and 1"),
        ({"label": ""}, "no label"),
        ({"state": "dunno"}, "state"),
        ({"seconds": "long"}, "seconds"),
        ({"label": None}, "no label"),
        ({"time": "yesterday"}, "yesterday"),
    ],
)
def test_a_value_that_cannot_be_is_named(values: dict[str, object], why: str) -> None:
    (one,) = entries("jsonl", FORMATS["jsonl"].write([BASE]))
    assert one.record is not None
    item = json.loads(FORMATS["jsonl"].write([BASE])) | values
    (found,) = entries("jsonl", json.dumps(item))
    assert found.record is None and why in found.problem and found.text == "works well"


@pytest.mark.parametrize("name", ["label-studio", "prodigy", "argilla"])
def test_what_a_model_labelled_is_nobodys_annotation(name: str) -> None:
    by_model = msgspec.structs.replace(BASE, source="model", seconds=2.5)
    content = FORMATS[name].write([BASE, by_model])
    items = json.loads(content) if content.startswith("[") else [json.loads(line) for line in content.splitlines()]
    given = [bool(one.get("annotations") or one.get("accept") or one.get("responses")) for one in items]
    assert given == [True, False]
    assert [one.record for one in entries(name, content)] == [BASE, by_model]
    own = items[0]  # somebody labels the second one in the other tool: the label is theirs
    theirs = {key: own[key] for key in ("annotations", "accept", "answer", "responses") if key in own}
    changed = {**items[1], **theirs}
    (found,) = entries(name, json.dumps([changed] if content.startswith("[") else changed))
    assert found.record is not None and (found.record.source, found.record.label) == ("human", "positive")
