"""A first look: the first rows of a large file as the whole will show them, and nothing left behind."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from core.reviews import glance as module
from core.reviews.glance import glance
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.store import data_folder
from tests.conftest import made_reviews


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGE", 2_000)
    monkeypatch.setattr(module, "_HEAD", 4_000)


def write(path: Path, encoding: str = "utf-8") -> Path:
    rows = made_reviews(300)
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps({"review": text, "label": label}) + "\n" for text, label in rows))
        return path
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file).writerows([("review", "label"), *((f"{text},\nand more", label) for text, label in rows)])
    return path


@pytest.mark.parametrize("name", ["reviews.csv", "reviews.jsonl"])
def test_the_first_rows_are_those_of_the_whole(tmp_path: Path, name: str) -> None:
    source = write(tmp_path / name)
    seen = glance(str(source), ReadingOptions())
    assert seen is not None and list(data_folder().iterdir()) == []
    whole = read_reviews(source)
    count = len(seen.rows)
    assert 10 < count < len(whole)
    assert [row.text for row in seen.rows] == whole.texts(range(count))
    assert [(row.file, row.line) for row in seen.rows] == [whole.place(row) for row in range(count)]
    for same in ("source", "files", "text_column", "label_column", "scheme", "label_names", "format", "encoding"):
        assert getattr(seen.report, same) == getattr(whole.report, same), same


def test_options_are_followed(tmp_path: Path) -> None:
    seen = glance(str(write(tmp_path / "reviews.csv")), ReadingOptions(label=""))
    assert seen is not None and seen.report.label_column is None


def test_what_cannot_be_looked_at_is_left_to_the_reading(tmp_path: Path) -> None:
    (tmp_path / "small.csv").write_text("review,label\ngood,1\n")
    (tmp_path / "array.json").write_text("[" + ",".join('{"review": "x"}' for _ in range(500)) + "]")
    (tmp_path / "binary.csv").write_bytes(b"\0\n" * 2_000)
    write(tmp_path / "wide.csv", "utf-16")
    (tmp_path / "no.csv").write_text("a,b\n" + "1,2\n" * 2_000)
    for name in ("small.csv", "array.json", "binary.csv", "wide.csv", "no.csv", "missing.csv"):
        assert glance(str(tmp_path / name), ReadingOptions()) is None, name
    assert not data_folder().exists() or list(data_folder().iterdir()) == []
