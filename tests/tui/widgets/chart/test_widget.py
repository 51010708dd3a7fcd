"""The chart widget: no input breaks it, what it reads out is exact, and it can be read without colour."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from core.base.smoothing import exponential_average
from tui.widgets.chart.series import Series
from tui.widgets.chart.units import BYTES, NUMBER, Unit
from tui.widgets.chart.widget import Chart

ROOT = Path(__file__).parents[4]
EMPTY = "No loss yet: the first step is still running."


class ChartApp(App[None]):
    def __init__(self, unit: Unit = NUMBER) -> None:
        super().__init__()
        self.unit = unit

    def compose(self) -> ComposeResult:
        yield Chart("Loss", unit=self.unit, empty=EMPTY)


def picture(chart: Chart, width: int = 80, height: int = 15) -> list[str]:
    return ["".join(text for text, _ in row) for row in chart.frame(width, height)]


def train(count: int = 3_000) -> Series:
    return Series("train", range(count), [2 * math.exp(-i / 400) + 0.3 + 0.1 * math.sin(i * i) for i in range(count)])


def validation(count: int = 3_000) -> Series:
    return Series("validation", range(250, count, 250), [0.5] * len(range(250, count, 250)), style="points")


HOSTILE = """
    import math, random, resource, sys
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
    from tui.widgets.chart.series import Series
    from tui.widgets.chart.units import BYTES, NUMBER
    from tui.widgets.chart.widget import Chart

    random.seed(int(sys.argv[1]))
    odd = [math.nan, math.inf, -math.inf, None, 0.0, -0.0, -1.0, 1.0, 5e-324, 1e-300, 1.7e308, -1.7e308, 10**400]
    ordinary = [lambda: random.uniform(-1, 5), lambda: random.choice(odd), lambda: 10 ** random.uniform(-300, 300)]
    for turn in range(150):
        chart = Chart("Loss", unit=random.choice([NUMBER, BYTES]))
        chart.refresh = lambda *args, **kwargs: chart
        series = []
        for number in range(random.randrange(4)):
            count, make = random.choice([0, 1, 2, 3, 50, 400]), random.choice(ordinary)
            kind = random.randrange(4)
            xs = [random.choice(odd) or 0 if kind == 0 else random.random() if kind == 1 else i for i in range(count)]
            constant = make()
            ys = [constant if kind == 2 else make() for _ in range(count)]
            series.append(Series(f"s{number}", xs, ys, style=random.choice(["line", "points"])))
        chart.show(series, references=[("limit", random.choice([1.0, *odd[:3], 1e300, 0.0]))])
        for _ in range(4):
            random.choice([
                chart.action_toggle_log, chart.action_toggle_robust, chart.action_toggle_follow, chart.action_show_all,
                lambda: chart.action_smooth(random.choice([-1, 1])),
                lambda: chart.action_cursor(random.choice([-10, -1, 1, 10])),
                lambda: chart.action_zoom(random.choice([0.5, 2])),
            ])()
            width, height = random.choice([(80, 15), (20, 5), (19, 4), (33, 7), (1, 1), (0, 0), (120, 40)])
            rows = chart.frame(width, height)
            assert len(rows) <= height, (turn, len(rows), height)
    print("survived")
"""


@pytest.mark.parametrize("seed", [1, 2])
def test_no_number_brings_the_process_down(seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", dedent(HOSTILE), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "survived\n"), done.stderr[-2_000:]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats()), max_size=60),
    st.booleans(),
    st.integers(1, 130),
    st.integers(1, 42),
)
def test_every_frame_fits_its_size(ys: list[float | None], log: bool, width: int, height: int) -> None:
    chart = Chart("Loss")
    chart.show([Series("train", range(len(ys)), ys), Series("validation", [0, 5], [1, 2], style="points")])
    if log:
        chart.action_toggle_log()
    rows = picture(chart, width, height)
    assert len(rows) <= height
    assert all(cell_len(row) <= width for row in rows)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40), st.text(max_size=20), st.text(max_size=20))
def test_no_text_reaches_the_terminal_uncleaned(name: str, title: str, label: str) -> None:
    steering = {
        chr(code) for code in [*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
    }
    name, title = f"\x1b]52;c;aGk=\x07{name}", f"\x9b2J\u202e{title}"
    chart = Chart(title, unit=Unit(lambda value, step: f"\x1b[2J{value:.1f}"))
    for count in (0, 3):
        series = [Series(f"{name}{i}", range(count), [1.0] * count) for i in range(2)]
        chart.show(series, references=[(name, 1.5)], x_label=f"{label}\x1b[0m")
        for size in ((80, 15), (30, 12), (20, 5), (12, 1)):
            assert not steering & set("".join(picture(chart, *size)))


def test_a_diverged_run_shows_a_gap_and_says_where() -> None:
    chart = Chart("Loss")
    ys = [math.nan if 400 <= i < 600 else 1.0 for i in range(1_000)]
    chart.show([Series("train", range(1_000), ys)])
    rows = picture(chart)
    assert "diverged at step 400" in rows[0]
    line = next(row for row in rows[1:-1] if "⠒⠒" in row or "⠉⠉" in row or "⣀⣀" in row or "⠤⠤" in row)
    drawn = line[line.index("┤") + 1 if "┤" in line else line.index("│") + 1 :]
    assert " " * 13 in drawn.strip() and " " * 17 not in drawn.strip()


def test_a_missing_value_is_a_gap_but_no_divergence() -> None:
    chart = Chart("Loss")
    chart.show([Series("train", [0, 1, 2], [1.0, None, 2.0])])
    assert "diverged" not in picture(chart)[0]


@pytest.mark.parametrize(
    ("ys", "log", "text"),
    [([], False, EMPTY), ([math.nan], False, "No finite value to draw."), ([0.0, -1.0], True, "Nothing above zero")],
)
def test_an_empty_chart_says_why(ys: list[float], log: bool, text: str) -> None:
    chart = Chart("Loss", empty=EMPTY)
    chart.show([Series("train", range(len(ys)), ys)])
    if log:
        chart.action_toggle_log()
    assert text in "\n".join(picture(chart))


def test_series_differ_without_colour_and_the_legend_shows_how() -> None:
    chart = Chart("Loss")
    runs = [Series(f"run {i}", range(500), [i + 1.0 + x / 500 for x in range(500)]) for i in range(3)]
    chart.show([*runs, validation(500)])
    rows = picture(chart, 100, 20)
    for sample in ("⠒⠒⠒ run 0", "⠒▲⠒ run 1", "⠒■⠒ run 2", "● validation"):
        assert sample in rows[0]
    canvas = "\n".join(rows[1:-1])
    assert all(glyph in canvas for glyph in "▲■●")


@pytest.mark.parametrize(("width", "height"), [(80, 6), (120, 8), (60, 10), (80, 24)])
def test_every_series_is_named_at_any_ordinary_size(width: int, height: int) -> None:
    chart = Chart("Loss")
    chart.show([Series(name, range(9), [1.0] * 9) for name in ("train", "validation on the long set", "another run")])
    text = "\n".join(picture(chart, width, height))
    assert all(name in text for name in ("train", "valid", "anoth"))


def test_below_its_smallest_size_one_line_with_the_last_value_is_left() -> None:
    chart = Chart("Loss")
    chart.show([Series("train", [0, 1], [2.0, 0.25])])
    assert picture(chart, 19, 5) == ["Loss 0.25"]
    assert picture(chart, 40, 1) == ["Loss 0.25"]
    assert picture(chart, 6, 1) == ["0.25"]
    assert len(picture(chart, 20, 5)) == 5


def test_ticks_and_references_are_in_the_unit_of_the_values() -> None:
    chart = Chart("Memory", unit=BYTES)
    chart.show([Series("this run", range(100), [i * 2**25 for i in range(100)])], references=[("limit", 8 * 2**30)])
    rows = picture(chart, 80, 20)
    assert any(row.startswith(" 4 GiB ┤") for row in rows)
    assert any("╌" in row and row.endswith(" limit 8 GiB ") for row in rows)
    assert "3.09 GiB" in rows[-1]


def test_smoothing_is_computed_on_all_points_and_the_raw_ones_stay_behind() -> None:
    chart = Chart("Loss")
    series = train()
    chart.show([series])
    chart.action_smooth(1)
    chart.action_smooth(1)
    (reading,) = chart.readings()
    assert reading.smoothed == exponential_average(series.ys, 0.9)[-1]
    components = {component for row in chart.frame(80, 15) for _, component in row}
    assert {"raw", "primary"} <= components
    chart.action_smooth(-1)
    chart.action_smooth(-1)
    assert chart.readings()[0].smoothed is None


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-10, 10), min_size=1, max_size=30), st.booleans())
def test_the_cursor_reads_the_exact_value_of_a_point(moves: list[int], zoomed: bool) -> None:
    chart = Chart("Loss")
    series = train(1_000)
    chart.show([series, validation(1_000)])
    chart.frame(80, 15)
    for move in moves:
        chart.action_cursor(move or 1)
        if zoomed:
            chart.action_zoom(0.5)
        reading = chart.readings()[0]
        assert reading.x == chart.view.cursor
        assert reading.y == series.ys[int(reading.x)]
        low, high = chart.view.x_range()
        assert low <= reading.x <= high
        assert f"step {reading.x:,.0f} " in picture(chart)[-1]
        assert f"{reading.y:.6g}" in picture(chart)[-1]


def test_a_value_from_before_the_cursor_says_from_where() -> None:
    chart = Chart("Loss")
    chart.show([train(), validation()])
    chart.view.place_cursor(1_100.0)
    assert [(r.name, r.x) for r in chart.readings()] == [("train", 1_100.0), ("validation", 1_000.0)]
    assert "validation 0.5 at 1,000" in picture(chart)[-1]


def test_following_shows_the_last_two_hundred_points_and_moves_on() -> None:
    chart = Chart("Loss")
    for count in (3_000, 3_100):
        chart.show([train(count)])
        if count == 3_000:
            chart.action_toggle_follow()
        assert chart.view.x_range() == (count - 200, count - 1)
    chart.action_toggle_follow()
    assert chart.view.x_range() == (0, 3_099)


def test_zooming_in_and_out_comes_back_to_everything() -> None:
    chart = Chart("Loss")
    chart.show([train()])
    chart.view.place_cursor(1_000.0)
    for _ in range(30):
        chart.action_zoom(0.5)
    low, high = chart.view.x_range()
    assert low <= 1_000 <= high and high - low < 5
    for _ in range(30):
        chart.action_zoom(2)
    assert chart.view.x_range() == (0, 2_999)


def test_other_data_drops_a_zoom_and_a_cursor_that_it_does_not_have() -> None:
    chart = Chart("Loss")
    chart.show([train()])
    chart.view.place_cursor(2_500.0)
    chart.action_zoom(0.5)
    chart.show([train(100)])
    assert chart.view.cursor is None
    assert chart.view.x_range() == (0, 99)


def test_the_same_data_again_keeps_the_frame() -> None:
    chart = Chart("Loss")
    chart.show([train()])
    frame = chart.frame(80, 15)
    chart.show([train()])
    assert chart.frame(80, 15) is frame


@pytest.mark.parametrize(("width", "raw"), [(80, True), (60, True), (44, False)])
def test_the_smoothed_value_is_named_and_goes_last(width: int, raw: bool) -> None:
    chart = Chart("Loss", smoothing=0.9)
    series = train()
    chart.show([series, validation()])
    readout = picture(chart, width, 15)[-1]
    assert f"smoothed {exponential_average(series.ys, 0.9)[-1]:.4g} " in readout
    assert (f"{series.ys[-1]:.6g}" in readout) is raw
    assert "0.5" in readout


def test_noise_never_hides_the_points_of_another_series() -> None:
    chart = Chart("Loss", smoothing=0.9)
    noise = Series("train", range(3_000), [(i * 7919) % 1000 / 1000 for i in range(3_000)])
    chart.show([noise, validation()])
    canvas = "".join(picture(chart, 80, 12)[1:-3])
    assert canvas.count("●") == len(validation().xs)


async def test_every_key_does_what_its_binding_says() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.query_one(Chart)
        chart.show([train(), validation()])
        chart.focus()
        await pilot.press("l", "s")
        assert "log · smoothing 0.6" in picture(chart)[0]
        await pilot.press("s", "s", "s", "S", "l")
        assert " smoothing 0.9" in picture(chart)[0]
        await pilot.press("t")
        assert "newest 200" in picture(chart)[0]
        await pilot.press("0", "right", "shift+right", "plus", "plus", "minus")
        assert "zoomed" in picture(chart)[0]
        assert "newest" not in picture(chart)[0]
        chart.show([Series("train", range(300), [0.5 + (x == 200) * 1e6 + x / 300 for x in range(300)])])
        await pilot.press("0", "o")
        assert "outliers beyond the edge" in picture(chart)[0]
        await pilot.press("plus", "full_stop", "comma")
        assert chart.view.span == (74.75, 224.25)
        await pilot.press("backspace", "backspace", "backspace")
        assert chart.view.span is None
        await pilot.press("0")
        assert chart.view.cursor is None
        await pilot.pause()


def test_bindings_can_be_remapped_and_are_described() -> None:
    bindings: list[Any] = Chart.BINDINGS
    assert all(binding.id and binding.description for binding in bindings)
    assert len({binding.id for binding in bindings}) == len(bindings)


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark", "ansi-light"])
@pytest.mark.parametrize("size", [(80, 24), (20, 5), (120, 40), (5, 1)])
async def test_what_the_screen_shows_is_the_frame(theme: str, size: tuple[int, int]) -> None:
    app = ChartApp()
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        chart = app.query_one(Chart)
        chart.show([train(), validation()], references=[("target", 0.4)])
        await pilot.pause()
        strips = [chart.render_line(y).text.rstrip() for y in range(chart.size.height)]
        frame = [row.rstrip() for row in picture(chart, *chart.size)]
        assert strips == frame + [""] * (chart.size.height - len(frame))


def four_runs() -> list[Series]:
    return [Series(f"run {number}", range(50), [number + x / 50 for x in range(50)]) for number in range(4)]


async def test_curves_are_brought_to_the_front_hidden_and_compared() -> None:
    app = ChartApp()
    async with app.run_test(size=(100, 24)) as pilot:
        chart = app.query_one(Chart)
        chart.show(four_runs())
        chart.focus()
        await pilot.press("n", "n")
        assert chart.view.front == "run 1" and chart.readings()[0].name == "run 1"
        assert chart.view.layers()[-1].component == chart.view.colour(1)
        await pilot.press("h")
        assert "1 hidden" in picture(chart)[0] and "run 1" not in "\n".join(picture(chart, 100))
        assert chart.view.front == "run 2"
        await pilot.press("d")
        assert "minus run 2" in picture(chart, 100)[0]
        assert [(one.name, one.y) for one in chart.readings()] == [("run 0", -2.0), ("run 3", 1.0)]
        await pilot.press("d", "n", "n", "n", "n")
        assert chart.view.hidden and not chart.view.against and chart.view.front == ""
        await pilot.press("h")
        assert not chart.view.hidden


def test_a_bundle_is_drawn_as_its_mean_with_the_range_behind_it() -> None:
    from tui.widgets.chart.series import bundle

    chart = Chart("Loss")
    chart.show([bundle("4 seeds", four_runs())])
    text = "\n".join(picture(chart, 80, 20))
    assert text.count("░") > 100 and chart.readings()[0].y == pytest.approx(1.5 + 49 / 50)


def test_outliers_beyond_the_edge_are_pointed_to() -> None:
    chart = Chart("Loss", robust=True)
    chart.show([Series("train", range(400), [1e6 if x == 300 else 1 + x / 400 for x in range(400)])])
    rows = picture(chart, 80, 15)
    assert rows[1].count("↑") == 1 and "outliers beyond the edge" in rows[0]
    assert "highest 1,000,000 at 300" in picture(chart, 120, 15)[-1]
    chart.action_toggle_robust()
    assert "↑" not in "".join(picture(chart, 80, 15))


@pytest.mark.parametrize("smoothing", [0.0, 0.6, 0.9, 0.97])
def test_a_single_spike_never_squeezes_a_smoothed_curve(smoothing: float) -> None:
    chart = Chart("Loss", smoothing=smoothing, robust=True)
    chart.show([Series("train", range(150), [50.0 if x == 100 else 0.7 * math.exp(-x / 40) for x in range(150)])])
    assert chart.view.window().y_high < 1 and "↑" in "".join(picture(chart, 80, 15))


def test_the_last_line_says_the_lowest_and_the_highest_of_what_is_shown() -> None:
    chart = Chart("Loss")
    chart.show([Series("train", range(100), [abs(x - 30) for x in range(100)])])
    assert "lowest 0 at 30   highest 69 at 99" in picture(chart, 100, 15)[-1]
    chart.view.place_cursor(60.0)
    chart.view.span = (50.0, 70.0)
    chart.view.version += 1
    assert "lowest 20 at 50   highest 40 at 70" in picture(chart, 100, 15)[-1]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["in", "out", "left", "right", "back", "cursor", "all", "tail"]), max_size=25))
def test_whatever_is_pressed_the_part_that_is_shown_lies_within_the_data(keys: list[str]) -> None:
    chart = Chart("Loss")
    chart.show([train(1_000)])
    actions = {
        "in": lambda: chart.view.zoom(0.5),
        "out": lambda: chart.view.zoom(2),
        "left": lambda: chart.view.pan(-0.5),
        "right": lambda: chart.view.pan(0.5),
        "back": chart.view.go_back,
        "cursor": lambda: chart.view.move_cursor(7),
        "all": chart.view.show_all,
        "tail": chart.view.toggle_follow,
    }
    for key in keys:
        width = chart.view.x_range()[1] - chart.view.x_range()[0]
        actions[key]()
        low, high = chart.view.x_range()
        assert 0 <= low < high <= 999
        if key in ("left", "right"):
            assert high - low == pytest.approx(width)
