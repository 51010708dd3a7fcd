"""What commands say of baselines and of runs beside one."""

from __future__ import annotations

import json

import pytest

from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tests.tui.made_baselines import MAJORITY, gain, make_baseline, measured_on
from tests.tui.made_runs import append, make_run


def test_status_says_the_line_to_beat_and_the_verdict(capsys: Printed) -> None:
    base = make_baseline(1)
    run = measured_on(make_run(2, name="tuned", end=None, plan={"majority": MAJORITY}))
    append(run, "finished", against=[gain(run, base, -0.01, 0.02)])
    assert reviewtui("status", "tuned", "--plain") == 0
    said = dict(line.split(": ", 1) for line in lines_of(capsys))
    assert said["majority guess"] == "0.51, macro F1 0.34 (always “negative”)"
    assert said["baseline"] == f"0.882, 6 s (base-1, {base.id})"
    assert said["against it"] == "Fine-tuning gained nothing over 6 seconds of baseline."
    assert reviewtui("status", "tuned", "--json") == 0
    found = json.loads(lines_of(capsys)[0])
    assert found["majority"] == MAJORITY and found["baseline"]["run"] == base.id
    assert found["against_baseline"]["low"] == -0.01 and found["method"] == "fine-tuning"


def test_status_of_a_baseline_has_no_steps_and_its_time(capsys: Printed) -> None:
    make_baseline(1)
    assert reviewtui("status", "base-1", "--plain") == 0
    said = dict(line.split(": ", 1) for line in lines_of(capsys))
    assert not {"step", "epoch", "best epoch", "baseline"} & said.keys()
    assert (said["time"], said["settings"], said["validation accuracy"]) == ("0:06", "baseline", "0.8820")
    assert reviewtui("status", "base-1", "--json") == 0
    found = json.loads(lines_of(capsys)[0])
    assert (found["steps"], found["epochs"], found["method"]) == (None, None, "baseline")


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["extend", "base-1", "--epochs", "4"], "is a baseline, which has no epochs"),
        (["branch", "base-1", "--set", "epochs=9"], "is a baseline, which has no checkpoints"),
        (["baseline", "x.csv", "--set", "learning_rate=1e-3"], "learning_rate does not change it. It has model,"),
        (["baseline", "x.csv", "--set", "modle=starter"], "modle"),
    ],
)
def test_what_a_baseline_does_not_have_is_refused(command: list[str], words: str, capsys: Printed) -> None:
    make_baseline(1)
    assert reviewtui(*command) == 2
    assert words in capsys.readouterr().err
