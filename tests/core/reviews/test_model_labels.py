"""Labels that a model gave are no data to train on or to measure with, unless that is asked for."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.unlabelled import read_unlabelled
from core.triage.exchange.formats.own import write_csv, write_jsonl
from core.triage.exchange.record import Record

WRITERS = {".csv": write_csv, ".jsonl": write_jsonl}


def record(number: int, source: str) -> Record:
    text = f"the chair with number {number} {('creaks', 'stands')[number % 2]}"
    label = ("negative", "positive")[number % 2]
    return Record(text=text, label=label, source=source, hash=f"{number:016x}", file="inbox.csv", line=number + 2)


@pytest.fixture(params=WRITERS)
def decisions(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """20 decisions of people and 10 of a model."""
    path = tmp_path / f"decisions{request.param}"
    path.write_text(WRITERS[request.param]([record(one, "model" if one % 3 == 0 else "human") for one in range(30)]))
    return path


def test_they_are_left_out_and_told(decisions: Path) -> None:
    found = read_reviews(decisions)
    assert len(found) == 20 and found.report.left_out == {"labelled by a model": 10}
    measured = read_reviews(decisions, labels=["negative", "positive"])
    assert len(measured) == 20, "neither to measure a model that knows these labels"


def test_they_are_used_when_asked_for(decisions: Path) -> None:
    found = read_reviews(decisions, ReadingOptions(model_labels=True))
    assert len(found) == 30 and found.report.left_out == {}


def test_their_reviews_belong_to_a_pile_like_all_others(decisions: Path) -> None:
    assert len(read_unlabelled(decisions)) == 30


def test_a_file_with_nothing_else_says_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(write_csv([record(one, "model") for one in range(12)]))
    with pytest.raises(InputError, match=r"labelled by a model; --model-labels uses such labels"):
        read_reviews(path)


def test_other_peoples_columns_of_that_name_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "shop.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["reviewText", "label", "source"])
        rows.writerows([f"the chair with number {n}", ("bad", "good")[n % 2], "model"] for n in range(12))
    assert len(read_reviews(path)) == 12
