"""A first look: the first rows of a large source as the whole will show them, and nothing left behind."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import sqlite3
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import feather

from core.base.errors import InputError
from core.reviews import glance as module
from core.reviews import heads
from core.reviews.glance import glance
from core.reviews.heads import _whole_json
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.store import data_folder
from tests.conftest import made_reviews


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 2_000)
    monkeypatch.setattr(heads, "_BYTES", 4_000)
    monkeypatch.setattr(heads, "_BYTES_OF_OTHERS", 1_000)
    monkeypatch.setattr(heads, "_ROWS", 60)
    monkeypatch.setattr(heads.Heads, "most", 4_000)


ROWS = [(f"{text},\nand more", label) for text, label in made_reviews(300)]
OBJECTS = [{"review": text, "label": label, "tags": [["a", "]"], ["{"]]} for text, label in ROWS]


def csv_text(rows: list[tuple[str, str]] = ROWS) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([("review", "label"), *rows])
    return text.getvalue()


def table() -> pa.Table:
    return pa.table({"review": [text for text, _ in ROWS], "label": [label for _, label in ROWS]})


def write_zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("train.csv", csv_text())
        archive.writestr("test.csv", csv_text()[:3_000])


def write_database(path: Path) -> None:
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE reviews (review TEXT, label TEXT)")
        database.executemany("INSERT INTO reviews VALUES (?, ?)", ROWS)
    database.close()


def write_folder(path: Path) -> None:
    path.mkdir()
    for number in range(15):
        (path / f"part-{number:02}.csv").write_text(csv_text(sorted(ROWS, key=lambda row: row[1])[20 * number :][:20]))


def write_documents(path: Path) -> None:
    for number, (text, label) in enumerate(ROWS):
        folder = path / "train" / ("pos" if label == "1" else "neg")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}_1.txt").write_text(text)


WRITERS: dict[str, Callable[[Path], object]] = {
    "reviews.csv": lambda path: path.write_text(csv_text()),
    "wide.csv": lambda path: path.write_text(csv_text(), encoding="utf-16"),
    "reviews.jsonl": lambda path: path.write_text("".join(json.dumps(one) + "\n" for one in OBJECTS)),
    "array.json": lambda path: path.write_text(json.dumps(OBJECTS)),
    "pretty.json": lambda path: path.write_text("\ufeff" + json.dumps(OBJECTS, indent=2)),
    "inside.json": lambda path: path.write_text(json.dumps({"count": [300], "found": {"reviews": OBJECTS}})),
    "objects.json": lambda path: path.write_text("\n".join(json.dumps(one, indent=1) for one in OBJECTS)),
    "python.json": lambda path: path.write_text("".join(f"{one!r}\n" for one in OBJECTS)),
    "reviews.csv.gz": lambda path: path.write_bytes(gzip.compress(csv_text().encode())),
    "reviews.jsonl.bz2": lambda path: path.write_bytes(
        bz2.compress("".join(json.dumps(one) + "\n" for one in OBJECTS).encode())
    ),
    "array.json.xz": lambda path: path.write_bytes(lzma.compress(json.dumps(OBJECTS).encode())),
    "reviews.csv.zst": lambda path: path.write_bytes(pa.compress(csv_text().encode(), "zstd", asbytes=True)),
    "reviews.zip": write_zip,
    "reviews.parquet": lambda path: pq.write_table(table(), path),
    "reviews.feather": lambda path: feather.write_feather(table(), path),
    "reviews.db": write_database,
    "folder": write_folder,
    "documents": write_documents,
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_first_rows_are_those_of_the_whole(tmp_path: Path, name: str) -> None:
    source = tmp_path / name
    WRITERS[name](source)
    seen = glance(str(source), ReadingOptions())
    assert seen is not None and list(data_folder().iterdir()) == []
    whole = read_reviews(source)
    shown = seen.rows
    first = [row for row in shown if row.file == shown[0].file]
    assert 8 < len(first) < len(whole)
    assert [row.text for row in first] == whole.texts(range(len(first)))
    assert [(row.file, row.line) for row in first] == [whole.place(row) for row in range(len(first))]
    assert [row.label for row in first] == [whole.label_names[whole.labels[row]] for row in range(len(first))]
    assert set(seen.report.files) <= set(whole.report.files)
    for same in ("source", "text_column", "label_column", "scheme", "label_names", "format", "encoding"):
        assert getattr(seen.report, same) == getattr(whole.report, same), same


def test_rows_of_other_parts_are_set_apart(tmp_path: Path) -> None:
    path = tmp_path / "parts.csv"
    parts = ["test", "train", "validation"]
    rows = [f"{text},{label},{parts[number % 3]}\n" for number, (text, label) in enumerate(made_reviews(300))]
    path.write_text("review,label,split\n" + "".join(rows))
    seen = glance(str(path), ReadingOptions())
    assert seen is not None and {(row.line - 2) % 3 for row in seen.rows} == {1}


def test_options_are_followed(tmp_path: Path) -> None:
    (tmp_path / "reviews.csv").write_text(csv_text())
    seen = glance(str(tmp_path / "reviews.csv"), ReadingOptions(label=""))
    assert seen is not None and seen.report.label_column is None


def test_what_cannot_be_looked_at_is_left_to_the_reading(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("review,label\ngood,1\n")
    (tmp_path / "one.json").write_text(json.dumps([{"review": "x" * 9_000}, {"review": "y"}]))
    columns = {"review": [text for text, _ in ROWS], "label": [label for _, label in ROWS]}
    (tmp_path / "columns.json").write_text(json.dumps(columns))
    (tmp_path / "binary.csv").write_bytes(b"\0\n" * 2_000)
    (tmp_path / "long.txt").write_text("word " * 2_000)
    (tmp_path / "no.csv").write_text("a,b\n" + "1,2\n" * 2_000)
    (tmp_path / "cut.csv.gz").write_bytes(gzip.compress(csv_text().encode())[:600])
    (tmp_path / "tar.csv").write_text(csv_text())
    with tarfile.open(tmp_path / "reviews.tar", "w") as archive:
        archive.add(tmp_path / "tar.csv", "tar.csv")
    names = "small.csv one.json columns.json binary.csv long.txt no.csv cut.csv.gz reviews.tar missing.csv"
    for name in names.split():
        assert glance(str(tmp_path / name), ReadingOptions()) is None, name
    assert not data_folder().exists() or list(data_folder().iterdir()) == []


values = st.recursive(
    st.none() | st.integers() | st.text('ab"\\[]{},\n', max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=3),
    max_leaves=8,
)
records = st.lists(st.dictionaries(st.sampled_from(["text", "label", "x"]), values, min_size=1), max_size=6)


@given(found=records, where=st.floats(0, 1), indent=st.sampled_from([None, 1]))
def test_cut_json_keeps_whole_records(found: list[dict[str, object]], where: float, indent: int | None) -> None:
    whole = json.dumps(found, indent=indent)
    cut = whole[: round(where * len(whole))]
    try:
        kept = json.loads(_whole_json(cut))
    except InputError:
        return
    assert kept == found[: len(kept)] or isinstance(kept, list), (cut, kept)
    if len(json.dumps(found[:2], indent=indent)) < len(cut) and len(found) > 1:
        assert kept == found[: len(kept)] and len(kept) >= 2
