"""What the Train screen says of baselines: their own runs, and the line that other runs have to beat."""

from __future__ import annotations

import pytest

from core.runs.history import RunHistory
from core.runs.journal import JournalReader
from tests.tui.engine_double import until
from tests.tui.frames import frame
from tests.tui.made_baselines import MAJORITY, gain, make_baseline, measured_on
from tests.tui.made_runs import append, hold, make_run
from tests.tui.screens.runs.test_screen import settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.screens.train.chart_data import Charted
from tui.screens.train.curves import loss_chart
from tui.screens.train.log import Narrator
from tui.screens.train.reader import RunReader

SIZES = [(80, 24), (120, 40)]


@pytest.mark.parametrize("size", SIZES)
async def test_a_run_says_the_baseline_the_majority_guess_and_that_nothing_was_gained(size: tuple[int, int]) -> None:
    base = make_baseline(1)
    run = measured_on(make_run(2, end=None, plan={"majority": MAJORITY}))
    append(run, "finished", against=[gain(run, base, -0.01, 0.02)])
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, run)
        if size[1] < 36:
            await pilot.press("f")
        shown = await settled(pilot, "✓ finished", "baseline 0.882, 6 s", "gained nothing over 6 seconds of baseline.")
        assert "majority guess 0.51" in shown


@pytest.mark.parametrize("size", SIZES)
async def test_a_baseline_of_its_own_shows_no_steps(size: tuple[int, int]) -> None:
    run = make_baseline(1)
    async with ReviewTui().run_test(size=size) as pilot:
        await open_train(pilot, run)
        shown = await settled(pilot, "✓ finished", "validation", "accuracy 0.882", "elapsed 0:06", "100%")
        assert "epoch" not in shown.split("Loss")[0] and "micro-batch" not in shown
        assert "A baseline makes no steps" in shown


async def test_a_baseline_at_work_shows_its_progress_and_stops_without_a_question() -> None:
    run = make_baseline(1, end=None)
    lock = hold(run)
    try:
        async with ReviewTui().run_test(size=(80, 24)) as pilot:
            await open_train(pilot, run)
            await settled(pilot, "● running", "computing the encoder's output 50%", " 50%")
            await pilot.press("x")
            await until(pilot, run.control.exists)
            assert "Keep training" not in frame(pilot.app)
    finally:
        lock.release()


def test_the_loss_chart_has_the_baseline_as_a_line() -> None:
    make_baseline(1)
    history = RunHistory()
    reader = RunReader(measured_on(make_run(2)), history)
    reader.look()
    assert reader.baseline is not None
    assert loss_chart(Charted(history, reader.baseline.validation)).references == [("baseline", 0.31)]
    assert loss_chart(Charted(history)).references == []


def test_the_log_speaks_of_no_steps() -> None:
    said = " ".join(line.plain for line in Narrator().lines(JournalReader(make_baseline(1).journal).read_new()))
    assert "a baseline of 770 weights is fitted to 320 reviews" in said and "accuracy 0.882" in said
    assert "step" not in said and "epoch" not in said
