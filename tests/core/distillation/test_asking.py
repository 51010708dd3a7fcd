"""What is asked for is checked before anything is trained."""

from __future__ import annotations

from typing import Any

import pytest

from core.base.errors import InputError
from core.base.files import write_json
from core.distillation.asking import EPOCHS, plan_distillation
from core.runs.folder import RunFolder
from tests.tui.made_runs import make_run


def _teacher(layers: Any = 6) -> RunFolder:
    run = make_run(1, name="teacher")
    write_json(run.model / "config.json", {"model_type": "bert", "num_hidden_layers": layers})
    return run


def test_half_of_the_layers_are_asked_for_unless_another_number_is() -> None:
    teacher = _teacher()
    request, kept = plan_distillation(teacher)
    assert (kept, request.name, request.method) == (3, "teacher-3-layers", "distillation")
    assert request.distillation is not None and request.distillation.teacher == teacher.id
    assert plan_distillation(teacher, layers=5)[1] == 5


def test_it_reads_like_its_teacher_and_learns_by_a_recipe_of_its_own() -> None:
    teacher = _teacher()
    request, _ = plan_distillation(teacher, changes={"learning_rate": "3e-5", "temperature": "4", "label_weight": "0"})
    assert request.settings.model == teacher.request().settings.model and request.settings.epochs == EPOCHS
    assert request.settings.learning_rate == 3e-5
    assert request.distillation is not None
    assert (request.distillation.temperature, request.distillation.label_weight) == (4.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": "starter"}, "made from its teacher"),
        ({"validation_fraction": "0.5"}, "that its teacher has not seen"),
        ({"temperature": "warm"}, "temperature is a number, not 'warm'"),
        ({"temperature": "0"}, "temperature must be from 0.1 to 100"),
        ({"temperature": "nan"}, "temperature must be"),
        ({"variants": "2.5"}, "variants is a whole number"),
        ({"variants": "101"}, "variants must be from 0 to 100"),
        ({"hidden_weight": "-1"}, "weights must be"),
        ({"label_weight": "0", "soft_weight": "0"}, "label_weight or soft_weight above 0"),
        ({"epochs": "none at all"}, "epochs"),
        ({"tempreature": "2"}, "tempreature"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(changes: dict[str, str], words: str) -> None:
    with pytest.raises(InputError, match=words):
        plan_distillation(_teacher(), changes=changes)


@pytest.mark.parametrize("layers", [0, 6, 7, -1])
def test_a_student_has_fewer_layers_than_its_teacher(layers: int) -> None:
    with pytest.raises(InputError, match=f"--layers is 1 to 5 for teacher.*cannot be {layers}"):
        plan_distillation(_teacher(), layers=layers)


def test_a_run_without_a_model_and_a_model_with_one_layer_are_refused() -> None:
    with pytest.raises(InputError, match="has one layer"):
        plan_distillation(_teacher(1))
    with pytest.raises(InputError, match="has no model yet"):
        plan_distillation(make_run(2, name="other", end="failed"))
