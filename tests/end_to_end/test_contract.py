"""The command line's contract: what scripts rely on, on the starter model, from a file to a classification."""

from __future__ import annotations

import csv
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.conftest import SAMPLES, Reviewtui

pytestmark = pytest.mark.starter

QUICK = ("--model", "starter", "--set", "seed=1", "--set", "max_length=48", "--set", "batch_size=8")


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """The first 120 sample reviews, in the lab's columns."""
    lines = list(csv.reader((SAMPLES / "train.csv").read_text(encoding="utf-8").splitlines(keepends=True)))[:121]
    with (tmp_path / "small.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(lines)
    return tmp_path / "small.csv"


def test_from_a_file_to_a_classification(reviewtui: Reviewtui, small: Path, tmp_path: Path) -> None:
    trained = reviewtui("train", str(small), *QUICK, "--set", "epochs=1", "--name", "first", "--wait", "--json")
    assert trained.status == 0, trained.err
    done = trained.json
    assert done["state"] == "finished"
    assert done["steps"] == done["epochs"] * 14  # 108 of 120 reviews to learn from, 8 a step
    assert done["peak_memory_bytes"] > 50_000_000
    assert {"run", "seconds", "reviews_per_second", "best_epoch"} <= done.keys()
    assert done["validation"].keys() == {"loss", "accuracy", "macro_f1"}

    status = reviewtui("status", "first", "--json").json
    assert status["run"] == done["run"]
    assert status["pid"] is None
    assert status["state"] == "finished"
    assert status["validation"] == done["validation"]
    _check_folder(Path(status["folder"]))

    evaluated = reviewtui("evaluate", done["run"][:-2], str(small), "--json").json
    assert evaluated["rows"] == 120
    assert sum(map(sum, evaluated["confusion"])) == 120
    assert evaluated["leak"]["rows"] == 108
    assert {"accuracy", "macro_f1", "loss", "per_class", "ece"} <= evaluated.keys()

    texts = ["Lovely, sturdy, quiet.", "It broke twice; a refund was refused!", "word " * 100]
    answers = [json.loads(line) for line in reviewtui("classify", *texts, "--json").out.splitlines()]
    assert [answer["text"] for answer in answers] == texts
    assert [answer["truncated"] for answer in answers] == [False, False, True]
    for answer in answers:
        assert answer["probability"] == max(answer["probabilities"].values())
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
    _pipeline_agrees(Path(status["folder"]) / "model", answers[:2])

    output = tmp_path / "answers.csv"
    bulk = reviewtui("classify", "--file", str(SAMPLES / "inbox.csv"), "--output", str(output), "--json")
    assert bulk.status == 0, bulk.err
    inbox, found = _rows(SAMPLES / "inbox.csv"), _rows(output)
    assert bulk.json["rows"] == len(found) == len(inbox)
    assert [row["line"] for row in found] == sorted((row["line"] for row in found), key=int)

    explained = json.loads(reviewtui("classify", texts[1], "--explain", "--json").out)
    parts = explained["explanation"]["parts"]
    assert [part["text"] for part in parts] == ["It", "broke", "twice", "a", "refund", "was", "refused"]
    assert all(texts[1][part["start"] : part["end"]] == part["text"] for part in parts)


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _check_folder(folder: Path) -> None:
    """Everything that DESIGN promises, readable by its owner only."""
    names = {entry.name for entry in folder.iterdir()}
    expected = {"settings.toml", "provenance.json", "events.jsonl", "worker.log", "lock", "split.parquet"}
    assert expected | {"checkpoints", "model", "predictions.parquet"} <= names
    assert not list(folder.rglob("*.bin")) and not list(folder.rglob("*.pt")) and not list(folder.rglob("*.pkl"))
    for entry in [folder, *folder.rglob("*")]:
        assert stat.S_IMODE(entry.stat().st_mode) == (0o700 if entry.is_dir() else 0o600), entry
    model = {entry.name for entry in (folder / "model").iterdir()}
    assert {"config.json", "model.safetensors", "tokenizer.json", "README.md", "calibration.json"} <= model
    config = json.loads((folder / "model" / "config.json").read_text())
    assert config["id2label"] == {"0": "negative", "1": "positive"}


_PIPELINE = """
import json, sys, transformers
pipe = transformers.pipeline("text-classification", model=sys.argv[1], top_k=None)
print(json.dumps([{one["label"]: one["score"] for one in found} for found in pipe(json.loads(sys.argv[2]))]))
"""


def _pipeline_agrees(model: Path, answers: list[dict[str, Any]]) -> None:
    texts = json.dumps([answer["text"] for answer in answers])
    command = [sys.executable, "-c", _PIPELINE, str(model), texts]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    for answer, scores in zip(answers, json.loads(done.stdout.splitlines()[-1]), strict=True):
        assert scores == pytest.approx(answer["probabilities"], abs=1e-4)
        assert max(scores, key=lambda label: scores[label]) == answer["label"]


def test_the_labs_recipe_runs_as_it_is(reviewtui: Reviewtui, small: Path) -> None:
    trained = reviewtui("train", str(small), "--model", "starter", "--preset", "lab", "--wait", "--json")
    assert trained.status == 0, trained.err
    assert trained.json["epochs"] == 10
    plan = json.loads((Path(trained.json["folder"]) / "provenance.json").read_text())
    assert plan["train_rows"].keys() == {"negative", "positive"}


def test_standard_input_is_read_by_a_detached_run(reviewtui: Reviewtui, small: Path) -> None:
    trained = reviewtui("train", "-", *QUICK, "--set", "max_steps=2", "--wait", "--json", stdin=small.read_bytes())
    assert trained.status == 0, trained.err
    assert trained.json["steps"] == 2


def test_a_model_left_open_is_named_in_the_card_and_the_notices(reviewtui: Reviewtui, small: Path) -> None:
    trained = reviewtui("train", str(small), "--set", "max_steps=1", "--wait", "--json")  # offline, nothing cached
    assert trained.status == 0, trained.err
    assert any("Model starter" in notice for notice in trained.json["notices"])
    assert "Fine-tuned from `starter`" in (Path(trained.json["folder"]) / "model" / "README.md").read_text()


def test_runs_and_plain_status_are_lines_for_scripts(reviewtui: Reviewtui, small: Path) -> None:
    assert reviewtui("runs", "--json").out == ""
    run = reviewtui("train", str(small), *QUICK, "--set", "max_steps=1", "--wait", "--json").json["run"]
    assert json.loads(reviewtui("runs", "--json").out)["run"] == run
    plain = dict(line.split(": ", 1) for line in reviewtui("status", run, "--plain").out.splitlines())
    assert plain["state"] == "finished"
    assert plain["step"] == "1 of 1"
