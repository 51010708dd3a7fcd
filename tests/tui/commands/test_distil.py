"""What `distil` refuses before anything is read, and what is said of a distillation that has ended."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.base.files import write_json
from core.runs.folder import RunFolder
from core.runs.group import create_group
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tests.tui.made_runs import make_run

COSTS = {
    "run": "20260901-100001-0001",
    "parameters": 17_400_000,
    "model_bytes": 70_000_000,
    "accuracy": 0.914,
    "macro_f1": 0.913,
    "reviews_per_second": 159.2,
    "one_review_seconds": 0.0148,
}
SENTENCE = "student: 3 layers; accuracy −0.3 points (−0.9…+0.3) on 1,000 rows: not worse by more than 1 point."


def _teacher() -> RunFolder:
    run = make_run(1, name="teacher")
    write_json(run.model / "config.json", {"model_type": "bert", "num_hidden_layers": 6})
    return run


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--layers", "6"], "--layers is 1 to 5 for teacher"),
        (["--margin", "-1"], "--margin is a number of points"),
        (["--set", "model=starter"], "made from its teacher"),
        (["--set", "temperature=hot"], "temperature is a number"),
        (["--name", "teacher"], "already a run called 'teacher'"),
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], said: str, capsys: Printed) -> None:
    _teacher()
    assert reviewtui("distil", "teacher", *words) == 2
    assert said.lower() in capsys.readouterr().err.lower()


def _ended(**comparison: Any) -> str:
    request = {"name": "small", "data": "/data/reviews.csv", "method": "distillation"}
    group = create_group("small", "distillation", {**request, "distillation": {"teacher": "x"}}, {"layers": 3})
    best = {"run": "20260901-100002-0002", "name": "small-lower\x1b[2J", "layers": [1, 2, 3], "number": 1}
    found = {
        "student": {**COSTS, "layers": 3},
        "teacher": {**COSTS, "layers": 6, "reviews_per_second": None, "parameters": None},
        "retained": 0.992,
        "data": "/data/test.csv",
        "notes": ["The machine was busy."],
        **comparison,
    }
    write_json(group.result, {"kind": "distillation", "name": "small", "winner": best, "comparison": found,
                              "sentence": SENTENCE})  # fmt: skip
    return group.id


def test_status_tells_what_the_student_costs_and_loses(capsys: Printed) -> None:
    _ended()
    assert reviewtui("status", "small") == 0
    said = "\n".join(lines_of(capsys))
    assert SENTENCE in said and "99.2% of the teacher's accuracy, on /data/test.csv" in said
    assert "which began with the layers 1, 2, 3 of its teacher" in said and "note: The machine was busy." in said
    assert "17.4 million" in said and "14.8 ms" in said and "\x1b" not in said


def test_status_as_json_holds_the_whole_result(capsys: Printed) -> None:
    _ended()
    assert reviewtui("status", "small", "--json") == 0
    found = json.loads(lines_of(capsys)[0])
    assert found["kind"] == "distillation" and found["result"]["comparison"]["retained"] == 0.992
