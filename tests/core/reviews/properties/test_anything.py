"""Whatever bytes are given, reading ends in reviews whose counts add up, or in one sentence."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.reviews.kinds.containers import database, open_document, parquet, tarred, workbook, zipped
from tests.core.reviews.kinds.made import lines, reviews, table
from tests.core.reviews.properties.hostile_tables import EVERY_TIME, read

SUFFIXES = (
    "csv tsv json jsonl txt parquet arrow feather gz csv.gz bz2 xz zst zip tar xlsx ods xls db sqlite xml html pos dat"
).split()
_ROWS = reviews(12)
_CSV = table(["text", "label"], [(r.text, int(r.good)) for r in _ROWS]).encode()
_CELLS: list[list[object]] = [["text", "label"], *([r.text, int(r.good)] for r in _ROWS)]
_SYNTAX = [
    *'{}[]",:;\t|\n\\#<>/()*é\ufeff\x00', "\r\n", "text", "label", "train", "0", "1", "null", " ", "__label__a ",
    "sep=;\n",     '{"text": "It is good", "label": 1}', "It is good", "review/text: ",
]  # fmt: skip
WHOLE = {
    ".csv": _CSV,
    ".jsonl": lines({"text": r.text, "label": int(r.good)} for r in _ROWS).encode(),
    ".csv.gz": gzip.compress(_CSV, mtime=0),
    ".csv.bz2": bz2.compress(_CSV),
    ".csv.xz": lzma.compress(_CSV),
    ".zip": zipped({"reviews.csv": _CSV}),
    ".tar.gz": tarred({"reviews.csv": _CSV}),
    ".xlsx": workbook({"Sheet1": _CELLS}),
    ".ods": open_document(_CELLS),
    ".db": database({"reviews": [("text", "label"), *((r.text, int(r.good)) for r in _ROWS)]}),
    ".parquet": parquet({"text": [r.text for r in _ROWS], "label": [int(r.good) for r in _ROWS]}),
}
"""A good file of each format."""


@settings(EVERY_TIME, max_examples=120)
@given(st.binary(max_size=200), st.sampled_from(SUFFIXES))
def test_any_bytes_end_in_reviews_or_a_sentence(content: bytes, suffix: str) -> None:
    read(content, f".{suffix}")


@settings(EVERY_TIME, max_examples=120)
@given(st.lists(st.sampled_from(_SYNTAX), max_size=40), st.sampled_from(SUFFIXES))
def test_any_syntax_ends_in_reviews_or_a_sentence(pieces: list[str], suffix: str) -> None:
    read("".join(pieces).encode(), f".{suffix}")


@settings(EVERY_TIME, max_examples=120)
@given(st.sampled_from((".xlsx", ".ods")), st.data())
def test_a_damaged_part_of_a_workbook_ends_in_reviews_or_a_sentence(suffix: str, data: st.DataObject) -> None:
    """Packed soundly, so that it is the reader of the workbook that meets the damage."""
    unpacked = zipfile.ZipFile(io.BytesIO(WHOLE[suffix]))
    parts = {name: bytearray(unpacked.read(name)) for name in unpacked.namelist()}
    part = parts[data.draw(st.sampled_from(sorted(parts)))]
    for _ in range(data.draw(st.integers(1, 3))):
        part[data.draw(st.integers(0, len(part) - 1))] ^= data.draw(st.integers(1, 255))
    found = read(zipped({name: bytes(content) for name, content in parts.items()}), suffix)
    assert found is None or len(found) <= len(_ROWS)


@settings(EVERY_TIME, max_examples=150)
@given(st.sampled_from(sorted(WHOLE)), st.data())
def test_a_damaged_file_ends_in_reviews_or_a_sentence(suffix: str, data: st.DataObject) -> None:
    content = bytearray(WHOLE[suffix])
    at = data.draw(st.integers(0, len(content) - 1))
    match data.draw(st.sampled_from(("cut", "change", "remove", "insert"))):
        case "cut":
            del content[at:]
        case "change":
            content[at] ^= data.draw(st.integers(1, 255))
        case "remove":
            del content[at : at + data.draw(st.integers(1, 40))]
        case "insert":
            content[at:at] = data.draw(st.binary(min_size=1, max_size=8))
    found = read(bytes(content), suffix)
    if found is not None and suffix not in (".csv", ".jsonl"):
        assert len(found) <= len(_ROWS)
