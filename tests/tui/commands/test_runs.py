"""`runs` and `status`: settings, disk space, smoothed loss, and the order of the list."""

from __future__ import annotations

import json
import os

import pytest

from core.base.smoothing import exponential_average
from core.runs.disk_usage import bytes_on_disk
from core.runs.outline import Parent
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tests.tui.made_runs import make_run

LOSSES = [0.7, 0.4, 0.9, 0.2, 0.8]


def test_status_says_the_settings_that_differ_the_smoothed_loss_and_the_size(capsys: Printed) -> None:
    run = make_run(1, name="plain", steps=5, losses=LOSSES, end="stopped")
    (run.path / "weights").write_bytes(os.urandom(3 << 20))
    assert reviewtui("status", "plain", "--plain") == 0
    said = dict(line.split(": ", 1) for line in lines_of(capsys))
    assert said["settings"] == "balanced, but epochs 2"
    assert said["training loss"] == f"{exponential_average(LOSSES, 0.9)[-1]:.4f} (smoothed)"
    assert said["size on disk"].startswith("3.") and said["size on disk"].endswith("MiB")


def test_json_holds_preset_settings_and_bytes(capsys: Printed) -> None:
    run = make_run(1, steps=5, losses=LOSSES, end="stopped")
    for command in (["status", run.id], ["runs"]):
        assert reviewtui(*command, "--json") == 0
        (line,) = lines_of(capsys)
        found = json.loads(line)
        assert (found["preset"], found["settings"]["epochs"], found["settings"]["model"]) == ("balanced", 2, "starter")
        assert found["bytes_on_disk"] == bytes_on_disk(run.path)
    assert found["run"] == run.id


@pytest.mark.parametrize("bad", ["nan", "inf"])
def test_a_diverged_loss_is_no_broken_json(bad: str, capsys: Printed) -> None:
    run = make_run(1, steps=1, losses=[float(bad)], end="failed")
    assert reviewtui("status", run.id, "--json") == 0
    (line,) = lines_of(capsys)
    assert json.loads(line)["smoothed_loss"] is None and bad.title() not in line


def test_a_new_branch_stands_below_its_parent_at_the_top(capsys: Printed) -> None:
    parent = make_run(1, name="trunk")
    make_run(2, name="other")
    branch = make_run(3, name="twig")
    request = branch.request().model_copy(update={"parent": Parent(run=parent.id, step=20)})
    branch.settings.write_text(request.to_toml())
    assert reviewtui("runs") == 0
    lines = lines_of(capsys)
    assert [words in line for words, line in zip(("trunk", "└ twig", "other"), lines[1:], strict=False)] == [True] * 3
    assert lines[-1].startswith("3 runs, ") and lines[-1].endswith("on disk")


def test_a_setting_that_was_taken_back_from_the_preset_counts_as_changed(capsys: Printed) -> None:
    run = make_run(1)
    request = run.request()
    settings = request.settings.changed({"epochs": 10, "max_length": 512, "layer_decay": 0.95})
    run.settings.write_text(request.model_copy(update={"preset": "thorough", "settings": settings}).to_toml())
    assert reviewtui("status", run.id, "--plain") == 0
    assert "settings: thorough, but early_stopping_patience none" in lines_of(capsys)
