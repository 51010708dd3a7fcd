"""The engine's request to label a pile: scored, judged, written and recorded, with a real model."""

from __future__ import annotations

import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import InputError
from core.engine.certificate_methods import auto_label
from core.engine.certificate_requests import AutoLabel, AutoLabelled
from core.inference.predictor import Predictor
from core.reviews.reading import Reviews
from core.reviews.unlabelled import read_unlabelled
from core.runs.folder import RunFolder
from core.runs.model_hash import model_hash
from core.triage.audit import audit_key, audit_numbers, random_sequence
from core.triage.certificate.temperatures import temperature_file
from core.triage.certificate.watching import certificate_of, labelled_automatically, watch
from core.triage.decisions import DecisionLog, PileInUseError
from core.triage.texts.kept import facts_of
from tests.core.triage.certificate.made import said

REVIEWS = 260


@pytest.fixture
def run(home: Path, tiny_classifier: Path) -> RunFolder:
    folder = RunFolder(home / "runs" / "20260101-000000-aaaa")
    folder.path.mkdir(parents=True)
    shutil.copytree(tiny_classifier, folder.model)
    folder.settings.write_text('name = "tiny"\ndata = "x.csv"\n')
    return folder


@pytest.fixture
def pile(reviews_csv: Any) -> tuple[str, Reviews]:
    source = str(reviews_csv(REVIEWS, seed=3))
    return source, read_unlabelled(source)


def ask(pile: tuple[str, Reviews], run: RunFolder, **more: Any) -> AutoLabelled:
    return auto_label(AutoLabel(source=pile[0], run=str(run.path), max_error=0.2, **more), lambda what, share: None)


def certified(found: AutoLabelled) -> bool:
    assert found.certificate is not None
    return found.certificate.certified


def sequence_of(pile: tuple[str, Reviews]) -> list[int]:
    numbers = audit_numbers(pile[1].hashes, audit_key(pile[0]))
    rows: list[int] = random_sequence(facts_of(pile[1]).groups, numbers).tolist()
    return rows


def audit(pile: tuple[str, Reviews], run: RunFolder, rows: range) -> None:
    """A person who always agrees with the model, without having seen its answer."""
    log = DecisionLog(pile[0], sync=lambda descriptor: None)
    chosen = sequence_of(pile)[rows.start : rows.stop]
    answers = Predictor(run.model).classify(pile[1].texts(chosen))
    for row, answer in zip(chosen, answers, strict=True):
        log.decide(said(pile[1], row, answer.label, predicted=answer.label))
    log.close()


def test_labels_a_pile_once_there_is_evidence(pile: tuple[str, Reviews], run: RunFolder, tmp_path: Path) -> None:
    output = tmp_path / "labels.csv"
    before = ask(pile, run, record=True, output=str(output))
    assert not certified(before) and before.labelled == before.recorded == 0
    assert before.output == "" and not output.exists()
    audit(pile, run, range(160))
    only_asked = ask(pile, run)
    assert certified(only_asked) and only_asked.labelled == 100 and only_asked.recorded == 0
    log = DecisionLog(pile[0])
    assert log.history.counts.by_model == 0
    log.close()
    done = ask(pile, run, record=True, output=str(output))
    assert (done.labelled, done.recorded, done.watched) == (100, 95, 5)
    rows = list(csv.DictReader(io.StringIO(output.read_text(encoding="utf-8"))))
    assert len(rows) == 100 and {row["source"] for row in rows} == {"model"}
    assert {row["model"] for row in rows} == {run.id} and {row["model_name"] for row in rows} == {"tiny"}
    texts = pile[1].texts(sorted(sequence_of(pile)[160:]))
    expected = [one.label for one in Predictor(run.model).classify(texts)]
    assert [(row["reviewText"], row["label"]) for row in rows] == list(zip(texts, expected, strict=True))
    log = DecisionLog(pile[0])
    assert log.history.counts.by_model == 95
    (operation,) = labelled_automatically(log.history)
    made = certificate_of(log.folder, operation)
    assert made is not None and not watch(made, operation, log.history).withdrawn
    log.undo()
    assert log.history.counts.by_model == 0 and log.history.counts.decided == 160
    log.close()


def test_the_model_is_calibrated_on_the_audits_of_the_pile(pile: tuple[str, Reviews], run: RunFolder) -> None:
    audit(pile, run, range(149))
    assert ask(pile, run).temperature is None
    audit(pile, run, range(149, 150))
    found = ask(pile, run).temperature
    assert found is not None and found.rows == 150 and found.fitted_on == "random reviews of this pile"
    file = temperature_file(pile[0], model_hash(run.model))
    first = file.read_bytes()
    assert ask(pile, run).temperature == found and file.read_bytes() == first


def test_an_open_pile_is_not_labelled_and_nothing_is_written(
    pile: tuple[str, Reviews], run: RunFolder, tmp_path: Path
) -> None:
    audit(pile, run, range(100))
    log = DecisionLog(pile[0])
    with pytest.raises(PileInUseError):
        ask(pile, run, record=True, output=str(tmp_path / "labels.jsonl"))
    assert certified(ask(pile, run)), "looking is always possible"
    log.close()
    assert not (tmp_path / "labels.jsonl").exists()


def test_outputs_that_cannot_be_written_are_refused_at_once(
    pile: tuple[str, Reviews], run: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "folder.csv").mkdir()
    for output, said_of_it in (
        (tmp_path / "labels.parquet", "csv or .jsonl"),
        (tmp_path / "nowhere" / "labels.csv", "no folder"),
        (tmp_path / "folder.csv", "is a folder"),
        (Path(pile[0]), "file of reviews itself"),
    ):
        with pytest.raises(InputError, match=said_of_it):
            ask(pile, run, record=True, output=str(output))
    assert not (run.path.parents[1] / "scores").exists(), "before anything is computed"


def test_the_file_says_what_the_log_says(pile: tuple[str, Reviews], run: RunFolder, tmp_path: Path) -> None:
    audit(pile, run, range(100))
    output = tmp_path / "labels.jsonl"
    done = ask(pile, run, record=True, output=str(output))
    rows = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    log = DecisionLog(pile[0])
    (operation,) = labelled_automatically(log.history)
    log.close()
    recorded = {one.hash: (one.verdict, one.probability) for one in operation.decisions}
    of_file = {row["hash"]: (row["label"], row["probability"]) for row in rows}
    assert recorded.items() <= of_file.items() and len(of_file) - len(recorded) == done.watched
