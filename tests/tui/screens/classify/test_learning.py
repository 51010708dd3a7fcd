"""Learning on Classify: one key trains the next model, says how far it is, and switches to it in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from textual.screen import ModalScreen

from core.base.errors import ReviewtuiError
from core.learning.lesson import Lesson, LessonFolder, lessons_home
from core.learning.outcome_report import LessonOutcome
from core.runs.folder import RunFolder, create_run
from core.runs.request import Request
from tests.hostile import SHORT, steering
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, press, settled, shows
from tui.screens.classify import learning
from tui.screens.classify.learn_dialogs import LearnDialog, LearnedDialog, LearningDialog

LESSON = {
    "parent": "", "root": "", "made": 1.0, "from_run": 900, "confirmed": 3, "corrected": 2, "withdrawn": 1, "added": 40,
    "missing": 0, "validation": 100, "left_out": {"audits, which measure the model": 5}, "conflicts": [],
    "new_labels": ["\x1b[31mred"],
}  # fmt: skip
MEASURED = {
    "rows": 100, "before": 0.9, "after": 0.93, "difference": 0.03, "low": 0.01, "high": 0.05, "p_value": 0.01,
    "verdict": "better", "sentence": "+3.0 points (+1.0…+5.0) on 100 validation reviews: better", "learned_from": 0,
}  # fmt: skip


class Teacher(FakeEngine):
    """Makes lessons, and compares models, at once."""

    def __init__(self, pile: str) -> None:
        super().__init__()
        self.pile = pile
        self.refuses = ""

    def _make_lesson(self, params: dict[str, Any]) -> Any:
        if self.refuses:
            raise AssertionError(self.refuses)
        folder = LessonFolder(lessons_home(self.pile) / "20260901-100000-0001")
        folder.path.mkdir(parents=True)
        self.write(folder, Path(params["run"]).name)
        return {"folder": str(folder.path), "lesson": {**LESSON, "pile": self.pile}}

    def write(self, folder: LessonFolder, parent: str) -> None:
        lesson = msgspec.convert({**LESSON, "pile": self.pile, "parent": parent, "root": parent}, Lesson)
        folder.facts.write_bytes(msgspec.json.encode(lesson))

    def _prepare(self, params: dict[str, Any]) -> Any:
        return None

    def _judge_lesson(self, params: dict[str, Any]) -> Any:
        flips = {
            "reviews": 6, "changed": 2, "kinds": [{"before": "negative", "after": "positive", "reviews": 2}],
            "decided": 1, "now_as_decided": 1, "file": None,
        }  # fmt: skip
        return {
            "run": "x", "name": "x", "parent": "y", "parent_name": "y",
            "measured": [{**MEASURED, "basis": "validation reviews"},
                         {**MEASURED, "basis": "audits", "rows": 0, "before": None, "after": None, "verdict": ""}],
            "flips": flips if params["score"] else None, "stability": None,
        }  # fmt: skip


@pytest.fixture
def teacher(pile: str) -> Teacher:
    return Teacher(pile)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Request]:
    """The requests of runs that were started; no worker starts."""
    found: list[Request] = []

    def start(request: Request, *, wait: bool) -> tuple[RunFolder, None]:
        assert wait
        found.append(request)
        return create_run(request), None

    monkeypatch.setattr("core.runs.start.start_run", start)
    return found


def give_model(home: Path, labels: tuple[str, ...] = ("negative", "positive")) -> RunFolder:
    """Let the newest run have a model and be over."""
    from core.runs.folder import list_runs

    run = list_runs()[0]
    run.model.mkdir()
    (run.model / "config.json").write_text('{"id2label": {"0": "negative", "1": "positive"}}')
    return run


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_what_would_be_learned_is_shown_before_anything_is_trained(
    run: RunFolder, pile: str, teacher: Teacher, started: list[Request], size: tuple[int, int]
) -> None:
    async with bench(teacher, pile).run_test(size=size) as pilot:
        await press(pilot, "enter", "L")
        await shows(pilot, lambda: "Train the next model after" in frame(pilot.app))
        shown = frame(pilot.app)
        for words in (
            "900 reviews of the run",
            "40 added, 2 corrected",
            "5 audits",
            "the same 100 reviews",
            "enter trains",
        ):
            assert words in " ".join(shown.split()), words
        assert not steering(shown) - {"\n"}
        await pilot.press("escape")
        await settled(pilot)
        assert started == [] and [*lessons_home(pile).iterdir()] == []


async def test_enter_trains_it_behind_whatever_trains_and_the_place_stays(
    run: RunFolder, pile: str, teacher: Teacher, started: list[Request]
) -> None:
    async with bench(teacher, pile).run_test(size=(80, 24)) as pilot:
        screen = await press(pilot, "enter", "L")
        await shows(pilot, lambda: "Train the next model after" in frame(pilot.app))
        await pilot.press("enter")
        await shows(pilot, lambda: "L shows it" in frame(pilot.app))
        (request,) = started
        assert Path(request.data).parent.parent == lessons_home(pile) and request.name.endswith("-learned")
        assert screen.pile is not None and screen.pile.position == 1
        await pilot.press("L")
        await shows(pilot, lambda: "The next model" in frame(pilot.app))
        await pilot.press("escape")
        await press(pilot, "2")
        assert len(screen.pile.history.verdicts()) == 2  # decisions go on meanwhile


async def test_what_it_gained_is_shown_and_one_key_switches_in_place(
    run: RunFolder, pile: str, teacher: Teacher, started: list[Request], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning, "_LOOK_SECONDS", 0.01)
    async with bench(teacher, pile).run_test(size=(80, 24), notifications=True) as pilot:
        screen = await press(pilot, "enter", "L")
        await shows(pilot, lambda: "Train the next model after" in frame(pilot.app))
        await pilot.press("enter")
        await shows(pilot, lambda: "L shows it" in frame(pilot.app))
        learned = give_model(home)
        monkeypatch.setattr(learning, "OVER", (*learning.OVER, "starting", "interrupted"))
        await press(pilot, "L")
        await shows(pilot, lambda: "2 of 6 reviews of the pile" in frame(pilot.app))
        shown = frame(pilot.app)
        assert "90.0% → 93.0%" in shown and "none to compare on" in shown
        assert "switches to" in shown and "stays with" in shown
        await pilot.press("escape")
        await settled(pilot)
        assert screen.model.run_id == run.id
        await press(pilot, "L")
        await shows(pilot, lambda: "2 of 6 reviews of the pile" in frame(pilot.app))
        await pilot.press("enter")
        await shows(pilot, lambda: screen.model.run_id == learned.id and screen.model.state == "warm")
        assert screen.pile is not None and screen.pile.position == 1


async def test_the_pile_is_ranked_anew_around_the_review_in_view(
    run: RunFolder, pile: str, teacher: Teacher, started: list[Request], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher.scored = len(teacher.texts)
    async with bench(teacher, pile).run_test(size=(80, 24)) as pilot:
        await press(pilot, "O")
        await shows(pilot, lambda: "In which order?" in frame(pilot.app))
        screen = await press(pilot, "2", "1")
        assert screen.pile is not None and screen.pile.review is not None
        row = screen.pile.review.row
        await pilot.press("L")
        await shows(pilot, lambda: "Train the next model after" in frame(pilot.app))
        await pilot.press("enter")
        await shows(pilot, lambda: "L shows it" in frame(pilot.app))
        learned = give_model(home)
        monkeypatch.setattr(learning, "OVER", (*learning.OVER, "starting", "interrupted"))
        await pilot.press("L")
        await shows(pilot, lambda: "2 of 6 reviews of the pile" in frame(pilot.app))
        await pilot.press("enter")
        await shows(pilot, lambda: screen.model.run_id == learned.id and screen.model.state == "warm")
        await settled(pilot)
        arranged = [params for method, params in teacher.asked if method == "arrange"]
        assert (arranged[-1]["model"], arranged[-1]["current"]) == (str(learned.model), row)
        assert screen.pile.review is not None and screen.pile.review.row == row


async def test_a_refusal_is_a_sentence(run: RunFolder, pile: str, teacher: Teacher) -> None:
    teacher.errors["make_lesson"] = "There is nothing to learn from: 3 audits, which measure the model."
    async with bench(teacher, pile).run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "L")
        await shows(pilot, lambda: "nothing to learn from" in " ".join(frame(pilot.app).split()))
        assert len(pilot.app.screen_stack) == 1


async def test_a_run_that_cannot_start_leaves_no_lesson(
    run: RunFolder, pile: str, teacher: Teacher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ReviewtuiError("The home is full.")

    monkeypatch.setattr("core.runs.start.start_run", refuse)
    async with bench(teacher, pile).run_test(size=(80, 24), notifications=True) as pilot:
        await press(pilot, "enter", "L")
        await shows(pilot, lambda: "Train the next model after" in frame(pilot.app))
        await pilot.press("enter")
        await shows(pilot, lambda: "The home is full" in frame(pilot.app))
        assert [*lessons_home(pile).iterdir()] == []


async def test_no_name_label_or_problem_steers(run: RunFolder, pile: str, teacher: Teacher) -> None:
    async with bench(teacher, pile).run_test(size=(100, 40)) as pilot:
        await settled(pilot)
        for start in range(0, len(SHORT) - 12, 240):
            for dialog in _hostile_dialogs(teacher, SHORT[start : start + 12]):
                pilot.app.push_screen(dialog)
                await pilot.pause()
                await pilot.pause()
                assert not steering(frame(pilot.app)) - {"\n"}
                pilot.app.pop_screen()
                await pilot.pause()


def _hostile_dialogs(teacher: Teacher, some: Sequence[str]) -> list[ModalScreen[Any]]:
    answer = teacher._judge_lesson({"score": True})
    answer["flips"]["kinds"] = [{"before": some[0], "after": some[1], "reviews": 1}]
    answer["stability"] = {
        "rows": 1, "stable": False, "sentence": "One step.",
        "steps": [{"before": "a", "after": "b", "name": some[2], "decided": 1, "rows": 1, "agreement": 1.0,
                   "kappa": None, "kappa_interval": None}],
    }  # fmt: skip
    outcome = msgspec.convert(answer, LessonOutcome)

    async def judge(score: bool, progress: Any) -> LessonOutcome:
        progress(some[3], None)
        if score:
            raise ReviewtuiError(some[4])
        return msgspec.structs.replace(outcome, flips=None)

    return [
        LearnDialog(some[5], [(some[6], some[7])]),
        LearningDialog(some[8]),
        LearnedDialog(some[9], some[10], judge),
    ]
