"""`status --chart` draws a chart once, `status --watch` follows a run to its end; neither mixes with other output."""

from __future__ import annotations

import json

import pytest

from core.base.errors import InputError
from core.runs.history import read_history
from tests.hostile import steering
from tests.tui.commands.test_hostile_commands import Printed, lines_of, reviewtui
from tests.tui.made_runs import make_run
from tests.tui.screens.groups.made_groups import make_group
from tui.commands.chart import chart_lines
from tui.screens.train.charts import CHARTS


@pytest.mark.parametrize("name", CHARTS)
@pytest.mark.parametrize("columns", [80, 40, 200])
def test_every_chart_fits_the_terminal_and_holds_no_control_sequence(
    name: str, columns: int, capsys: Printed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    run = make_run(1, name="first")
    assert reviewtui("status", run.id, "--chart", name.replace(" ", "-")) == 0
    lines = lines_of(capsys)
    assert 5 <= len(lines) <= 20 and all(len(line) <= min(columns, 120) for line in lines)
    assert not steering("".join(lines))


def test_the_last_line_has_the_newest_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(1)
    history = read_history(run.journal)
    assert (
        f"{history.steps[-1].learning_rate:.6g}".replace("e-0", "e-") in chart_lines(run, history, "learning-rate")[-1]
    )


def test_an_unknown_chart_is_named_with_those_that_there_are(capsys: Printed) -> None:
    run = make_run(1)
    assert reviewtui("status", run.id, "--chart", "\x1b[31mloss") == 2
    said = capsys.readouterr().err
    assert (
        "loss, accuracy, learning-rate, gradient-norm, gradients-by-layer, updates-by-layer, speed, memory" in said
        and not steering(said) - {"\n"}
    )
    with pytest.raises(InputError):
        chart_lines(run, read_history(run.journal), "")


def test_a_watched_run_that_has_ended_is_reported(capsys: Printed) -> None:
    run = make_run(1, name="first")
    assert reviewtui("status", run.id, "--watch") == 0
    assert any(line.startswith("validation") for line in lines_of(capsys))
    assert reviewtui("status", run.id, "--watch", "--json") == 0
    (line,) = (line for line in lines_of(capsys) if line.startswith("{"))
    assert json.loads(line)["state"] == "finished"
    failed = make_run(2, end="failed", message="out of disk")
    assert reviewtui("status", failed.id, "--watch") == 1


@pytest.mark.parametrize(
    "words", [("--watch", "--plain"), ("--chart", "loss", "--json"), ("--chart", "loss", "--watch")]
)
def test_what_excludes_each_other_is_refused(words: tuple[str, ...], capsys: Printed) -> None:
    assert reviewtui("status", make_run(1).id, *words) == 2
    assert "exclude each other" in capsys.readouterr().err


def test_a_group_is_neither_drawn_nor_watched(capsys: Printed) -> None:
    group, _ = make_group("seeds")
    assert reviewtui("status", group.id, "--watch") == 2
    assert "is a group" in capsys.readouterr().err
