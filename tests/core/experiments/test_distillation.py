"""A distillation: two students, the better one kept, and what it says about replacing the teacher."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.base.files import private_folder, write_json
from core.distillation.asking import plan_distillation
from core.experiments import distillation
from core.experiments.continuing import start_group
from core.experiments.state import read_result, read_state
from core.runs.folder import RunFolder, list_runs
from core.runs.group import GroupFolder
from core.runs.request import Request
from core.statistics.difference import Difference
from core.statistics.noninferiority import Inferiority, inferiority_sentence, judge_inferiority
from tests.core.experiments.bench import Machine
from tests.tui.made_runs import make_run

ROWS = 400


def by_beginning(asked: Request) -> dict[str, float]:
    assert asked.distillation is not None
    return {"macro_f1": 0.9 if asked.distillation.layers == (1, 3, 6) else 0.8, "accuracy": 0.5}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch, by_beginning)


@pytest.fixture
def teacher() -> RunFolder:
    run = make_run(1, name="teacher")
    _answer(run, wrong=range(10), layers=6)
    return run


def _answer(run: RunFolder, wrong: Any, layers: int) -> None:
    """Write a model's config, and its answers to validation rows, of which some are wrong."""
    write_json(
        private_folder(run.model) / "config.json",
        {"model_type": "bert", "num_hidden_layers": layers, "id2label": {"0": "bad", "1": "good"}},
    )
    labels = np.arange(ROWS) % 2
    said = np.where(np.isin(np.arange(ROWS), list(wrong)), 1 - labels, labels)
    table = {
        "row": np.arange(ROWS),
        "text_hash": np.arange(ROWS, dtype=np.uint64),
        "label": labels,
        "logits": pa.array(np.eye(2)[said].tolist()),
    }
    pq.write_table(pa.table(table), run.predictions)


def _distil(teacher: RunFolder, margin: float = 0.01) -> GroupFolder:
    request, kept = plan_distillation(teacher, name="small")
    return start_group(request.name, "distillation", request, {"layers": kept, "margin": margin})


def test_two_students_begin_with_different_layers_and_the_better_one_is_kept(
    machine: Machine, teacher: RunFolder
) -> None:
    group = _distil(teacher)
    machine.work(lambda run: _answer(run, wrong=range(12), layers=3))
    made = [run.request() for run in reversed(list_runs()) if run.id != teacher.id]
    assert [(one.name, one.distillation.layers) for one in made if one.distillation is not None] == [
        ("small-lower", (1, 2, 3)),
        ("small-alternating", (1, 3, 6)),
    ]
    result = read_result(group)
    assert result is not None and result["winner"]["name"] == "small-alternating"
    found = result["comparison"]
    assert found["rows"] == ROWS and found["difference"] == pytest.approx(-2 / ROWS)
    assert found["low"] < found["difference"] < found["high"]
    assert (found["agreed"], found["asked"], found["asked_about"]) == (ROWS - 2, ROWS, "compared rows")
    assert found["retained"] == pytest.approx(388 / 390)
    assert "student: 3 layers" in result["sentence"] and "agrees with its teacher on 99.5%" in result["sentence"]
    assert "that it is not worse by more than 1 point is not shown" in result["sentence"]


def test_a_wide_margin_is_kept(machine: Machine, teacher: RunFolder) -> None:
    group = _distil(teacher, margin=0.05)
    machine.work(lambda run: _answer(run, wrong=range(12), layers=3))
    result = read_result(group)
    assert result is not None and "not worse by more than 5 points" in result["sentence"]
    assert result["comparison"]["outcome"] == Inferiority.NOT_INFERIOR.value


def test_a_teacher_that_is_gone_leaves_the_winner_and_a_reason(machine: Machine, teacher: RunFolder) -> None:
    group = _distil(teacher)

    def ended(run: RunFolder) -> None:
        _answer(run, wrong=range(12), layers=3)
        if run.request().name == "small-alternating":
            teacher.path.rename(teacher.path.with_name("gone"))

    machine.work(ended)
    result = read_result(group)
    assert result is not None and result["winner"] is not None and "was deleted" in result["sentence"]


def test_without_scores_nothing_is_kept(machine: Machine, teacher: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distillation, "best_student", lambda *_: None)
    group = _distil(teacher)
    machine.work()
    result = read_result(group)
    assert result is not None and result["winner"] is None and "No student has scores" in result["sentence"]
    assert read_state(group).concluded


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (-0.0099, 0.02, Inferiority.NOT_INFERIOR),
        (-0.01, 0.02, Inferiority.UNDECIDED),
        (-0.3, 0.3, Inferiority.UNDECIDED),
        (-0.05, -0.011, Inferiority.INFERIOR),
        (-0.05, -0.01, Inferiority.UNDECIDED),
    ],
)
def test_the_lower_end_of_the_interval_decides(low: float, high: float, outcome: Inferiority) -> None:
    difference = Difference((low + high) / 2, low, high, 0.5)
    assert judge_inferiority(difference, 0.01) is outcome
    said = inferiority_sentence(difference, 0.01, 1000)
    assert "on 1,000 rows" in said and said.isprintable()
    if low == -0.0099:
        assert "−0.99…" in said  # not −1.0, which would contradict the verdict
