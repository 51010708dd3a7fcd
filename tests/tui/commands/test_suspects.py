"""The command `suspects`, with the engine's method called in this process."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from core.engine.methods import METHODS
from core.engine.suspicion_requests import FindSuspects
from tests.conftest import made_reviews
from tests.hostile import SOUND
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tui.commands import suspects


@pytest.fixture(autouse=True)
def engine_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(request: Any) -> Any:
        return METHODS[type(request)](request, lambda *_: None)

    monkeypatch.setattr(suspects, "ask", ask)


def _file(path: Path, more: list[tuple[str, str]] = []) -> Path:  # noqa: B006 (not changed)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("review", "label"), *made_reviews(60), *more])
    return path


def test_each_suspect_is_an_object_on_a_line(tmp_path: Path, tiny_model: Path, capsys: Printed) -> None:
    file = _file(tmp_path / "r.csv", [("Great", "positive"), ("great", "negative")])
    assert reviewtui("suspects", str(file), "--model", str(tiny_model), "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))
    assert {rows[0]["text"], rows[1]["text"]} == {"Great", "great"} and rows[0]["reason"] == "contradiction"
    assert reviewtui("suspects", str(file), "--model", str(tiny_model), "--json", "--most", "1") == 0
    assert [json.loads(line) for line in capsys.readouterr().out.splitlines()] == rows[:1]


def test_with_an_output_the_figures_are_one_object(tmp_path: Path, tiny_model: Path, capsys: Printed) -> None:
    file, output = _file(tmp_path / "r.csv"), tmp_path / "out.jsonl"
    command = ("suspects", str(file), "--model", str(tiny_model), "--output", str(output), "--folds", "3", "--json")
    assert reviewtui(*command) == 0
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    written = [json.loads(line) for line in output.read_text().splitlines()]
    assert (found["folds"], found["rows"], found["output"]) == (3, 60, str(output))
    assert len(written) == found["written"] == found["suspects"]
    assert sum(row["likely"] for row in written) == found["likely"] == sum(one["reviews"] for one in found["changes"])


def test_what_is_printed_of_hostile_reviews_and_labels_steers_nothing(
    tmp_path: Path, tiny_model: Path, capsys: Printed
) -> None:
    labels = [text for text in SOUND if text.strip() and len(text) < 60][:8]
    texts = [text for text in SOUND if text.strip()]
    more = [(text, labels[number % 8]) for number, text in enumerate(texts)]
    assert reviewtui("suspects", str(_file(tmp_path / "r.csv", more)), "--model", str(tiny_model), "--folds", "2") == 0
    lines = lines_of(capsys)
    assert any("probably wrong (an estimate)" in line for line in lines) and len(lines) > 20


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--output", "x.xlsx"], "must end in .csv or .jsonl"),
        (["--folds", "1"], "--folds"),
        (["--model", "./nothing"], "no model folder"),
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], said: str, tmp_path: Path, capsys: Printed) -> None:
    assert reviewtui("suspects", str(_file(tmp_path / "r.csv")), *words) == 2
    assert said in capsys.readouterr().err


def test_the_request_has_the_defaults_of_the_command() -> None:
    assert FindSuspects(source="x").folds == 5 and FindSuspects(source="x").model == "auto"


def test_corrected_labels_are_a_new_file_and_are_said(tmp_path: Path, tiny_model: Path, capsys: Printed) -> None:
    file = _file(tmp_path / "r.csv", [("Great", "positive"), ("great", "negative")])
    assert reviewtui("suspects", str(file), "--correct") == 2
    assert "Nothing was decided" in capsys.readouterr().err
    said = tmp_path / "said.csv"
    said.write_text("reviewText,label\nGreat,positive\n")
    assert reviewtui("suspects", str(file), "--correct", "--decisions", str(said), "--json") == 0
    done = json.loads(capsys.readouterr().out)
    assert (done["rows"], done["corrected"], done["confirmed"]) == (62, 1, 1)
    assert done["output"] == str(tmp_path / "r-corrected-1.csv")
    assert reviewtui("suspects", str(file), "--correct", "--decisions", str(said)) == 0
    assert "r-corrected-2.csv: 1 corrected, 1 confirmed" in capsys.readouterr().out
    assert reviewtui("suspects", str(file), "--decisions", str(said)) == 2
    assert reviewtui("suspects", str(file), "--correct", "--output", str(file), "--decisions", str(said)) == 2
    assert "nothing is overwritten" in capsys.readouterr().err
