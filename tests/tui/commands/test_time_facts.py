"""`status` says where the time of a run went and how busy its GPUs are, where that is known."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.runs.history import RunHistory
from tests.core.runs.whole_records import record
from tests.hostile import SHORT, steering
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tests.tui.made_runs import append, make_run
from tui.commands.time_facts import gpu_facts, time_facts

GPU = {"index": 0, "name": "H100", "total": 80 << 30, "ours_allocated": 10, "ours_reserved": 20, "other": 5, "free": 55}
BUSY = {"utilisation": 0.87, "temperature": 61, "power": 402.5, "power_limit": 700}


def facts(printed: Printed) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in lines_of(printed))


def with_gpu(**fields: Any) -> RunHistory:
    history = RunHistory()
    history.update([record("memory", devices=[{**GPU, **fields}])])
    return history


def test_the_largest_part_is_said_and_all_parts_are_listed(capsys: Printed) -> None:
    run = make_run(1, name="timed", steps=5, end="stopped")
    append(run, "time", elapsed=100.0, input=4, forward=20, backward=50, optimizer=10, evaluation=6, checkpoint=0.1)
    assert reviewtui("status", "timed", "--plain") == 0
    said = facts(capsys)
    assert said["where the time went"] == "50% of 1:40 went to backward passes."
    assert said["time by part"] == (
        "input 4 s (4%), forward passes 20 s (20%), backward passes 50 s (50%), the optimizer 10 s (10%), evaluations "
        "6 s (6%), everything else 10 s (10%)"
    )
    assert reviewtui("status", "timed", "--json") == 0
    (line,) = lines_of(capsys)
    spent = json.loads(line)["time_spent"]
    assert spent["elapsed"] == 100 and spent["backward"] == 50 and spent["other"] == pytest.approx(9.9)
    assert sum(seconds for part, seconds in spent.items() if part != "elapsed") == pytest.approx(100)


def test_nothing_is_said_about_runs_of_earlier_versions(capsys: Printed) -> None:
    run = make_run(1, name="early", steps=5, end="stopped")
    assert reviewtui("status", "early", "--plain") == 0
    assert not {"where the time went", "time by part", "GPU 0"} & facts(capsys).keys()
    assert reviewtui("status", run.id, "--json") == 0
    (line,) = lines_of(capsys)
    assert json.loads(line)["time_spent"] is None and json.loads(line)["gpus"] == []
    history = RunHistory()
    history.update([record("time", elapsed=0.0)])
    assert time_facts(history) == []


def test_a_gpu_says_what_its_driver_says(capsys: Printed) -> None:
    others = [{"pid": 7, "name": "python3", "bytes": 5 << 30}, {"pid": 8, "name": "", "bytes": None}]
    run = make_run(1, name="fast", steps=5, end="stopped", devices=[{**GPU, **BUSY, "others": others}])
    assert reviewtui("status", run.id, "--plain") == 0
    text = facts(capsys)["GPU 0"]
    assert text == "87% busy, 61 °C, 402 of 700 W, also used by python3 (7, 5.0 GiB), also used by a process (8)"
    assert reviewtui("status", run.id, "--json") == 0
    (line,) = lines_of(capsys)
    (gpu,) = json.loads(line)["gpus"]
    assert gpu["utilisation"] == 0.87 and gpu["others"][0]["name"] == "python3"


@pytest.mark.parametrize("missing", list(BUSY))
def test_what_the_driver_does_not_say_is_left_out(missing: str) -> None:
    ((_, text),) = gpu_facts(with_gpu(**{**BUSY, missing: None}))
    assert "None" not in str(text) and text
    assert gpu_facts(with_gpu()) == [] and gpu_facts(RunHistory()) == []


@pytest.mark.parametrize("name", SHORT[:40], ids=repr)
def test_a_process_of_a_strangers_journal_does_not_steer(name: str) -> None:
    ((_, text),) = gpu_facts(with_gpu(others=[{"pid": 7, "name": name, "bytes": 1}]))
    assert not steering(str(text))
