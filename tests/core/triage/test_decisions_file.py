"""A file of decisions can be trained on: reading finds what was written, and spreadsheets run none of it."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.trainable import require_trainable
from core.triage.decisions import Decision, DecisionLog
from core.triage.decisions_file import COLUMNS, OutputExistsError, free_name, write_decisions

Decide = Callable[..., Decision]

TEXTS = [
    "Lovely, with a comma; and 'quotes' and \"more\".",
    "Two\nlines, and a tab\there.",
    "ends with a space ",
    "émoji 😀 and 漢字",
    "It has the features that I need",
    "A long one. " * 300,
    "[bold]not markup[/",
    "nothing special at all, number seven",
    "works, and works again, number eight",
    "broke on the first day, number nine",
]


@pytest.fixture
def log(decision: Decide) -> DecisionLog:
    found = DecisionLog("pile")
    for row, text in enumerate(TEXTS):
        found.decide(decision(row, ("negative", "positive")[row % 2], text=text))
    found.decide(decision(len(TEXTS), "skip"))
    return found


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_training_reads_back_the_same_texts_and_labels(log: DecisionLog, tmp_path: Path, suffix: str) -> None:
    done = write_decisions(log.history, tmp_path / f"decided{suffix}")
    assert (done.rows, done.skipped, done.labels) == (10, 1, {"negative": 5, "positive": 5})
    reviews = read_reviews(done.path, ReadingOptions())
    assert reviews.report.text_column == "reviewText" and reviews.report.label_column == "label"
    assert reviews.texts(range(len(reviews))) == TEXTS
    assert [reviews.label_names[label] for label in reviews.labels] == ["negative", "positive"] * 5
    require_trainable(reviews)


def test_cells_that_would_run_are_inert_in_csv_and_untouched_in_json_lines(decision: Decide, tmp_path: Path) -> None:
    texts = ["=1+1", "+1", "-1 star", "@sum", "\tx", "\x1b]52;c;eA==\x07 ok", "plain"]
    log = DecisionLog("pile")
    for row, text in enumerate(texts):
        log.decide(decision(row, "=label", text=text))
    write_decisions(log.history, tmp_path / "a.csv")
    write_decisions(log.history, tmp_path / "a.jsonl")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    for text, row in zip(texts[:5], rows, strict=False):
        assert row["reviewText"] == f"'{text}" and row["label"] == "'=label"
    assert rows[6]["reviewText"] == "plain"
    assert b"\x1b" not in (tmp_path / "a.csv").read_bytes()
    lines = (tmp_path / "a.jsonl").read_text().split("\n")[:-1]
    assert [json.loads(line)["reviewText"] for line in lines] == texts


def test_columns_say_what_was_predicted_and_where_it_was(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("pile", clock=lambda: 0.0)
    log.decide(decision(4, "negative"))
    log.decide(decision(5, "positive", predicted=None, probability=None, agreed=None))
    write_decisions(log.history, tmp_path / "a.jsonl")
    first, second = (json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines())
    assert first == {
        "reviewText": "review 4", "label": "negative", "predicted": "positive", "probability": 0.75, "agreed": False,
        "file": "inbox.csv", "line": 6, "time": "1970-01-01T00:00:00+00:00",
    }  # fmt: skip
    assert second["predicted"] is None and second["agreed"] is None


def test_no_file_is_replaced_unless_that_is_asked_for(log: DecisionLog, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("mine")
    with pytest.raises(OutputExistsError, match="already exists"):
        write_decisions(log.history, path)
    assert path.read_text() == "mine"
    write_decisions(log.history, path, replace=True)
    assert path.read_text().startswith("reviewText,label")
    assert [entry.name for entry in tmp_path.glob("*.csv")] == ["mine.csv"]


@pytest.mark.parametrize(
    ("name", "fields"),
    [("a.txt", r"must end in \.csv or \.jsonl"), ("no/a.csv", "no folder"), ("d.csv", "is a folder")],
)
def test_a_place_that_cannot_be_written_is_a_sentence(log: DecisionLog, tmp_path: Path, name: str, fields: str) -> None:
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(InputError, match=fields):
        write_decisions(log.history, tmp_path / name)


def test_an_export_of_nothing_is_a_sentence(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "skip"))
    with pytest.raises(InputError, match="decide at least one"):
        write_decisions(log.history, tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_a_name_is_suggested_that_is_free(tmp_path: Path) -> None:
    assert free_name(tmp_path, "/x/inbox.csv").name == "inbox-decisions.csv"
    (tmp_path / "inbox-decisions.csv").touch()
    assert free_name(tmp_path, "/x/inbox.csv").name == "inbox-decisions-2.csv"


def test_columns_of_the_pile_come_last_so_that_decisions_join_back(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "positive", text="works well", columns={"label": "=1+1", "order": "A-1"}))
    log.decide(decision(1, "negative", text="broke at once", columns={"order": "A-2", "date": "2024-01-01"}))
    write_decisions(log.history, tmp_path / "a.csv")
    write_decisions(log.history, tmp_path / "a.jsonl")
    with (tmp_path / "a.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert list(first)[len(COLUMNS) :] == ["source_label", "source_order", "source_date"]
    assert (first["label"], first["source_label"], first["source_date"]) == ("positive", "'=1+1", "")
    assert (second["source_order"], second["source_label"]) == ("A-2", "")
    lines = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert lines[0]["source_label"] == "=1+1" and lines[1]["source_order"] == "A-2"
