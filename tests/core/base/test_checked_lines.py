"""Checked lines: what was written comes back from strict JSON, and nothing else ever does."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.checked_lines import checked, decode, encode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def as_json(value: Any) -> Any:
    """The value as a journal gives it back: numbers that JSON lacks as words."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    return [as_json(item) for item in value] if isinstance(value, list) else value


@given(st.dictionaries(st.text(), JSON, min_size=1))
def test_all_fields_come_back_from_one_line_of_strict_json(record: dict[str, Any]) -> None:
    line = encode(record)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    json.loads(line, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    found = decode(line[:-1])
    assert found is not None and found.pop("crc32", None) in (None, record.get("crc32"))
    assert found == as_json({key: value for key, value in record.items() if key != "crc32"})


@pytest.mark.parametrize(
    "line", [b"", b"{}", b"null", b'{"kind": "step"}', b'{"a": 1, "crc32": "00000000"}', b"\xff\xfe", b', "crc32": "']
)
def test_a_line_without_its_checksum_is_no_record(line: bytes) -> None:
    assert decode(line) is None


def test_a_checked_line_is_the_object_without_its_checksum() -> None:
    assert checked(encode({"a": 1})[:-1]) == b'{"a": 1}'


def test_numbers_that_json_lacks_are_written_as_words() -> None:
    fields = {"loss": math.nan, "norm": math.inf, "low": -math.inf, "nested": {"list": [math.nan, (1.0, math.inf)]}}
    found = decode(encode(fields)[:-1])
    assert found == {"loss": "nan", "norm": "inf", "low": "-inf", "nested": {"list": ["nan", [1.0, "inf"]]}}


def test_lone_surrogates_which_strict_readers_refuse_are_replaced() -> None:
    assert decode(encode({"name\udcff": "caf\udce9 \U0001f4da"})[:-1]) == {"name\ufffd": "caf\ufffd \U0001f4da"}
