"""Values that each hold several reviews: pages of an export, tables in arrays, products with the reviews they got."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.reviews.detect.names import TEXT_NAMES, plain

_MOST = 0.5
"""The share of records that must be so."""
_FEWEST, _WORDS, _LONG = 4, 4, 40
"""Keys, and words or characters of a text that is one."""


def several_reviews_in(records: Sequence[Mapping[str, Any]]) -> str:
    """Return where in most of these records there are several reviews; empty if each is one review.

    Args:
        records: The first records of a file, with dotted keys.
    """
    found = [next(_several(record), "") for record in records]
    places = list(filter(None, found))
    return places[0] if len(places) > _MOST * len(records) else ""


def keys_are_texts(records: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether the only record is an object whose keys are texts, and whose values their labels."""
    if len(records) != 1:
        return False
    [record] = records
    prose = sum(len(key.split()) >= _WORDS or len(key) >= _LONG for key in record)
    short = all(not isinstance(value, str) or len(value.split()) <= _WORDS for value in record.values())
    return len(record) >= _FEWEST and short and prose > _MOST * len(record)


def _several(record: Mapping[str, Any]) -> Iterator[str]:
    """Yield keys under which a record has several texts, if it has none of its own."""
    texts = [key for key in record if plain(key.rpartition(".")[2]) in TEXT_NAMES]
    single = [key for key in texts if _is_prose(record[key])]
    numbered = [key for key in single if key.split(".")[0].isdecimal()]
    yield from numbered[1:2]
    if len(single) == len(numbered):
        yield from (key for key in texts if _proses(record[key]) > 1)
        yield from (key for key in record if _rows_in(record[key]) > 1)
    columns: dict[str, list[str]] = {}
    for key in record:
        column, _, row = key.rpartition(".")
        if row.isdecimal() and (not column or plain(column) in TEXT_NAMES) and _is_prose(record[key]):
            columns.setdefault(column, []).append(key)
    yield from (keys[1] for keys in columns.values() if len(keys) > 1)


def _is_prose(value: Any) -> bool:
    return isinstance(value, str) and len(value.split()) > 1


def _proses(value: Any) -> int:
    return sum(map(_is_prose, value)) if isinstance(value, list) else 0


def _rows_in(value: Any) -> int:
    """Return how many lists with prose are in a list."""
    return sum(map(is_row, value)) if isinstance(value, list) else 0


def is_row(value: Any) -> bool:
    """Return whether a value is a list of several cells, among them a text."""
    return isinstance(value, list) and len(value) > 1 and _proses(value) > 0
