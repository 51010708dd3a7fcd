"""Every failure is one plain sentence that says what to do."""

from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.reading import read_reviews
from core.reviews.trainable import require_trainable

UNREADABLE = {
    "empty file": (b"", ".csv", "is empty; give a file with reviews"),
    "blank file": (b"\n \n", ".csv", "is empty; give"),
    "empty text file": (b"", ".txt", "is empty; give"),
    "empty parquet": (b"", ".parquet", "is empty; give"),
    "header only": (b"text,label\n", ".csv", "has a header but no rows below it"),
    "binary": (bytes(range(256)) * 4, ".csv", "is a binary file. The formats that can be read are JSON"),
    "broken zip": (b"PK\x03\x04" + b"\0" * 40, ".csv", "is damaged or incomplete .* download or pack it again"),
    "packed header": (gzip.compress(b"text,label\n"), ".csv", "has a header but no rows below it"),
    "no parquet": (b"text,label\nA,1\n", ".parquet", "is not a readable Parquet file"),
    "no arrow": (b"text,label\nA,1\n", ".arrow", "is not a readable Arrow file"),
    "no JSON": (b"text, label", ".json", "is not valid JSON: see line 1"),
    "broken wrapper": (b'{"data": 3,\n oops', ".json", "is not valid JSON: see line 2"),
    "no objects": (b"[1, 2]", ".json", "holds no JSON objects"),
    "empty array": (b"[]", ".json", "holds no JSON objects"),
    "no text column": (b"id,rating\n1,5\n2,4\n", ".csv", r"\(id, rating\) is text; name one with --text"),
    "only empty texts": (b"text,label\n ,1\n,0\n", ".csv", "all 2 rows were left out .empty text"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_is_said(read: Any, name: str) -> None:
    content, suffix, sentence = UNREADABLE[name]
    with pytest.raises(InputError, match=sentence) as caught:
        read(content, suffix)
    assert "\n" not in str(caught.value)


def lines(labels: list[str]) -> str:
    return "text,label\n" + "".join(f"It is thing number {index},{label}\n" for index, label in enumerate(labels))


UNTRAINABLE = {
    "no labels": ("review\nIt is good\nIt is bad\n", "has no column of labels; name it with --label COLUMN"),
    "one class": (lines(["1"] * 9), "All 9 reviews of .* are labelled “positive”; training needs two classes"),
    "few rows": (lines(["1", "0", "1", "0"]), "has 4 labelled reviews; training needs at least 8"),
    "lonely class": (lines(["1"] * 9 + ["0"]), "Only 1 review of .* is labelled “negative”"),
    "label per row": (lines([f"name {index}" for index in range(30)]), "has 30 different labels in 30 reviews"),
    "too many": (lines([f"name {index % 51}" for index in range(500)]), "has 51 different labels"),
    "far too many": (lines([f"name {index}" for index in range(10_002)]), "has too many different labels"),
}


@pytest.mark.parametrize("name", UNTRAINABLE)
def test_what_cannot_be_trained_on_opens_and_is_refused_for_training(read: Any, name: str) -> None:
    content, sentence = UNTRAINABLE[name]
    reviews = read(content)
    assert len(reviews) == content.count("\n") - 1
    with pytest.raises(InputError, match=sentence):
        require_trainable(reviews)


def test_good_data_is_trainable(read: Any) -> None:
    require_trainable(read(lines(["1", "0"] * 4)))


@pytest.mark.parametrize(
    "source", ["nowhere.csv", "no/where.csv", "a" * 3000, "bad\0name", "~nobody-of-this-name/x.csv", "", "\x1b[2J.csv"]
)
def test_a_missing_file_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        read_reviews(source)
    assert str(caught.value) == clean_line(caught.value)


def test_a_file_that_may_not_be_read_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "data.csv"
    path.write_text("text\nIt is good\n")

    def refuse(self: Path, *arguments: Any, **named: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match=r"Cannot read .*data.csv \(Permission denied\)"):
        read_reviews(path)


def test_a_file_name_that_is_no_utf8_is_a_sentence(tmp_path: Path) -> None:
    """Such a name cannot be written to settings, a journal or a screen."""
    path = tmp_path / os.fsdecode(b"caf\xe9.csv")
    path.write_text("text,label\nIt is good,1\nIt is bad,0\n")
    with pytest.raises(InputError, match=r"is not valid UTF-8; rename the file\.$"):
        read_reviews(path)
