"""Evaluating a run's model: the figures of its own answers, on the rows that count, with a leak told."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, log_loss

from core.base.errors import InputError
from core.inference.evaluation import evaluate_run
from core.inference.evaluation_report import EvaluationReport
from core.inference.predictor import Predictor
from core.reviews.hashing import text_hash
from core.reviews.options import ReadingOptions
from core.runs.folder import RunFolder, create_run
from core.runs.request import Request


@pytest.fixture(scope="module")
def predictor(tiny_classifier: Path) -> Predictor:
    return Predictor(tiny_classifier)


@pytest.fixture
def rows(reviews_of: Callable[..., list[tuple[str, str]]]) -> list[tuple[str, str]]:
    return reviews_of(60, 9)


@pytest.fixture
def run(tiny_classifier: Path) -> RunFolder:
    """A run that is over, trained on a file with other names for its columns."""
    made = create_run(Request(name="chairs", data="/x.csv", reading=ReadingOptions(text="review", label="label")))
    shutil.copytree(tiny_classifier, made.model)
    return made


def write(path: Path, rows: list[tuple[str, str]], heads: tuple[str, str] = ("review", "label")) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([heads, *rows])
    return str(path)


def evaluate(run: RunFolder, predictor: Predictor, source: str, **options: Any) -> EvaluationReport:
    return evaluate_run(run, predictor, source, options.get("reading"), options.get("progress", lambda *_: None))


def test_the_figures_are_those_of_the_predictors_own_answers(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    found = evaluate(run, predictor, write(tmp_path / "test.csv", rows))
    answers = predictor.classify([text for text, _ in rows])
    truth, said = [label for _, label in rows], [answer.label for answer in answers]
    shares = np.array([list(answer.probabilities.values()) for answer in answers])
    assert found.accuracy == pytest.approx(accuracy_score(truth, said))
    assert found.macro_f1 == pytest.approx(f1_score(truth, said, average="macro", zero_division=0.0))
    assert found.loss == pytest.approx(log_loss(truth, shares, labels=["negative", "positive"]), rel=1e-4)
    assert np.array_equal(found.confusion, confusion_matrix(truth, said, labels=["negative", "positive"]))
    assert (found.run, found.rows, found.labels) == (run.id, 60, ("negative", "positive"))
    assert 0 < found.ece_null_mean < found.ece_null_95 < 1 and 0 <= found.ece <= 1
    assert {name: row.rows for name, row in found.per_class.items()} == {"negative": 30, "positive": 30}


def test_rows_without_a_label_that_the_model_knows_do_not_count(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    whole = evaluate(run, predictor, write(tmp_path / "whole.csv", rows))
    mixed = [*rows, ("odd lamp", "sarcastic"), ("plain chair", "")]
    found = evaluate(run, predictor, write(tmp_path / "mixed.csv", mixed))
    assert found.rows == 60 and found.accuracy == whole.accuracy and found.loss == whole.loss
    assert sum(found.left_out.values()) >= 1


def test_a_file_with_other_columns_is_detected_anew(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    found = evaluate(run, predictor, write(tmp_path / "other.csv", rows, ("text", "sentiment")))
    assert found.rows == 60


def test_a_file_may_be_read_as_one_says(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    source = write(tmp_path / "other.csv", rows, ("first", "second"))
    reading = ReadingOptions(text="first", label="second", scheme="as_is")
    assert evaluate(run, predictor, source, reading=reading).rows == 60


def test_a_file_without_a_label_that_is_known_is_refused_with_the_labels_that_are(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    source = write(tmp_path / "other.csv", [(text, "meh" if n % 2 else "wow") for n, (text, _) in enumerate(rows)])
    with pytest.raises(InputError) as caught:
        evaluate(run, predictor, source)
    assert str(caught.value).endswith(".") and "\n" not in str(caught.value)


def test_reviews_that_the_run_learned_from_are_told(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    source = write(tmp_path / "test.csv", rows)
    assert evaluate(run, predictor, source).leak is None
    hashes = np.array([text_hash(text.upper()) for text, _ in rows[:7]], dtype=np.uint64)
    sides = ["train"] * 5 + ["validation"] * 2
    pq.write_table(pa.table({"row": np.arange(7), "text_hash": hashes, "side": sides}), run.split)
    leak = evaluate(run, predictor, source).leak
    assert leak is not None and leak.rows == 5 and leak.examples[0].line == 2


def test_progress_goes_from_reading_to_evaluating_all(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    heard: list[tuple[str, float | None]] = []
    evaluate(run, predictor, write(tmp_path / "t.csv", rows), progress=lambda what, share: heard.append((what, share)))
    assert heard[0][0] == "reading" and heard[-1] == ("evaluating", 1.0)
    shares = [share for what, share in heard if what == "evaluating"]
    assert shares == sorted(shares)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("named", "part"), [("train test valid", "test"), ("train dev", "validation"), ("train", None)]
)
def test_a_source_that_names_parts_is_evaluated_on_those_that_were_not_learned(
    run: RunFolder, predictor: Predictor, rows: list[tuple[str, str]], tmp_path: Path, named: str, part: str | None
) -> None:
    """Whether a column says so or the names of files do; the figures are those of these reviews alone."""
    names = named.split()
    parts = [names[number // 2 % len(names)] for number in range(len(rows))]
    with (tmp_path / "all.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [("review", "label", "split"), *((*row, p) for row, p in zip(rows, parts, strict=True))]
        )
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in names:
        write(folder / f"{name}.csv", [row for row, p in zip(rows, parts, strict=True) if p == name])
    wanted = {"test": "test", "validation": "dev", None: "train"}[part]
    alone = evaluate(
        run, predictor, write(tmp_path / "x.csv", [r for r, p in zip(rows, parts, strict=True) if p == wanted])
    )
    for source in (str(tmp_path / "all.csv"), str(folder)):
        found = evaluate(run, predictor, source)
        assert (found.part, found.rows, found.accuracy, found.cut) == (part, alone.rows, alone.accuracy, alone.cut)
