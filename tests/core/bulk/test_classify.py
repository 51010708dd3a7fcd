"""Classifying a source into a file: every row in order, nothing a spreadsheet runs, nothing left behind on failure."""

from __future__ import annotations

import csv
import json
import stat
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.base.errors import InputError, ReviewtuiError
from core.bulk.classify import ChunkSizes, classify_into
from core.inference.classification import Classification
from core.inference.predictor import Predictor
from core.reviews.options import ReadingOptions
from tests.core.bulk.double import FORMS, Costless, model_folder, names

DEFAULT = ChunkSizes()
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


def run(
    predictor: Any, source: Path, output: Path, sizes: ChunkSizes = DEFAULT, **options: Any
) -> tuple[dict[str, Any], list[float]]:
    shares: list[float] = []

    def progress(what: str, share: float | None) -> None:
        if what.startswith("classifying") and share is not None:
            shares.append(share)

    made = ReadingOptions(text="review", header=True, **options)
    return classify_into(predictor, str(source), made, output, progress, sizes), shares


@pytest.mark.parametrize("chunk", [1, 4, 512])
def test_csv_has_a_row_for_each_review_in_order_and_in_its_place(
    chunk: int, predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    found, shares = run(predictor, source, tmp_path / "out.csv", ChunkSizes(chunk, chunk))
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


def test_parquet_holds_the_text_as_it_was_and_numbers_as_numbers(
    predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    run(predictor, source, tmp_path / "out.parquet", ChunkSizes(2, 4))
    table = pq.read_table(tmp_path / "out.parquet")
    heads = ["file", "line", "text", "label", "probability", "p_negative", "p_positive", "tokens", "truncated"]
    assert table.column_names == heads and table.schema.field("p_negative").type == pa.float64()
    rows = table.to_pylist()
    assert [row["text"].strip() for row in rows] == [text.strip() for text in TEXTS]
    assert [row["line"] for row in rows] == [2, 3, 4, 5, 6, 7, 8, 10, 11]
    for row, expected in zip(rows, predictor.classify(TEXTS), strict=True):
        assert (row["label"], row["tokens"], row["truncated"]) == (expected.label, expected.tokens, expected.truncated)
        assert row["probability"] == max(row["p_negative"], row["p_positive"])
        assert row["probability"] == pytest.approx(expected.probability, abs=2e-6)


class Odd(Costless):
    """Labels that a configuration may hold: half of a surrogate pair, a formula, one twice."""

    labels = ("=\ud800", "fine", "fine")

    def classify(self, texts: Any) -> Any:
        label, shares = self.labels[0], {"=\ud800": 0.75, "fine": 0.25}
        return [Classification(text, label, 0.75, shares, 2, False) for text in texts]


@pytest.mark.parametrize("form", FORMS)
def test_labels_that_no_file_can_hold_are_written_as_they_can_be(form: str, source: Path, tmp_path: Path) -> None:
    output = tmp_path / f"out.{form}"
    found, _ = run(Odd(model_folder(tmp_path)), source, output)
    assert found["labels"] == {"=\ud800": len(TEXTS), "fine": 0}
    if form == "parquet":
        assert pq.read_table(output).column("label")[0].as_py() == "=?"
    else:
        head = output.read_text(encoding="utf-8").split("\n", 1)[0]
        assert "=?" in head if form == "jsonl" else head.count("p_fine") == 1


def test_long_texts_make_chunks_shorter(tmp_path: Path) -> None:
    asked: list[int] = []
    source = tmp_path / "long.csv"
    source.write_text("review\n" + "".join(f"{row} {'long ' * 200}\n" for row in range(600)))
    predictor = Costless(model_folder(tmp_path), asked.append)
    run(predictor, source, tmp_path / "out.csv", ChunkSizes(500, 500, 1000))
    assert asked == [0, 128, 256, 384, 512]


def test_chunks_grow_from_small_to_many() -> None:
    sizes, starts = ChunkSizes(), [0]
    while starts[-1] < 8192:
        starts.append(starts[-1] + sizes(starts[-1]))
    assert starts == [0, 128, 256, 512, 1024, 2048, 4096, 6144, 8192]


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
    with pytest.raises(InputError, match=r"must end in \.csv, \.jsonl or \.parquet"):
        run(predictor, tmp_path / "absent.csv", tmp_path / name)


def test_a_folder_that_is_not_there_is_refused(predictor: Predictor, source: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        run(predictor, source, tmp_path / "absent" / "out.csv")


class RequestCancelledError(Exception):
    """What the service raises out of a progress function."""


@pytest.mark.parametrize("error", [OSError("a pipe"), RequestCancelledError(), KeyboardInterrupt()])
def test_a_failure_leaves_the_older_output_and_what_is_done(
    error: BaseException, predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    output = tmp_path / "results" / "out.csv"
    output.parent.mkdir()
    output.write_text("older")

    def progress(what: str, share: float | None) -> None:
        if what.startswith("classifying"):
            raise error

    with pytest.raises(type(error)):
        classify_into(predictor, str(source), ReadingOptions(text="review", header=True), output, progress)
    assert names(output.parent) == [".out.csv.partial", "out.csv"] and output.read_text() == "older"


def test_an_output_that_is_a_folder_is_a_sentence_and_leaves_nothing(
    predictor: Predictor, source: Path, tmp_path: Path
) -> None:
    (tmp_path / "results" / "out.csv").mkdir(parents=True)
    with pytest.raises(ReviewtuiError, match=r"Cannot write .*out\.csv"):
        run(predictor, source, tmp_path / "results" / "out.csv")
    assert names(tmp_path / "results") == ["out.csv"]


@pytest.mark.parametrize("form", FORMS)
def test_columns_of_the_source_pass_through_so_that_answers_join_back(form: str, tmp_path: Path) -> None:
    rows = [(f"=A{number}", f"review {number} is fine", f"{number}.5", "long " * 30) for number in range(20)]
    source = tmp_path / "inbox.csv"
    with source.open("w", newline="") as file:
        csv.writer(file).writerows([("label", "review", "p_negative", "story"), *rows])
    for keep, expected in (
        ("short", ["label", "p_negative"]),
        ("none", []),
        ("p_negative", ["p_negative"]),
        ("story,label", ["story", "label"]),
    ):
        output = tmp_path / f"{keep}.{form}"
        options = ReadingOptions(text="review", header=True, label="")
        classify_into(Costless(model_folder(tmp_path)), str(source), options, output, lambda *_: None, keep=keep)
        found = read_back(output)
        names = [name for name in found[0] if name.startswith("source_")]
        assert names == [f"source_{name}" for name in expected]
        assert found[0].keys() >= {"label", "probability"} and found[3]["text"] == rows[3][1]
        header = ("label", "review", "p_negative", "story")
        for row, answer in zip(rows, found, strict=True):
            for name in expected:
                cell = row[header.index(name)]
                assert answer[f"source_{name}"] == (f"'{cell}" if form == "csv" and cell.startswith("=") else cell)
    with pytest.raises(InputError, match="--keep names “stars”"):
        target = tmp_path / f"x.{form}"
        classify_into(Costless(model_folder(tmp_path)), str(source), options, target, lambda *_: None, keep="stars")


def read_back(path: Path) -> list[dict[str, Any]]:
    if path.suffix == ".csv":
        with path.open(newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found
