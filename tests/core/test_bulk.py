"""Classifying a source into a file: every row in order, nothing a spreadsheet runs, nothing left behind on failure."""

from __future__ import annotations

import csv
import errno
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from core import bulk
from core.bulk import classify_into
from core.errors import InputError, ReviewtuiError
from core.inference import Predictor
from core.reviews.options import ReadingOptions

TEXTS = [
    "great lamp",
    "=HYPERLINK(1) broken",
    "+1 works, perfect",
    "-1 awful",
    "@chair is cheap",
    'quoted "box", with comma',
    "two\nlines of use",
    "\x1b[31mred\x1b[0m lamp",
    "broken " * 50,
]


@pytest.fixture(scope="module")
def predictor(tiny_classifier: Path) -> Predictor:
    return Predictor(tiny_classifier)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "=inbox.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["review"], *([text] for text in TEXTS)])
    return path


def run(predictor: Predictor, source: Path, output: Path, **options: Any) -> tuple[dict[str, Any], list[float]]:
    shares: list[float] = []
    made = ReadingOptions(text="review", header=True, **options)
    return classify_into(predictor, str(source), made, output, shares.append), shares


@pytest.mark.parametrize("chunk", [1, 4, 512])
def test_csv_has_a_row_for_each_review_in_order_and_in_its_place(
    chunk: int, predictor: Predictor, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk, "_CHUNK", chunk)
    found, shares = run(predictor, source, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(TEXTS) == found["rows"] and sum(found["labels"].values()) == len(TEXTS)
    assert [int(row["line"]) for row in rows] == [2, 3, 4, 5, 6, 7, 8, 10, 11]
    for row, expected in zip(rows, predictor.classify(TEXTS), strict=True):
        assert row["label"] == expected.label and row["truncated"] == str(expected.truncated).lower()
        assert float(row["p_negative"]) == pytest.approx(expected.probabilities["negative"], abs=2e-6)
        assert float(row["probability"]) == pytest.approx(expected.probability, abs=2e-6)
        assert int(row["tokens"]) == expected.tokens
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_no_cell_of_the_csv_is_run_by_a_spreadsheet_or_obeyed_by_a_terminal(
    predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    run(predictor, source, tmp_path / "out.csv")
    content = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert "\x1b" not in content
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")]
    assert "'=HYPERLINK(1) broken" in cells and "two\nlines of use" in cells


def test_json_lines_hold_the_text_as_it_was(predictor: Predictor, source: Path, tmp_path: Path) -> None:
    run(predictor, source, tmp_path / "out.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").split("\n")[:-1]]
    assert [row["text"].strip() for row in rows] == [text.strip() for text in TEXTS]
    wanted = {"file", "line", "text", "label", "probability", "probabilities", "tokens", "truncated"}
    assert all(row.keys() == wanted for row in rows)


def test_the_output_is_private_and_replaces_an_older_one_whole(
    predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "out.CSV"
    output.write_text("older")
    output.chmod(0o644)
    run(predictor, source, output)
    assert output.read_text().startswith("file,line,text,label") and stat.S_IMODE(output.stat().st_mode) == 0o600


def test_labels_that_are_there_are_no_reason_to_leave_a_row_out(predictor: Predictor, tmp_path: Path) -> None:
    source = tmp_path / "labelled.csv"
    source.write_text("review,label\ngreat lamp,positive\nbroken lamp,\nodd lamp,unheard of\n")
    assert run(predictor, source, tmp_path / "out.csv")[0]["rows"] == 3


@pytest.mark.parametrize("name", ["out.txt", "out", "out.csv.gz", "out.json"])
def test_another_ending_is_refused_before_anything_is_read(name: str, predictor: Predictor, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"must end in \.csv or \.jsonl"):
        run(predictor, tmp_path / "absent.csv", tmp_path / name)


def test_a_folder_that_is_not_there_is_refused(predictor: Predictor, source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        run(predictor, source, tmp_path / "absent" / "out.csv")


class Cancelled(Exception):
    """What the service raises out of a progress function."""


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), ReviewtuiError),
        (Cancelled(), Cancelled),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
    ids=["full disk", "cancelled", "interrupted"],
)
def test_a_failure_leaves_the_older_output_and_nothing_beside(
    error: BaseException, expected: type[BaseException], predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "results" / "out.csv"
    output.parent.mkdir()
    output.write_text("older")

    def progress(share: float) -> None:
        raise error

    with pytest.raises(expected):
        classify_into(predictor, str(source), ReadingOptions(text="review", header=True), output, progress)
    assert os.listdir(output.parent) == ["out.csv"] and output.read_text() == "older"


def test_an_output_that_is_a_folder_is_a_sentence_and_leaves_nothing(
    predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    (tmp_path / "results" / "out.csv").mkdir(parents=True)
    with pytest.raises(ReviewtuiError, match=r"Cannot write .*out\.csv"):
        run(predictor, source, tmp_path / "results" / "out.csv")
    assert os.listdir(tmp_path / "results") == ["out.csv"]
