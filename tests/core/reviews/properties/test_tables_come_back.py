"""A table comes back as it was written, whoever wrote it, or is refused; nothing is lost or altered in silence."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pyarrow import ipc

from tests.core.reviews.kinds.containers import database, open_document, workbook
from tests.core.reviews.kinds.made import Review, table
from tests.core.reviews.properties.hostile_tables import (
    EVERY_TIME,
    hostile_rows,
    read,
    require_equal_or_counted,
    texts,
)

DELIMITERS = (",", ";", "\t", "|")
QUOTED = (csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)
NO_CONTROLS = "\x0b\x0c\x85\ufeff"
"""What XML has no place for, or readers of spreadsheets take away."""


def written(rows: list[Review], **dialect: Any) -> bytes:
    return table(["text", "label"], [(text, int(good)) for text, good in rows], **dialect).encode()


@EVERY_TIME
@given(hostile_rows(), st.sampled_from(DELIMITERS), st.sampled_from(QUOTED), st.sampled_from(("\n", "\r\n")))
def test_what_the_module_csv_writes_by_default_comes_back(
    rows: list[Review], delimiter: str, quoting: int, end: str
) -> None:
    found = read(written(rows, delimiter=delimiter, quoting=quoting, lineterminator=end))
    require_equal_or_counted(found, rows)


@EVERY_TIME
@given(hostile_rows(), st.sampled_from(DELIMITERS), st.sampled_from(QUOTED))
def test_what_is_said_of_a_dialect_is_kept_to(rows: list[Review], delimiter: str, quoting: int) -> None:
    content = written(rows, delimiter=delimiter, quoting=quoting)
    found = read(content, delimiter=delimiter, quoting="standard", encoding="utf-8", header=True)
    assert found is not None
    assert texts(found) == [review.text for review in rows]


@EVERY_TIME
@given(hostile_rows(), st.sampled_from(DELIMITERS), st.sampled_from((csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC)))
def test_escaped_quotes_come_back(rows: list[Review], delimiter: str, quoting: int) -> None:
    """If there are any: where no quotation mark is escaped, nothing shows that backslashes are."""
    rows[3:3] = [Review(f'The label says "{n}", which is wrong', False) for n in range(3)]
    content = written(rows, delimiter=delimiter, quoting=quoting, doublequote=False, escapechar="\\")
    require_equal_or_counted(read(content), rows)


@EVERY_TIME
@given(hostile_rows(), st.sampled_from(DELIMITERS))
def test_said_backslashes_come_back(rows: list[Review], delimiter: str) -> None:
    content = written(rows, delimiter=delimiter, doublequote=False, escapechar="\\", quoting=csv.QUOTE_ALL)
    found = read(content, delimiter=delimiter, quoting="backslash", encoding="utf-8", header=True)
    assert found is not None
    assert texts(found) == [review.text for review in rows]


@EVERY_TIME
@given(hostile_rows(without="\n\r\t\\"))
def test_unquoted_tabs_come_back(rows: list[Review]) -> None:
    """Except where a mark may as well begin or end a field that is quoted."""
    assume(not any(text[-1] == '"' for text, _ in rows))
    content = "text\tlabel\n" + "".join(f"{text}\t{int(good)}\n" for text, good in rows)
    require_equal_or_counted(read(content.encode(), ".tsv"), rows)
    found = read(content.encode(), ".tsv", quoting="none", encoding="utf-8", header=True)
    assert found is not None
    assert texts(found) == [review.text for review in rows]


@EVERY_TIME
@given(hostile_rows(without="\n\r\x0b\x0c\x85\u2028\ufeff"), st.sampled_from(("\n", "\r\n", "\r")))
def test_lines_of_plain_text_come_back(rows: list[Review], end: str) -> None:
    found = read("".join(f"{text}{end}" for text, _ in rows).encode(), ".txt")
    if found is not None and found.report.format == "text":
        require_equal_or_counted(found, rows)


ORIENTATIONS = ("records", "lines", "columns", "index", "split", "table", "lists", "pretty", "wrapped")


def oriented(rows: list[Review], orientation: str, ascii_only: bool) -> bytes:
    """Return rows as JSON, as `DataFrame.to_json` and others orient it."""
    records = [{"text": text, "label": int(good)} for text, good in rows]
    keys = [str(place) for place in range(len(rows))]
    shapes: dict[str, object] = {
        "records": records,
        "columns": {name: {key: row[name] for key, row in zip(keys, records, strict=True)} for name in records[0]},
        "index": dict(zip(keys, records, strict=True)),
        "split": {"columns": ["text", "label"], "index": keys, "data": [list(row.values()) for row in records]},
        "table": {"schema": {"fields": [{"name": "text", "type": "string"}]}, "data": records},
        "lists": {name: [row[name] for row in records] for name in records[0]},
        "pretty": records,
        "wrapped": {"status": "ok", "total": len(rows), "reviews": records},
    }
    if orientation == "lines":
        return "".join(json.dumps(row, ensure_ascii=ascii_only) + "\n" for row in records).encode()
    indent = 2 if orientation == "pretty" else None
    return json.dumps(shapes[orientation], ensure_ascii=ascii_only, indent=indent).encode()


@EVERY_TIME
@given(hostile_rows(), st.sampled_from(ORIENTATIONS), st.booleans(), st.sampled_from((".json", ".jsonl")))
def test_json_comes_back_in_every_orientation(
    rows: list[Review], orientation: str, ascii_only: bool, suffix: str
) -> None:
    found = read(oriented(rows, orientation, ascii_only), suffix)
    assert found is not None
    assert texts(found) == [review.text for review in rows]
    require_equal_or_counted(found, rows)


@EVERY_TIME
@given(
    hostile_rows(),
    st.sampled_from((pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int16(), pa.string()))),
    st.sampled_from((pa.int64(), pa.int8(), pa.float32(), pa.bool_(), pa.string())),
    st.sampled_from((".parquet", ".arrow", ".feather")),
    st.sets(st.integers(0, 11), max_size=3),
)
def test_typed_files_come_back(
    rows: list[Review], kind: pa.DataType, label_kind: pa.DataType, suffix: str, nulls: set[int]
) -> None:
    """Whatever the types; rows whose text is null are counted."""
    said = [None if place in nulls else text for place, (text, _) in enumerate(rows)]
    words: list[Any] = [("negative", "positive")[good] if label_kind == pa.string() else good for _, good in rows]
    labels = (
        pa.array(words).cast(label_kind) if label_kind != pa.float32() else pa.array(words).cast("int8").cast("float")
    )
    given_table = pa.table({"text": pa.array(said, pa.string()).cast(kind), "label": labels})
    stream = io.BytesIO()
    if suffix == ".parquet":
        pq.write_table(given_table, stream, row_group_size=5)
    else:
        with (ipc.new_file if suffix == ".feather" else ipc.new_stream)(stream, given_table.schema) as writer:
            writer.write_table(given_table, max_chunksize=5)
    found = read(stream.getvalue(), suffix)
    assert found is not None
    assert texts(found) == [text for text in said if text is not None]
    require_equal_or_counted(found, rows)


@EVERY_TIME
@given(hostile_rows(without=f"{NO_CONTROLS}\r"), st.booleans())
def test_spreadsheets_come_back(rows: list[Review], excel: bool) -> None:
    cells: list[list[object]] = [["text", "label"], *([text, int(good)] for text, good in rows)]
    found = read(workbook({"Sheet1": cells}), ".xlsx") if excel else read(open_document(cells), ".ods")
    assert found is not None
    require_equal_or_counted(found, rows)
    assert len(found) == len(rows)


@EVERY_TIME
@given(hostile_rows())
def test_databases_come_back(rows: list[Review]) -> None:
    found = read(database({"reviews": [("text", "label"), *((text, int(good)) for text, good in rows)]}), ".db")
    assert found is not None
    assert texts(found) == [review.text for review in rows]
    require_equal_or_counted(found, rows)


@pytest.mark.parametrize("count", [1, 3_999, 4_000, 4_001, 9_000])
def test_every_row_is_read_where_chunks_meet(count: int) -> None:
    rows = [Review(f"{count} reviews, and this is number {place} of them", place % 2 == 0) for place in range(count)]
    for content, suffix in ((written(rows), ".csv"), (oriented(rows, "lines", True), ".jsonl")):
        found = read(content, suffix)
        assert found is not None
        assert texts(found) == [review.text for review in rows]
