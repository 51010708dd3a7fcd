"""Models against each other: the same rows and seeds, and as many epochs or as much time."""

from __future__ import annotations

import pytest

from core.base.errors import InputError
from core.experiments.continuing import start_group
from core.experiments.state import read_result, read_state
from core.experiments.versus import short_name
from core.runs.folder import list_runs
from core.runs.request import Request
from tests.core.experiments.bench import Machine, request


def by_model(asked: Request) -> dict[str, float]:
    return {"accuracy": (0.9 if asked.settings.model == "org/big" else 0.8) + asked.settings.seed / 100}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch, by_model)


def test_every_model_trains_with_every_seed_and_is_summed_up(machine: Machine) -> None:
    spec = {"models": ["starter", "org/big"], "seeds": [1, 2]}
    group = start_group("rivals", "versus", request(epochs=2), spec)
    machine.work()
    assert [name for name, _ in machine.trained] == [
        "rivals-starter-seed-1", "rivals-big-seed-1", "rivals-starter-seed-2", "rivals-big-seed-2",
    ]  # fmt: skip
    assert {run.request().settings.epochs for run in list_runs()} == {2}
    result = read_result(group)
    assert result is not None
    first, second = result["models"]
    assert (first["model"], second["model"]) == ("starter", "org/big")
    assert first["accuracy"]["mean"] == pytest.approx(0.815) and second["accuracy"]["mean"] == pytest.approx(0.915)
    assert len(first["runs"]) == len(second["runs"]) == 2 and first["seconds"] == 2.0


def test_equal_time_is_another_number_of_epochs_for_each(machine: Machine) -> None:
    spec = {"models": ["starter", "org/big"], "seeds": [1], "epochs": [6, 2], "minutes": 5.0}
    group = start_group("rivals", "versus", request(max_steps=3), spec)
    machine.work()
    assert [epochs for _, epochs in machine.trained] == [6, 2] and read_state(group).concluded


def test_a_damaged_declaration_is_a_sentence(machine: Machine) -> None:
    with pytest.raises(InputError, match="damaged"):
        start_group("rivals", "versus", request(), {"models": "starter", "seeds": [1]})


@pytest.mark.parametrize(
    ("model", "name"), [("starter", "starter"), ("org/big", "big"), ("/a b/c d/", "c-d"), ("\x1b[/]", "model")]
)
def test_names_of_runs_from_names_of_models(model: str, name: str) -> None:
    assert short_name(model) == name
