"""A chart as a file: CSV has every figure exactly, SVG and text steer nothing, and nothing is overwritten."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from tests.hostile import SHORT, steering
from tests.tui.made_runs import make_run
from tests.tui.screens.runs.test_screen import SIZES, settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.lab_journal.figures import Figure
from tui.lab_journal.svg import svg
from tui.screens.train.written_chart import as_csv, write_chart
from tui.widgets.chart.series import Series, bundle
from tui.widgets.chart.widget import Chart

number = st.floats(allow_nan=True, allow_infinity=True)


@given(st.lists(st.lists(st.tuples(st.integers(0, 50), st.one_of(st.none(), number)), max_size=30), max_size=4))
def test_csv_has_every_figure(drawn: list[list[tuple[int, float | None]]]) -> None:
    made = [dict(points) for points in drawn]
    series = [Series(f"s{at}", list(points), list(points.values())) for at, points in enumerate(made)]
    head, *rows = list(csv.reader(io.StringIO(as_csv(Figure("t", "step", series)))))
    assert head == ["step", *(one.name for one in series)]
    assert [float(row[0]) for row in rows] == sorted({x for points in made for x in points})
    for row in rows:
        for cell, points in zip(row[1:], made, strict=True):
            y = points.get(int(row[0]))
            assert (cell == "") if y is None or not math.isfinite(y) else float(cell) == y


def test_several_runs_have_a_column_for_their_mean_and_two_for_their_range() -> None:
    runs = [Series("seed", [1, 2], [0.5, number]) for number in (0.25, 0.75)]
    figure = Figure("Loss", "step", [bundle("seeds", runs), Series("own", [2], [9])], 0.9)
    assert as_csv(figure) == (
        'step,"seeds, mean","seeds, lowest","seeds, highest",own\n1,0.5,0.5,0.5,\n2,0.5,0.25,0.75,9\n'
    )
    assert "<polygon" in svg(figure)


def test_a_heat_map_is_written_in_every_format(tmp_path: Path) -> None:
    rows = [Series(name, [1, 2, 3], [0.1, place, 0.1], "heat", gaps=True) for place, name in enumerate("abc", 1)]
    figure = Figure("Gradient norm by layer", "step", rows)
    assert as_csv(figure).splitlines()[2] == "2,1,2,3"
    drawn = ElementTree.fromstring(svg(figure))
    opacities = [one.get("fill-opacity") for one in drawn.iter() if one.get("fill-opacity")]
    assert len(opacities) == 300 and len(set(opacities)) > 2
    assert "█" in write_chart(figure, tmp_path / "chart.txt").read_text()


def test_hostile_names_steer_nothing_in_any_format(tmp_path: Path) -> None:
    series = [Series(name, [1, 2], [0.5, 0.25]) for name in SHORT[:12]]
    figure = Figure(SHORT[3], SHORT[5], series, 0.9, [(SHORT[4], 0.3)])
    for suffix in (".csv", ".svg", ".txt"):
        text = write_chart(figure, tmp_path / f"chart{suffix}").read_text()
        assert not steering(text) - {"\n"}, suffix
    ElementTree.fromstring((tmp_path / "chart.svg").read_text())


def test_nothing_is_overwritten_and_refusals_say_why(tmp_path: Path) -> None:
    figure = Figure("Loss", "step", [Series("training", [1, 2], [0.5, 0.25])])
    (tmp_path / "there.svg").write_text("mine")
    refused = {"there.svg": "is there already", "a.png": "must end in .csv, .svg, .txt", "x/a.csv": "no folder"}
    for name, why in refused.items():
        with pytest.raises(InputError, match=why):
            write_chart(figure, tmp_path / name)
    assert (tmp_path / "there.svg").read_text() == "mine"


@pytest.mark.parametrize("size", SIZES)
async def test_a_key_writes_the_chart_with_the_focus(
    size: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run = make_run(1)
    async with ReviewTui().run_test(size=size, notifications=True) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "Loss · kept")
        await pilot.press("v", "w")
        await settled(pilot, "Write the chart “Accuracy” to", f"{run.id}-accuracy.svg", ".csv has every figure")
        await pilot.press(*"mine.csv", "enter")
        await settled(pilot, "Written to")
    (written,) = tmp_path.glob("*.csv")
    assert written.read_text() == "step,accuracy,macro F1\n20,0.8500000000000001,0.8400000000000001\n40,0.9,0.89\n"


async def test_the_figures_at_the_cursor_are_copied() -> None:
    async with ReviewTui().run_test(size=(80, 24)) as pilot:
        await open_train(pilot, make_run(1))
        await settled(pilot, "Loss · kept")
        chart = pilot.app.screen.query_one("#left", Chart)
        await pilot.press("left", "y")
        first, second = pilot.app.clipboard.splitlines()
        at, training = chart.view.cursor, chart.readings()[0]
        assert first == f"step {at!r}: training {training.y!r} (smoothed {training.smoothed!r})"
        assert second.startswith("step ") and "validation" in second
