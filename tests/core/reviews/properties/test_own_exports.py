"""What this program writes is read back by it with the same texts: answers and decisions, in every format."""

from __future__ import annotations

import io

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import ipc

from core.base.text import clean
from core.bulk.formats.base import Answer
from core.bulk.formats.csv import CsvFormat
from core.bulk.formats.jsonl import JsonLinesFormat
from core.bulk.formats.parquet import ParquetFormat
from core.inference.classification import Classification
from core.triage.decision import Decision
from core.triage.exchange.formats.registry import FORMATS
from core.triage.exchange.selection import record_of
from tests.core.reviews.kinds.made import Review, reviews
from tests.core.reviews.properties.hostile_tables import EVERY_TIME, hostile_rows, read, texts

LABELS = ("negative", "positive")
KEPT = ("review_id", "colour", "stars", "label", "recommended")
"""Columns of the source that come along; some say otherwise than the answers."""
_CAME_ALONG = ("- blue", "4", "-1", "no")
_CONTROLS = "\x0b\x0c\x85\ufeff\u202e\r\n\u2028"
"""What is replaced in every CSV, so that no terminal obeys it: such texts do not come back, by design."""
_STARTS = ("=", "+", "-", "@", "- ", "-5 stars, ", "＝", "－", "'tis so: ", '"', "'", "'=", "''-")


@st.composite
def exported(draw: st.DrawFn) -> list[Review]:
    """Return reviews, some of which begin as a formula would."""
    rows = draw(hostile_rows(without=_CONTROLS))
    for row in draw(st.lists(st.integers(0, len(rows) - 1), max_size=6, unique=True)):
        rows[row] = Review(draw(st.sampled_from(_STARTS)) + rows[row].text, rows[row].good)
    return [review for review in rows if clean(review.text) == review.text]


def answers(rows: list[Review]) -> list[Answer]:
    shares = dict(zip(LABELS, (0.25, 0.75), strict=True))
    return [
        ("inbox.csv", line, Classification(text, LABELS[good], 0.75, shares, 9, False), (f"R{line}", *_CAME_ALONG))
        for line, (text, good) in enumerate(rows, start=2)
    ]


def require_same(content: bytes, suffix: str, rows: list[Review]) -> None:
    found = read(content, suffix)
    assert found is not None
    assert texts(found) == [review.text for review in rows]
    assert [found.label_names[label] for label in found.labels.tolist()] == [LABELS[good] for _, good in rows]


@EVERY_TIME
@given(exported())
def test_answers_in_csv_come_back(rows: list[Review]) -> None:
    require_same(CsvFormat(LABELS, KEPT).chunk(answers(rows), first=True), ".csv", rows)


@EVERY_TIME
@given(exported())
def test_answers_in_json_lines_come_back(rows: list[Review]) -> None:
    require_same(JsonLinesFormat(KEPT).chunk(answers(rows), first=True), ".jsonl", rows)


@EVERY_TIME
@given(exported())
def test_answers_in_parquet_come_back(rows: list[Review]) -> None:
    stream = io.BytesIO()
    pq.write_table(ipc.open_stream(ParquetFormat(LABELS, KEPT).chunk(answers(rows), first=True)).read_all(), stream)
    require_same(stream.getvalue(), ".parquet", rows)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_decisions_come_back(suffix: str) -> None:
    starts = ("", "=", "- ", "@", "'tis so: ", '"')
    rows = [Review(starts[n % len(starts)] + text, good) for n, (text, good) in enumerate(reviews(24))]
    decided = [
        Decision(hash=f"{n:016x}", row=n, file="inbox.csv", line=n + 2, text=text, verdict=LABELS[good])
        for n, (text, good) in enumerate(rows)
    ]
    records = [record_of(one, "as they said", {}) for one in decided]
    require_same(FORMATS[suffix[1:]].write(records).encode(), suffix, rows)
