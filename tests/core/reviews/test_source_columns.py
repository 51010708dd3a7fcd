"""Columns that pass through: a result joins back to its source, cell for cell, whatever was left out on the way."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.source_columns import named_columns
from tests.conftest import made_reviews

HEADER = ["order_id", "review", "label", "date", "stars", "note", "tags", "=cmd()"]


def rows_of(count: int) -> list[list[str]]:
    return [
        [
            f"A-{number:05}", text, label, f"2024-03-{number % 28 + 1:02}", str(number % 5 + 1),
            f"{text} " * 6, f'["{label}", "x"]', "=1+1",
        ]
        for number, (text, label) in enumerate(made_reviews(count))
    ]  # fmt: skip


def write(path: Path, rows: list[list[str]], header: list[str] = HEADER) -> Path:
    with path.open("w", newline="", encoding="utf-8", errors="surrogateescape") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def table(reviews: Reviews, columns: list[str]) -> list[list[str]]:
    return [reviews.source_cells(row, columns) for row in range(len(reviews))]


def test_short_columns_are_kept_and_long_and_nested_ones_are_not(tmp_path: Path) -> None:
    reviews = read_reviews(write(tmp_path / "x.csv", rows_of(60)))
    assert reviews.source_columns == ["order_id", "label", "date", "stars", "=cmd()"]


def test_cells_stay_with_their_rows_when_others_are_left_out(tmp_path: Path) -> None:
    rows = rows_of(60)
    rows[3][1], rows[10][2], rows[20][1] = "", "", "  "
    rows.insert(30, ["only", "two"])
    reviews = read_reviews(write(tmp_path / "x.csv", rows))
    left = [row for row in rows if len(row) > 2 and row[1].strip() and row[2]]
    assert table(reviews, ["order_id", "stars"]) == [[row[0], row[4]] for row in left]
    assert reviews.texts(range(len(reviews))) == [row[1] for row in left]


@pytest.mark.parametrize("keep", ["note", "date,note", "all"])
def test_a_long_column_is_kept_if_it_is_named(tmp_path: Path, keep: str) -> None:
    rows = rows_of(60)
    reviews = read_reviews(write(tmp_path / "x.csv", rows), keep=keep)
    assert table(reviews, ["note"]) == [[row[5]] for row in rows]
    assert "tags" not in reviews.source_columns and ("review" in reviews.source_columns) == (keep == "all")


@pytest.mark.parametrize("keep", ["nothing", "date,nothing", "tags"])
def test_a_column_that_cannot_be_kept_is_refused_with_those_that_can(tmp_path: Path, keep: str) -> None:
    with pytest.raises(InputError, match=r"--keep names “(nothing|tags)”, but the columns are order_id, review"):
        read_reviews(write(tmp_path / "x.csv", rows_of(60)), keep=keep)


def test_files_of_a_folder_need_not_have_the_same_columns(tmp_path: Path) -> None:
    rows = rows_of(60)
    write(tmp_path / "train_1.csv", rows[:30])
    write(tmp_path / "train_2.csv", [row[1:3] for row in rows[30:]], HEADER[1:3])
    reviews = read_reviews(tmp_path)
    assert table(reviews, ["order_id"]) == [[row[0]] for row in rows[:30]] + [[""]] * 30


def test_cells_that_are_no_text_are_stored_as_far_as_they_are(tmp_path: Path) -> None:
    rows = rows_of(60)
    rows[5][0] = "A\udcff"
    reviews = read_reviews(write(tmp_path / "x.csv", rows), ReadingOptions(encoding="utf-8"))
    assert len(reviews) == 60 and reviews.source_cells(5, ["order_id"])[0].startswith("A")


@given(st.lists(st.text(max_size=8), unique=True, max_size=6), st.data())
def test_names_are_found_as_they_are_or_separated_by_commas(columns: list[str], data: st.DataObject) -> None:
    assert named_columns("all", columns) == columns and named_columns("none", columns) == []
    for name in columns:
        if name not in ("all", "none", "short"):
            assert named_columns(name, columns) == [name]
    simple = [name for name in columns if "," not in name and name == name.strip() and name]
    chosen = data.draw(st.lists(st.sampled_from(simple), unique=True)) if simple else []
    if len(chosen) > 1 and ",".join(chosen) not in columns:
        assert named_columns(",".join(chosen), columns) == chosen
