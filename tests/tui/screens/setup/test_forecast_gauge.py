"""The gauge in Setup: figures that follow each key, in words and in colour, and changes that save memory."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.forecast.facts import Facts
from core.forecast.forecast import GUESSED, MEASURED, forecast, savings
from core.reviews.options import ReadingOptions
from core.runs import start as launching
from core.runs.forecast_file import forecast_peak_bytes
from core.settings.schema import Settings
from tests.tui.engine_double import HOSTILE, STEERING, FakeEngine, facts, lengths, report, settle, until
from tests.tui.frames import frame
from tests.tui.screens.setup.bench import LAUNCHED, go_to, open_setup, workbench
from tui.form_values import as_typed
from tui.screens.setup.forecast_gauge import ForecastGauge, gauge_lines, saving_choices
from tui.widgets.dialogs import Choose

GIB = 1 << 30


def said(free: int = 16 * GIB, state: str = "", width: int = 80, **changes: Any) -> str:
    found = forecast(Facts.model_validate(facts(free_bytes=free)), Settings().changed(changes))
    return gauge_lines(found, state, width).plain


def test_what_fits_is_said_in_words() -> None:
    assert f"MiB ± {MEASURED[0]:.0%} of 16.0 GiB free  fits" in said()
    assert "measured here" in said() and "of disk" in said()


@pytest.mark.parametrize(
    ("share", "words"), [(0.5, "  fits"), (0.8, "tight"), (1.0, "kept"), (3.0, "too large: f makes it smaller")]
)
def test_what_does_not_fit_is_said_without_colour(share: float, words: str) -> None:
    """By the share of the free memory that is asked for."""
    asked = forecast(Facts.model_validate(facts(free_bytes=0)), Settings()).peak_bytes
    assert words in said(int(asked / share), width=120)


@given(width=st.integers(1, 200), free=st.integers(0, 8 * GIB))
def test_two_lines_at_every_width(width: int, free: int) -> None:
    found = forecast(Facts.model_validate(facts(free_bytes=free)), Settings())
    lines = gauge_lines(found, "measuring …", width).split("\n")
    assert len(lines) == 2
    assert all(line.cell_length <= width for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_the_gauge_follows_each_key(size: tuple[int, int]) -> None:
    app = workbench()
    async with app.run_test(size=size) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "fits" in frame(app))
        before = app.screen.query_one(ForecastGauge).predicted()
        await go_to(pilot, "max_length")
        await pilot.press("enter", "end", *["backspace"] * 3, "1", "6")
        after = app.screen.query_one(ForecastGauge).predicted()
        assert before is not None and after is not None
        assert after.peak_bytes < before.peak_bytes
        assert after.seconds < before.seconds


async def test_a_change_of_settings_is_drawn_within_a_tenth_of_a_second() -> None:
    """The handler of a key with the forecast and all of the screen's drawing, on a large batch; the 95th percentile."""
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "fits" in frame(app))
        screen: Any = app.screen
        taken = []
        for number in range(40):
            app.draft.typed = {"batch_size": str(64 + number), "max_length": str(64 + number)}
            began = time.perf_counter()
            screen._draw()
            gauge_lines(screen.query_one(ForecastGauge).predicted(), "", 80)
            taken.append(time.perf_counter() - began)
            await pilot.pause()
        assert sorted(taken)[37] < 0.1


async def test_f_chooses_a_saving_and_u_takes_it_back() -> None:
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "fits" in frame(app))
        best = savings(Facts.model_validate(facts()), Settings())[0]
        await pilot.press("f")
        assert isinstance(app.screen, Choose)
        assert "saves" in frame(app)
        await pilot.press("enter")
        await settle(pilot)
        assert app.draft.typed == {best.setting: as_typed(best.value)}
        await pilot.press("u")
        assert app.draft.typed == {}


async def test_what_was_never_measured_is_measured_once_nobody_types() -> None:
    engine = FakeEngine(facts=lambda params: facts() if params["measure"] else facts(calibrations={}))
    app = workbench(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_setup(pilot)  # waits for all that is being measured
        assert [params["measure"] for params in engine.of("facts")] == [False, True]
        assert "measured here" in frame(app)
        found = app.screen.query_one(ForecastGauge).predicted()
        assert found is not None and found.measured


async def test_what_is_postponed_while_a_run_is_trained_is_not_asked_for_again_and_again() -> None:
    engine = FakeEngine(facts=lambda params: facts(calibrations={}, postponed=params["measure"]))
    app = workbench(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "measured once no run is trained" in frame(app))
        gauge, screen = app.screen.query_one(ForecastGauge), app.screen
        for size in ("8", "16"):
            app.draft.typed = {"batch_size": size}
            screen._draw()  # type: ignore[attr-defined]
            await settle(pilot)
        assert [params["measure"] for params in engine.of("facts")] == [False, True]
        assert not forecast(Facts.model_validate(facts(calibrations={})), Settings()).measured
        gauge._try_again()  # what the timer does
        await until(pilot, lambda: len(engine.of("facts")) == 3)


def test_a_guess_is_called_one() -> None:
    guessed = forecast(Facts.model_validate(facts(calibrations={})), Settings())
    assert "a guess" in gauge_lines(guessed, "", 120).plain
    assert f"± {GUESSED[0]:.0%}" in gauge_lines(guessed, "", 120).plain


@pytest.mark.parametrize("method", ["lengths", "facts"])
async def test_an_engine_that_refuses_is_quoted_and_steers_nothing(method: str) -> None:
    app = workbench(FakeEngine(**{method: InputError(f"No such model {HOSTILE}.")}))
    async with app.run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "No forecast: No such model" in frame(app))
        assert not STEERING & set(frame(app).replace("\n", ""))
        await pilot.press("f")
        await pilot.pause()
        assert not isinstance(app.screen, Choose)


async def test_another_reading_device_or_model_is_another_forecast(monkeypatch: pytest.MonkeyPatch) -> None:
    """The figures belong to the reviews as they are read, the model and the device: whatever changes, they are anew."""
    monkeypatch.setattr(launching, "begin", lambda run, wait: LAUNCHED.detachment)
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "fits" in frame(app))
        before = app.screen.query_one(ForecastGauge).predicted()
        asked = len(engine.of("lengths"))
        app.switch_mode("runs")
        # The same file, as many reviews, another column of text: much longer ones.
        engine.answers["lengths"] = msgspec.structs.replace(lengths(), table=((500, 48),))
        engine.answers["facts"] = lambda params: facts(table=[tuple(one) for one in params["lengths"]["table"]])
        app.draft.report = report(data_hash="11")
        app.draft.reading = ReadingOptions(text="summary")
        app.switch_mode("setup")
        await settle(pilot)
        await until(pilot, lambda: len(engine.of("lengths")) == asked + 1)
        assert engine.of("lengths")[-1]["reading"]["text"] == "summary"
        await until(pilot, lambda: app.screen.query_one(ForecastGauge).predicted() is not None)
        after = app.screen.query_one(ForecastGauge).predicted()
        assert before is not None and after is not None and after.seconds > before.seconds
        facts_asked = len(engine.of("facts"))
        await go_to(pilot, "device")
        await pilot.press("right", "right")
        await settle(pilot)
        await until(pilot, lambda: len(engine.of("facts")) > facts_asked)
        assert engine.of("facts")[-1]["settings"]["device"] != "auto"
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.run_in_view is not None)
        assert app.run_in_view is not None and not app.run_in_view.forecast.exists(), (
            "its worker writes it, by its data"
        )


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"peak_bytes": "much"}', "\x00", '{"peak_bytes": -4}'])
def test_a_damaged_forecast_is_no_forecast(text: str, tmp_path: Any) -> None:
    from core.runs.folder import RunFolder

    run = RunFolder(tmp_path)
    run.forecast.write_text(text)
    assert forecast_peak_bytes(run) is None


def test_savings_are_said_with_their_price() -> None:
    words = [choice.plain for choice in saving_choices(savings(Facts.model_validate(facts()), Settings()))]
    assert any("gradient_checkpointing true  saves" in line for line in words)
    assert all(line.endswith(("slower", "faster", "same time")) for line in words)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
async def test_what_no_model_with_this_tokenizer_can_learn_is_said_before_it_is_tried(size: tuple[int, int]) -> None:
    one = {"tokens": 0.25, "reviews": 9_000, "only": 4_000}
    unknown = one | {
        "by_class": {"negative": one, "positive": one}, "alike": 4_000, "alike_labelled_differently": 4_000,
        "examples": ["😡"],
    }  # fmt: skip
    app = workbench(FakeEngine(lengths=lengths(unknown=unknown)))
    async with app.run_test(size=size) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "fits" in frame(app))
        shown = " ".join(frame(app).split())
        assert "4,000 reviews hold nothing that the tokenizer knows." in shown
        assert "4,000 reviews become the same input" in shown and "all of them with different labels" in shown
        assert "no model with this tokenizer tells them apart." in shown and "Start training" in shown


async def test_nothing_is_said_where_everything_is_known() -> None:
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        await open_setup(pilot)
        await until(pilot, lambda: "fits" in frame(app))
        assert "tokenizer" not in frame(app)


def test_an_epoch_of_a_moment_is_no_zero() -> None:
    assert "an epoch less than a second" in said(width=120, freeze_layers="encoder", max_length=16)
    assert "0:00" not in said(width=120, freeze_layers="encoder", max_length=16)


def test_what_cannot_be_learned_takes_three_lines_at_most() -> None:
    found = forecast(Facts.model_validate(facts()), Settings())
    for width in (40, 60, 80, 200):
        drawn = gauge_lines(found, "", width, cannot="no model tells these apart " * 40).split("\n")
        assert len(drawn) == 5 and drawn[-1].plain.endswith("…") and max(line.cell_length for line in drawn) <= width
