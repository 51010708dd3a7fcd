"""The id of a review stays with it: in every format, whatever rows are left out, however often chunks meet."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.reviews.reading import Reviews
from tests.core.reviews.kinds.containers import database, open_document, parquet, workbook
from tests.core.reviews.kinds.made import lines, table
from tests.core.reviews.properties.hostile_tables import EVERY_TIME, read, texts

NAMES = ("review_id", "text", "label", "sku")
Row = tuple[str, str, str, str]


def rows_of(count: int, without_text: set[int], without_label: set[int]) -> list[Row]:
    return [
        (
            f"R{number:06}",
            "" if number in without_text else f"It is number {number}, and it is {('bad', 'good')[number % 2]}",
            "" if number in without_label else ("negative", "positive")[number % 2],
            f"00{number % 7}",
        )
        for number in range(count)
    ]


def written(rows: list[Row], suffix: str) -> bytes:
    records = [dict(zip(NAMES, row, strict=True)) for row in rows]
    match suffix:
        case ".csv":
            return table(NAMES, rows).encode()
        case ".jsonl":
            return lines(records).encode()
        case ".json":
            return json.dumps(records, indent=1).encode()
        case ".parquet":
            return parquet({name: [row[name] for row in records] for name in NAMES})
        case ".xlsx":
            return workbook({"S": [list(NAMES), *map(list, rows)]})
        case ".ods":
            return open_document([list(NAMES), *map(list, rows)])
    return database({"reviews": [NAMES, *rows]})


def require_ids(found: Reviews | None) -> None:
    assert found is not None
    assert {"review_id", "sku"} <= set(found.source_columns)
    for row, text in enumerate(texts(found)):
        number = int(text.split()[3].rstrip(","))
        assert found.source_cells(row, ["review_id", "sku"]) == [f"R{number:06}", f"00{number % 7}"]


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json", ".parquet", ".xlsx", ".ods", ".db"])
def test_ids_stay_with_their_reviews(suffix: str) -> None:
    @settings(EVERY_TIME, max_examples=12)
    @given(st.sets(st.integers(0, 29), max_size=8), st.sets(st.integers(0, 29), max_size=8))
    def attack(without_text: set[int], without_label: set[int]) -> None:
        found = read(written(rows_of(30, without_text, without_label), suffix), suffix)
        require_ids(found)
        assert found is not None
        assert len(found) == 30 - len(without_text | without_label)

    attack()


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_ids_stay_where_chunks_meet(suffix: str) -> None:
    require_ids(read(written(rows_of(9_001, {3_999, 4_000}, set(range(4_001, 4_010))), suffix), suffix))
