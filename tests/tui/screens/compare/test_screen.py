"""The Compare screen: chosen on Runs or on the screen, one verdict at a time, and the disagreements as a pile."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.comparison.kept import DifferentAnswers, Said, keep
from core.comparison.report import ComparisonReport
from core.runs.folder import RunFolder
from tests.hostile import SOUND, steering
from tests.tui.engine_double import FakeEngine, until
from tests.tui.frames import frame
from tests.tui.made_runs import make_run
from tests.tui.screens.compare.bench import pair_report, report_of, settings_report
from tests.tui.screens.runs.test_screen import settled
from tui.app import ReviewTui
from tui.screens.compare import views

SIZES = [(80, 24), (120, 40)]


class Engine(FakeEngine):
    """Compares whatever it is asked to."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(**{"compare": self._compare, **answers})

    def _compare(self, params: dict[str, Any]) -> Any:
        return report_of([(arm["id"], arm["name"]) for arm in params["arms"]])


def three() -> list[RunFolder]:
    return [make_run(number, name=name) for number, name in enumerate(("old", "middle", "new"), start=1)]


def app_with(engine: FakeEngine) -> ReviewTui:
    return ReviewTui(engine=engine)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", SIZES)
async def test_without_runs_it_says_how_to_choose(size: tuple[int, int]) -> None:
    async with app_with(Engine()).run_test(size=size) as pilot:
        await pilot.press("f7")
        await settled(pilot, "[Compare]", "Nothing to compare yet", "a Add")


@pytest.mark.parametrize("size", SIZES)
async def test_marked_runs_are_compared_with_one_key(size: tuple[int, int]) -> None:
    three()
    engine = Engine()
    async with app_with(engine).run_test(size=size) as pilot:
        await settled(pilot, "new", "old")
        await pilot.press("a", "C")
        await settled(pilot, "[Compare]", "not distinguishable", "pair 1 of 3", "new against middle", "330")
        assert [arm["name"] for arm in engine.of("compare")[0]["arms"]] == ["new", "middle", "old"]
        await pilot.press("n")
        await settled(pilot, "pair 2 of 3", "new against old")
        await pilot.press("p", "p")
        await settled(pilot, "pair 3 of 3", "middle against old")


async def test_a_single_run_asks_for_another_and_compares_then() -> None:
    three()
    engine = Engine()
    async with app_with(engine).run_test(size=(120, 40)) as pilot:
        await settled(pilot, "new", "old")
        await pilot.press("C")
        await settled(pilot, "new is one; a comparison needs two")
        assert not engine.of("compare")
        await pilot.press("a")
        await settled(pilot, "Compare with", "old")
        await pilot.press(*"old", "enter")
        await settled(pilot, "new against old", "Settings that differ")
        await pilot.press("x")
        await settled(pilot, "Take out")
        await pilot.press("2")
        await settled(pilot, "new is one")


async def test_the_file_and_the_margin_are_asked_and_passed_on() -> None:
    three()
    engine = Engine()
    async with app_with(engine).run_test(size=(120, 40)) as pilot:
        pilot.app.open_compare(three()[:2])  # type: ignore[attr-defined]
        await settled(pilot, "not distinguishable")
        await pilot.press("m")
        await settled(pilot, "In points of accuracy")
        await pilot.press("ctrl+u", *"2,5", "enter")
        await until(pilot, lambda: len(engine.of("compare")) == 2)
        await settled(pilot, "not distinguishable")
        await pilot.press("o")
        await settled(pilot, "Compare on")
        await pilot.press(*"/data/test.csv", "enter")
        await until(pilot, lambda: len(engine.of("compare")) == 3)
        last = engine.of("compare")[-1]
        assert last["source"] == "/data/test.csv" and last["margin"] == pytest.approx(0.025)
        await settled(pilot, "on test.csv")


async def test_what_cannot_be_compared_says_why_and_can_be_left() -> None:
    engine = Engine(compare=InputError("Only models with the same classes can be compared."))
    async with app_with(engine).run_test(size=(80, 24)) as pilot:
        pilot.app.open_compare(three()[:2])  # type: ignore[attr-defined]
        await settled(pilot, "cannot be compared", "Only models with the same classes")
        engine.held = {"compare"}
        await pilot.press("r")
        await until(pilot, lambda: len(engine.of("compare")) == 2)
        engine.progress("classifying with old", 0.5)
        await settled(pilot, "classifying with old 50%", "esc leaves it")
        await pilot.press("escape")
        await settled(pilot, "[Compare]", "not compared; r does it")
        assert engine.futures[-1][1].cancelled()


async def test_disagreements_open_in_classify_with_what_both_say(tmp_path: Any) -> None:
    runs = three()[:2]
    said = (Said("positive", 0.91), Said("negative", 0.55))

    def compare(params: dict[str, Any]) -> ComparisonReport:
        found = report_of([(arm["id"], arm["name"]) for arm in params["arms"]])
        return keep(found, [DifferentAnswers(text="A fine chair.", label="negative", answers=said)])

    engine = Engine(compare=compare, load={"labels": ["negative", "positive"], "max_length": 64})
    engine.answers["rows"] = lambda params: {
        "rows": [
            {
                "row": 0, "file": params["source"], "line": 1, "text": "A fine chair.", "label": None, "hash": "00",
                "columns": {
                    "model_a": "old", "answer_a": "positive", "probability_a": "0.91",
                    "model_b": "middle", "answer_b": "negative", "probability_b": "0.55",
                },
            }
        ],
        "total": 1, "data_hash": "00",
    }  # fmt: skip
    engine.answers["classify"] = InputError("not now")
    async with app_with(engine).run_test(size=(120, 40)) as pilot:
        pilot.app.open_compare(runs)  # type: ignore[attr-defined]
        await settled(pilot, "not distinguishable", "c Disagreements")
        await pilot.press("c")
        await settled(pilot, "[Classify]", "old    says positive  91.0%", "middle says negative  55.0%")
        await pilot.press("b")
        shown = await settled(pilot, "Label first")
        assert "says positive" not in shown


async def test_settings_are_compared_by_their_seeds() -> None:
    engine = Engine(compare=settings_report())
    async with app_with(engine).run_test(size=(120, 40)) as pilot:
        pilot.app.open_compare(three()[:2])  # type: ignore[attr-defined]
        shown = await settled(pilot, "ten against twenty", "which setting trains the better model", "seed 2", "mean")
        assert "c Disagreements" not in shown


@given(
    st.floats(-0.5, 0.5), st.floats(0, 0.3), st.floats(0, 0.3), st.sampled_from((0.0, 0.01, 0.05)), st.integers(10, 90)
)
def test_the_drawn_interval_holds_its_estimate_and_keeps_its_side_of_zero(
    middle: float, below: float, above: float, margin: float, width: int
) -> None:
    drawn = views.interval(middle - below, middle, middle + above, margin, width).plain
    left, dot, zero = drawn.find("├"), drawn.index("●"), drawn.find("│")
    assert left <= dot and drawn.rindex(" ") > dot
    if middle - below > 0.02 and zero >= 0:
        assert zero < dot and (left < 0 or zero < left)


@pytest.mark.parametrize("width", [60, 79, 119])
def test_every_view_is_inert_with_hostile_names(width: int) -> None:
    for number in range(0, len(SOUND) - 4, 4):
        a, b, note, data = SOUND[number : number + 4]
        found = report_of([("1", a), ("2", b)], notes=(note,), data=data, left_out={note: 2})
        found = msgspec.structs.replace(found, pairs=(pair_report("1", "2", sentence=note),))
        for shown in (
            views.verdict(found, 0, "‹p n›", width), views.body(found, 0, lambda id: "c", width),
            views.failed([a, b], note, width), views.waiting([a, b], note, 0.5, width),
            views.empty([a], lambda id: "a", width),
        ):  # fmt: skip
            assert not steering(shown.plain)


async def test_three_hundred_pairs_are_drawn_at_once() -> None:
    runs = [(f"id-{number}", f"run-{number}") for number in range(25)]
    engine = Engine(compare=report_of(runs))
    async with app_with(engine).run_test(size=(80, 24)) as pilot:
        pilot.app.open_compare(three()[:2])  # type: ignore[attr-defined]
        await settled(pilot, "pair 1 of 300")
        await pilot.press("p")
        assert "run-23 against run-24" in await settled(pilot, "pair 300 of 300")
        assert frame(pilot.app)
