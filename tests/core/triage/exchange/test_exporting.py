"""A file of decisions can be trained on, says what it leaves out, and may be read by whom the umask lets."""

from __future__ import annotations

import csv
import json
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from core.base.errors import InputError
from core.reviews.options import ReadingOptions
from core.reviews.reading import read_reviews
from core.reviews.sources import find_sources
from core.reviews.trainable import require_trainable
from core.triage.decision import Decision, Note
from core.triage.decisions import DecisionLog
from core.triage.exchange.exporting import OutputExistsError, free_name, set_apart, write_decisions
from core.triage.exchange.formats.own import COLUMNS
from core.triage.exchange.formats.registry import FORMATS
from core.triage.exchange.selection import INCLUDED

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
@pytest.mark.parametrize("include", [(), INCLUDED])
def test_training_reads_back_the_same_texts_and_labels(
    log: DecisionLog, tmp_path: Path, suffix: str, include: tuple[str, ...]
) -> None:
    done = write_decisions(log.history, tmp_path / f"decided{suffix}", include=include)  # type: ignore[arg-type]
    assert done.labels == {"negative": 5, "positive": 5}
    assert (done.rows, done.reasons) == ((11, {}) if include else (10, {"skipped": 1}))
    reviews = read_reviews(done.path, ReadingOptions())
    assert reviews.report.text_column == "reviewText" and reviews.report.label_column == "label"
    assert reviews.texts(range(len(reviews))) == TEXTS
    assert [reviews.label_names[label] for label in reviews.labels] == ["negative", "positive"] * 5
    require_trainable(reviews)


def test_every_review_that_was_dealt_with_is_written_or_told(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "positive"))
    log.decide(decision(1, "negative", text="the same", hash="aa" * 8))
    log.decide(decision(2, "positive", text="the same", hash="aa" * 8))
    log.decide(decision(3, "skip"))
    log.decide(decision(4, "flag"))
    log.decide(decision(5, "ambiguous"))
    log.note(Note(hash=f"{7:016x}", row=6, file="inbox.csv", line=8, text="ask"))
    log.note(Note(hash=f"{1:016x}", row=0, file="inbox.csv", line=2, text="nice"))
    done = write_decisions(log.history, tmp_path / "a.jsonl")
    assert done.reasons == {"repeated": 1, "skipped": 1, "flagged": 1, "ambiguous": 1, "noted": 1}
    assert [(one.reason, one.line) for one in done.left_out] == [
        ("repeated", 3), ("skipped", 5), ("flagged", 6), ("ambiguous", 7), ("noted", 8)
    ]  # fmt: skip
    assert (done.rows, done.conflicts) == (2, 1)
    whole = write_decisions(log.history, tmp_path / "b.jsonl", include=INCLUDED)
    lines = [json.loads(line) for line in whole.path.read_text().splitlines()]
    assert [line["line"] for line in lines] == [2, 3, 4, 5, 6, 7] and whole.reasons == {"noted": 1}
    assert [line["label"] for line in lines] == ["positive", "negative", "positive", "", "", ""]
    assert [line["state"] for line in lines][3:] == ["skip", "flag", "ambiguous"] and lines[0]["note"] == "nice"


def test_labels_that_a_model_gave_are_written_only_when_asked_for(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "positive"))
    log.bulk([decision(row, "negative", source="model", text=f"chair {row}") for row in (1, 2)], "auto-label")
    done = write_decisions(log.history, tmp_path / "a.csv")
    assert (done.rows, done.labels, done.reasons) == (1, {"positive": 1}, {"automatic": 2})
    assert write_decisions(log.history, tmp_path / "b.csv", include=["automatic"]).rows == 3


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_file_may_be_read_by_whom_the_umask_lets(log: DecisionLog, tmp_path: Path, umask: int, mode: int) -> None:
    before = os.umask(umask)
    try:
        done = write_decisions(log.history, tmp_path / "a.csv")
    finally:
        os.umask(before)
    assert stat.S_IMODE(done.path.stat().st_mode) == mode
    assert stat.S_IMODE((log.folder / "decisions.jsonl").stat().st_mode) == 0o600


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


def test_all_that_is_known_of_a_decision_is_in_a_row(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("pile", clock=lambda: 0.25)
    log.decide(
        decision(4, "negative", calibrated=0.7, model="r1", model_hash="5f", order="margin", audit=True, blind=True)
    )
    log.decide(decision(5, "positive", predicted=None, probability=float("nan"), agreed=None, seconds=2.5))
    write_decisions(log.history, tmp_path / "a.jsonl")
    first, second = (json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines())
    assert first == {
        "reviewText": "review 4", "label": "negative", "state": "label", "note": "", "predicted": "positive",
        "probability": 0.75, "calibrated": 0.7, "agreed": False, "model": "r1", "model_name": None, "model_hash": "5f",
        "order": "margin", "audit": True, "blind": True, "revealed": False, "source": "human", "seconds": 0.0,
        "time": "1970-01-01T00:00:00.250+00:00", "hash": f"{5:016x}", "file": "inbox.csv", "line": 6,
    }  # fmt: skip
    assert (second["predicted"], second["agreed"], second["probability"], second["seconds"]) == (None, None, None, 2.5)


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
    ("name", "format", "said"),
    [
        ("a.txt", None, r"must end in \.csv or \.jsonl"),
        ("a.json", None, r"must end in \.csv or \.jsonl"),
        ("no/a.csv", None, "no folder"),
        ("d.csv", None, "is a folder"),
        ("a.csv", "argilla", r"written as \.json"),
        ("a.csv", "doccano", "is one of csv, jsonl"),
    ],
)
def test_a_place_that_cannot_be_written_is_a_sentence(
    log: DecisionLog, tmp_path: Path, name: str, format: str | None, said: str
) -> None:
    (tmp_path / "d.csv").mkdir()
    with pytest.raises(InputError, match=said):
        write_decisions(log.history, tmp_path / name, format=format)


def test_an_export_of_nothing_is_a_sentence(decision: Decide, tmp_path: Path) -> None:
    log = DecisionLog("pile")
    log.decide(decision(0, "skip"))
    with pytest.raises(InputError, match="decide at least one"):
        write_decisions(log.history, tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()
    assert write_decisions(log.history, tmp_path / "a.csv", include=("skipped",)).rows == 1


def test_a_name_is_suggested_that_is_free_and_that_training_on_its_folder_reads(tmp_path: Path) -> None:
    (tmp_path / "lab.csv").write_text("review,label\n")
    for pile in ("/x/inbox.csv", "/x/inbox3000.csv", "/x/unlabelled_reviews.jsonl"):
        suggested = free_name(tmp_path, pile)
        assert suggested.name == "decisions.csv" and not set_apart(suggested)
    assert free_name(tmp_path, "/x/tickets.csv").name == "tickets-decisions.csv"
    for name in ("decisions.csv", "inbox-decisions.csv"):
        (tmp_path / name).write_text("reviewText,label\n")
    assert free_name(tmp_path, "/x/inbox.csv").name == "decisions-2.csv"
    assert "an inbox" in set_apart(tmp_path / "inbox-decisions.csv")
    assert [file.name for file in find_sources(tmp_path).train] == ["decisions.csv", "lab.csv"]
    assert "a test set" in set_apart(free_name(tmp_path, "/x/test.csv"))  # its labels are to measure with


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


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_every_format_holds_every_label(log: DecisionLog, tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a{FORMATS[name].suffix}"
    write_decisions(log.history, path, format=name)
    read = [one.record for one in FORMATS[name].read(path.read_text())]
    assert [one.label for one in read if one is not None] == ["negative", "positive"] * 5
