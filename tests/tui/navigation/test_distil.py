"""`D` on Train and Runs: what is asked, what it takes, and what is started."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.base.errors import InputError
from core.base.files import write_json
from core.engine.data_requests import ForecastStudents
from core.experiments import continuing
from core.runs.folder import RunFolder
from tests.tui.frames import frame
from tests.tui.made_runs import make_run
from tests.tui.screens.runs.test_screen import settled
from tests.tui.screens.train.bench import open_train
from tui.app import ReviewTui
from tui.navigation.student_line import completed, explained, planned

SIZES = [(80, 24), (120, 40)]


class _Took:
    """A forecast: half a minute for each student, and some seconds for the teacher."""

    class student:  # noqa: N801 -- as the field is called
        seconds, measured = 30.0, True

    teacher_seconds = 6.0


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Which groups were started."""
    found: list[tuple[Any, ...]] = []
    monkeypatch.setattr(continuing, "start_group", lambda *asked: found.append(asked))
    return found


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[ForecastStudents]:
    """What the engine was asked."""
    found: list[ForecastStudents] = []

    async def ask(self: ReviewTui, request: ForecastStudents, progress: Any = None) -> Any:
        found.append(request)
        return _Took

    monkeypatch.setattr(ReviewTui, "ask", ask)
    return found


def _teacher(layers: int = 6) -> RunFolder:
    run = make_run(1, name="teacher")
    write_json(run.model / "config.json", {"model_type": "bert", "num_hidden_layers": layers})
    return run


async def _typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press("ctrl+u", *text)


@pytest.mark.parametrize("size", SIZES)
async def test_a_student_is_asked_for_on_train_and_started_once_its_time_is_known(
    size: tuple[int, int], started: list[Any], asked: list[Any], tmp_path: Path
) -> None:
    run = _teacher()
    (tmp_path / "inbox.csv").write_text("review\nfine\n")
    async with ReviewTui().run_test(notifications=True, size=size) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished")
        await pilot.press("D")
        await settled(pilot, "A smaller model", "layers=3 unlabelled=", "3 of 6 layers, 4 epochs, two students")
        await _typed(pilot, f"layers=2 unlabelled={tmp_path}/inbox.csv temperature=4")
        await settled(pilot, "2 of 6 layers", "inbox.csv")
        await pilot.press("enter")
        await settled(pilot, "Train 2 students with 2 layers?", "about 1:06 (an estimate)")
        assert started == []
        await pilot.press("1")
        for _ in range(400):
            await pilot.pause(0.01)
            if started:
                break
    ((name, kind, request, spec),) = started
    assert (name, kind, spec) == ("teacher-2-layers", "distillation", {"layers": 2, "margin": 0.01})
    assert request.distillation.unlabelled == str(tmp_path / "inbox.csv") and request.distillation.temperature == 4
    assert asked[0].layers == 2


async def test_it_can_be_asked_for_on_runs_and_cancelled(started: list[Any], asked: list[Any]) -> None:
    _teacher()
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await settled(pilot, "teacher")
        await pilot.press("D")
        await settled(pilot, "A smaller model")
        await pilot.press("enter")
        await settled(pilot, "Train 2 students with 3 layers?")
        await pilot.press("2")
        await pilot.pause()
        assert "Train 2 students" not in frame(pilot.app)
    assert started == []


async def test_a_line_that_cannot_be_stays_to_be_mended(started: list[Any], asked: list[Any]) -> None:
    run = _teacher()
    async with ReviewTui().run_test(notifications=True, size=(80, 24)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "✓ finished")
        await pilot.press("D")
        await settled(pilot, "A smaller model")
        await _typed(pilot, "layers=9")
        await pilot.press("enter")
        await settled(pilot, "✗", "--layers is 1 to 5")
    assert started == [] and asked == []


@pytest.mark.parametrize("key", ["D"])
async def test_without_a_model_the_key_says_why(key: str) -> None:
    run = make_run(2, name="broken", end="failed")
    async with ReviewTui().run_test(notifications=True, size=(120, 40)) as pilot:
        await open_train(pilot, run)
        await settled(pilot, "failed")
        await pilot.press(key)
        await settled(pilot, "A model can be distilled once its run is over")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("layers=two", "whole number"),
        ("unlabelled=/no/such/file.csv", "no file /no/such/file.csv for unlabelled"),
        ("test=nowhere", "for test"),
        ("margin=-1", "margin is a number of points"),
        ("margin=much", "margin is a number of points"),
        ("'layers=3", "cannot be read"),
        ("layers", "name=value"),
        ("model=starter", "made from its teacher"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(line: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        planned(_teacher(), line)


def test_a_line_is_explained_and_its_names_are_completed(tmp_path: Path) -> None:
    asked = planned(_teacher(2), "margin=2 epochs=5")
    said = explained(asked, 2).plain
    assert "1 of 2 layers, 5 epochs, one student;" in said and "more than 2 points?" in said
    assert completed("layers=3 unl") == "layers=3 unlabelled=" and completed("te") == "test="
    assert completed("test=x te") == "test=x temperature=" and completed("zzz") == "zzz"
