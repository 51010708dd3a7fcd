"""Sweeps: every strategy, whoever is killed; what is proposed is a function of what was tried."""

from __future__ import annotations

import math
import random
from typing import Any

import pytest

from core.base.errors import InputError
from core.experiments import making
from core.experiments.continuing import continue_all, start_group
from core.experiments.state import read_result, read_state
from core.experiments.sweep_spec import SweepSpec, check_sweep, rungs
from core.runs.folder import RunFolder, list_runs
from core.runs.group import GroupFolder, find_group
from core.runs.request import Request
from tests.core.experiments.bench import Killed, Machine, request
from tests.tui.made_runs import append

SPACE = {"learning_rate": "1e-05..0.001:log", "freeze_layers": "none,2,4"}


def hill(asked: Request) -> dict[str, float]:
    """Best at a learning rate of 1e-4 and two frozen layers."""
    rate = asked.settings.learning_rate
    away = abs(math.log10(rate / 1e-4)) if isinstance(rate, float) else 2.0
    frozen = {"none": 0.02, 2: 0.0, 4: 0.05}[asked.settings.freeze_layers]
    return {"macro_f1": 0.9 - 0.1 * away - frozen - asked.settings.seed / 1000}


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(monkeypatch, hill)


def started(strategy: str = "search", *, runs: int = 12, base: Request | None = None, **spec: Any) -> GroupFolder:
    fields = {"space": SPACE, "strategy": strategy, "metric": "macro_f1", "runs": runs, **spec}
    return start_group("hill", "sweep", base or request(), fields)


def tried(group: GroupFolder) -> list[tuple[int, str, dict[str, Any]]]:
    return [(one.number, one.member.role, one.member.settings) for one in read_state(group).members]


def test_a_search_begins_with_presets_climbs_and_confirms_with_fresh_seeds(machine: Machine) -> None:
    base = request(learning_rate=3e-4)
    group = started(base=base)
    machine.work()
    result = read_result(group)
    assert result is not None
    members = read_state(group).members
    assert members[0].member.settings == {"learning_rate": 3e-4, "freeze_layers": "none"}
    assert members[0].member.why == "as in the request"
    assert result["trials"] == 12 and result["failed"] == 0
    scores = [one.summary.validation.macro_f1 for one in members[:12]]  # type: ignore[union-attr]
    assert result["winner"]["validation"]["macro_f1"] == max(scores) > scores[0]
    again = result["confirmation"]
    fresh = [one for one in members if one.member.role == "confirmation"]
    assert again["runs"] == [one.member.run for one in fresh] and len(fresh) == 2
    assert [one.member.settings["seed"] for one in fresh] == [2, 3]
    assert all({**one.member.settings, "seed": 1} == {**result["winner"]["settings"], "seed": 1} for one in fresh)
    assert len({str(sorted(one.member.settings.items())) for one in members}) == 14


def test_a_grid_tries_every_combination_once(machine: Machine) -> None:
    group = started("grid", space={"batch_size": "8..32:8", "freeze_layers": "none,2,4"})
    machine.work()
    combinations = [(one[2]["batch_size"], one[2]["freeze_layers"]) for one in tried(group) if one[1] == "trial"]
    assert combinations == [(size, frozen) for size in (8, 16, 24, 32) for frozen in ("none", 2, 4)]
    assert read_result(group) is not None


def test_halving_trains_the_best_third_on(machine: Machine) -> None:
    group = started("halving", runs=9, base=request(epochs=9))
    machine.work()
    result, members = read_result(group), read_state(group).members
    assert result is not None
    trials = [one for one in members if one.member.role == "trial"]
    assert sorted(one.member.epochs or 1 for one in trials) == [1] * 6 + [3] * 2 + [9]
    best = max(trials, key=lambda one: hill(one.run.request())["macro_f1"])  # type: ignore[union-attr]
    assert result["winner"]["run"] == best.member.run and best.member.epochs == 9
    asked = best.run.request().settings if best.run is not None else None
    assert asked is not None and (asked.epochs, asked.schedule) == (9, "wsd")
    assert {epochs for name, epochs in machine.trained if "winner-seed" in name} == {9}


def test_failed_and_deleted_trials_count_and_do_not_win(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    train = machine.train

    def fails(run: RunFolder) -> None:
        if run.request().name in ("hill-02", "hill-04"):
            append(run, "failed", message="diverged")
        else:
            train(run)

    monkeypatch.setattr(machine, "train", fails)
    group = started(runs=6)
    machine.work()
    result = read_result(group)
    assert result is not None and (result["trials"], result["failed"]) == (6, 2)
    assert result["winner"]["number"] not in (2, 4)


def test_a_sweep_in_which_everything_fails_ends_without_a_winner(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "train", lambda run: append(run, "failed", message="no"))
    for strategy in ("search", "halving"):
        group = start_group(strategy, "sweep", request(epochs=9), {"space": SPACE, "strategy": strategy, "runs": 3})
        machine.work()
        result = read_result(group)
        assert result is not None and result["winner"] is None and result["confirmation"] is None


@pytest.mark.parametrize("strategy", ["search", "halving"])
@pytest.mark.parametrize("seed", [0])
def test_kills_at_any_moment_change_neither_proposals_nor_winner(
    strategy: str, seed: int, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = request(epochs=9)
    undisturbed = started(strategy, runs=12, base=base)
    machine.work()
    random_of = random.Random(seed)
    left = [random_of.randint(1, 3) for _ in range(20)]

    def dying(works: Any) -> Any:
        def call(*arguments: Any, **named: Any) -> Any:
            if left:
                left[0] -= 1
                if left[0] <= 0:
                    left.pop(0)
                    if random_of.random() < 0.5:
                        works(*arguments, **named)
                    raise Killed
            return works(*arguments, **named)

        return call

    for name in ("create_run", "append", "enqueue"):
        monkeypatch.setattr(making, name, dying(getattr(making, name)))
    works = machine.train
    monkeypatch.setattr(machine, "train", dying(works))
    spec = {"space": SPACE, "strategy": strategy, "metric": "macro_f1", "runs": 12}
    calls = [lambda: start_group("killed", "sweep", base, spec), *[continue_all] * 60]
    for call in calls:
        try:
            call()
            machine.work()
        except Killed:
            machine.power_cut()
    assert not left, "fewer than 20 kills"
    disturbed = find_group("killed")
    assert disturbed is not None
    assert [one[1:] for one in tried(disturbed)] == [one[1:] for one in tried(undisturbed)]
    first, second = read_result(undisturbed), read_result(disturbed)
    assert first is not None and second is not None
    assert second["winner"]["settings"] == first["winner"]["settings"]
    assert second["winner"]["validation"] == first["winner"]["validation"]
    assert len(list_runs()) == 2 * len(tried(undisturbed))


def test_no_trial_is_planned_that_would_end_too_late(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.experiments import sweep

    monkeypatch.setattr(sweep, "_seconds_taken", lambda one: 40.0)
    group = started(runs=1000, minutes=3.0)
    machine.work()
    assert sum(one[1] == "trial" for one in tried(group)) == 4  # 4 × 40 s; a fifth would end after 200 s


def test_accuracy_against_seconds_ends_in_a_front(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(monkeypatch, lambda asked: {"accuracy": 0.8 + min(asked.settings.epochs, 5) / 100})
    group = started("search", runs=6, space={"epochs": "1..8"}, metric="accuracy-and-seconds")
    machine.work()
    result = read_result(group)
    assert result is not None
    points = [(one["seconds"], one["validation"]["accuracy"]) for one in result["pareto"]]
    assert points == sorted(points) and len({accuracy for _, accuracy in points}) == len(points)
    every = [one.summary for one in read_state(group).members if one.member.role == "trial"]
    for summary in every:
        assert summary is not None and summary.validation is not None
        assert any(
            seconds <= (summary.duration_seconds or 0) and accuracy >= summary.validation.accuracy
            for seconds, accuracy in points
        )


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"strategy": "guess"}, "--strategy is one of"),
        ({"metric": "beauty"}, "--metric one of"),
        ({"runs": 1}, "2 to 1000 runs"),
        ({"minutes": -1.0}, "minutes are positive"),
        ({"strategy": "grid"}, "finitely many values"),
        ({"strategy": "halving", "space": {"epochs": "1..9"}}, "Halving decides epochs itself"),
        ({"strategy": "halving", "metric": "accuracy-and-seconds"}, "ranks by one figure"),
    ],
)
def test_what_does_not_fit_together_is_refused(spec: dict[str, Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        check_sweep(SweepSpec(**{"space": SPACE, **spec}), request(epochs=9).settings)


def test_rungs_end_with_all_epochs() -> None:
    assert [rungs(epochs) for epochs in (1, 3, 9, 10, 27)] == [(1,), (1, 3), (1, 3, 9), (1, 3, 10), (3, 9, 27)]
    with pytest.raises(InputError, match="at least 3 epochs"):
        check_sweep(SweepSpec(space=SPACE, strategy="halving"), request(epochs=2).settings)


def test_a_damaged_declaration_is_a_sentence(machine: Machine) -> None:
    group = started(runs=3)
    group.declaration.write_text(group.declaration.read_text().replace('"search"', "7"))
    with pytest.raises(InputError, match="cannot continue"):
        machine.work()
