"""`runs` and `status`: settings, disk space, smoothed loss, and the order of the list."""

from __future__ import annotations

import json
import os

import pytest

from core.base.files import write_json
from core.base.smoothing import exponential_average
from core.runs.disk_usage import bytes_on_disk
from core.runs.folder import list_runs
from core.runs.group import create_group
from core.runs.outline import Parent
from core.runs.queue import enqueue
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tests.tui.made_runs import make_run
from tests.tui.screens.groups.made_groups import SEEDS_RESULT, make_group

LOSSES = [0.7, 0.4, 0.9, 0.2, 0.8]


def test_status_says_the_settings_that_differ_the_smoothed_loss_and_the_size(capsys: Printed) -> None:
    run = make_run(1, name="plain", steps=5, losses=LOSSES, end="stopped")
    (run.path / "weights").write_bytes(os.urandom(3 << 20))
    assert reviewtui("status", "plain", "--plain") == 0
    said = dict(line.split(": ", 1) for line in lines_of(capsys))
    assert said["settings"] == "balanced, but epochs 2"
    assert said["training loss"] == f"{exponential_average(LOSSES, 0.9)[-1]:.4f} smoothed"
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


def test_json_holds_all_settings_notes_tags_times_and_the_place_in_the_queue(capsys: Printed) -> None:
    run, waiting = make_run(1, name="one"), make_run(2, name="two", end="stopped")
    assert reviewtui("note", "one", "the lamp reviews are mislabelled") == 0
    assert reviewtui("tag", "one", "+good", "-bad", "lamp") == 0
    assert reviewtui("rename", "one", "lamps") == 0
    enqueue([waiting])
    capsys.readouterr()
    for command in (["status"], ["runs"]):
        assert reviewtui(*command, *(["lamps"] if command == ["status"] else ["name:lamps"]), "--json") == 0
        (line,) = [line for line in lines_of(capsys) if line.startswith("{")]
        found = json.loads(line)
        assert found["settings"] == run.request().settings.model_dump(mode="json")
        assert found["changed_settings"] == {"model": "starter", "epochs": 2}
        assert [note["text"] for note in found["notes"]] == ["the lamp reviews are mislabelled"]
        assert (found["tags"], found["name"], found["queue_place"]) == (["good", "lamp"], "lamps", None)
        assert (found["duration_seconds"], found["peak_memory_bytes"]) == (10.0, 1_500_000_000)
    assert reviewtui("status", "two", "--json") == 0
    assert '"queue_place": 1' in capsys.readouterr().out


def test_runs_are_filtered_and_sorted(capsys: Printed) -> None:
    for number, name in enumerate(("monday", "tuesday", "wednesday"), start=1):
        make_run(number, name=name, steps=10 * number)
    assert reviewtui("runs", "steps>10", "day", "--sort", "steps", "--descending") == 0
    lines = lines_of(capsys)
    assert ["wednesday" in lines[1], "tuesday" in lines[2], lines[3].startswith("2 of 3 runs")] == [True] * 3
    assert reviewtui("runs", "stepz>10") == 2
    assert reviewtui("runs", "--sort", "colour") == 2
    assert "did you mean steps?" in capsys.readouterr().err


def test_a_group_takes_notes_and_a_hypothesis_is_dated(capsys: Printed) -> None:
    group = create_group("three", "seeds", make_run(1).request().model_dump(mode="json", exclude_none=True), {})
    write_json(group.result, {})
    assert reviewtui("note", "three", "the third seed diverged", "--hypothesis", "seeds matter") == 0
    assert reviewtui("note", group.id) == 0
    lines = [line[18:] for line in lines_of(capsys)]
    assert lines == ["expected: seeds matter", "the third seed diverged"] * 2
    assert reviewtui("note", "three", "--json") == 0
    found = json.loads(lines_of(capsys)[0])
    assert (found["run"], [one["text"] for one in found["hypotheses"]]) == (group.id, ["seeds matter"])
    assert reviewtui("note", "three", "--hypothesis", "x" * 301) == 2


def test_tags_and_notes_are_listed_and_bad_ones_refused(capsys: Printed) -> None:
    make_run(1, name="one")
    assert reviewtui("note", "one") == reviewtui("tag", "one") == 0
    assert ["has no notes" in line or "has no tags" in line for line in lines_of(capsys)] == [True, True]
    assert (
        reviewtui("note", "one", " ")
        == reviewtui("tag", "one", "two words")
        == reviewtui("rename", "one", "latest")
        == 2
    )
    assert reviewtui("tag", "one", "-hot", "+hot") == 2
    capsys.readouterr()
    assert reviewtui("tag", "one", "-hot", "-json", "+ok", "--json") == 0
    assert json.loads(lines_of(capsys)[-1]) == {"run": list_runs()[0].id, "tags": ["ok"]}


def test_prune_frees_only_what_is_named_and_agreed_to(capsys: Printed) -> None:
    run = make_run(1, name="one")
    checkpoint = run.checkpoints / "step-40"
    checkpoint.mkdir()
    (checkpoint / "weights").write_bytes(os.urandom(1 << 20))
    assert reviewtui("prune") == 0
    assert any("--checkpoints" in line and "1.0 MiB" in line for line in lines_of(capsys))
    assert reviewtui("prune", "--checkpoints", "--dry-run") == 0
    assert "Would free 1.0 MiB in 1 folder." in lines_of(capsys)
    assert reviewtui("prune", "--checkpoints") == 2, "nobody can be asked"
    assert reviewtui("prune", "--models", "--yes") == 0
    assert checkpoint.is_dir()
    capsys.readouterr()
    assert reviewtui("prune", "one", "--checkpoints", "--yes", "--json") == 0
    assert json.loads(lines_of(capsys)[0])["freed_bytes"] >= 1 << 20
    assert not checkpoint.exists() and run.model.is_dir()


def test_a_group_is_one_line_above_its_runs_and_json_stays_one_run_a_line(capsys: Printed) -> None:
    make_run(1, name="before")
    seeds = ({"seed": 1}, {"seed": 2})
    group, runs = make_group("seeds", "two", settings=seeds, first=2, accuracies=(0.8, 0.9), result=SEEDS_RESULT)
    make_group("seeds", "none-yet", settings=(), seeds=[1])
    assert reviewtui("runs") == 0
    lines = lines_of(capsys)
    assert [line.split()[1] for line in lines[1:6]] == ["none-yet", "two", "└", "└", "before"]
    assert lines[2].split()[0] == group.id and "finished" in lines[2]
    assert "seeds 2/2" in lines[2] and "0.850 ±0.071" in lines[2] and "0.840 ±0.071" in lines[2]
    assert reviewtui("runs", "group:two", "--sort", "accuracy") == 0
    lines = lines_of(capsys)
    assert lines[0].endswith("group") and all(line.endswith("two") for line in lines[1:3])
    assert lines[1].split()[1] == "two-01"
    assert reviewtui("runs", "--json") == 0
    found = [json.loads(line) for line in lines_of(capsys) if line.startswith("{")]
    assert [one["name"] for one in found] == ["two-02", "two-01", "before"]
    for run in runs:
        assert run.id in {one["run"] for one in found}
