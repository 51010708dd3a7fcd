"""The sample reviews are what they are said to be: enough, balanced as said, and no two alike."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parent.parent / "sample_reviews"
COLUMNS = ["reviewText", "summary", "verified", "time", "log_votes", "rating", "isPositive"]


def _rows(part: str) -> list[dict[str, str]]:
    with (FOLDER / f"{part}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(("part", "least"), [("train", 480), ("test", 120), ("inbox", 120)])
def test_each_part_has_enough_reviews_in_the_labs_columns(part: str, least: int) -> None:
    rows = _rows(part)
    assert len(rows) >= least
    assert list(rows[0]) == (COLUMNS[:-1] if part == "inbox" else COLUMNS)
    assert all(None not in row and None not in row.values() for row in rows)


@pytest.mark.parametrize("part", ["train", "test", "inbox"])
def test_reviews_have_3_to_300_words_and_sound_fields(part: str) -> None:
    for row in _rows(part):
        assert 3 <= len(row["reviewText"].split()) <= 300, row["reviewText"]
        assert row["verified"] in ("True", "False")
        assert int(row["time"]) > 0
        assert float(row["log_votes"]) >= 0
        assert row["rating"] in "12345"


@pytest.mark.parametrize("part", ["train", "test"])
def test_labels_are_roughly_balanced_and_agree_with_clear_ratings(part: str) -> None:
    rows = _rows(part)
    positive = sum(row["isPositive"] == "1" for row in rows)
    assert 0.45 <= positive / len(rows) <= 0.55
    for row in rows:
        if row["rating"] != "3":
            assert (int(row["rating"]) > 3) == (row["isPositive"] == "1")


def test_three_star_reviews_are_labelled_both_ways() -> None:
    labels = Counter(row["isPositive"] for row in _rows("train") if row["rating"] == "3")
    assert min(labels["0"], labels["1"]) >= 10


def test_the_inbox_is_skewed() -> None:
    ratings = [int(row["rating"]) for row in _rows("inbox")]
    assert sum(rating > 3 for rating in ratings) / len(ratings) > 0.6


def test_no_two_reviews_share_eight_words_in_a_row() -> None:
    seen: dict[str, str] = {}
    for part in ("train", "test", "inbox"):
        for number, row in enumerate(_rows(part)):
            words = re.findall(r"[^\W_]+", row["reviewText"].lower())
            runs = {" ".join(words[i : i + 8]) for i in range(len(words) - 7)} or {" ".join(words)}
            for run in runs:
                where = f"{part}.csv review {number}"
                assert seen.setdefault(run, where) == where, f"'{run}' is in {seen[run]} and in {where}"
