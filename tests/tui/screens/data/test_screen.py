"""The Data screen: what is read is what was chosen, what is refused is said, and no data can hurt the screen."""

from __future__ import annotations

import random
from typing import Any

import pytest

from core.base.errors import InputError
from core.engine.requests import method_of
from core.reviews.options import ReadingOptions
from tests.tui.engine_double import HOSTILE, STEERING, FakeEngine, column, inspection, settle, until
from tests.tui.frames import frame
from tests.tui.screens.data.bench import SIZES, chosen, screen_of, workbench
from tests.tui.sizes import sizes_at_borders
from tui.app import ReviewTui
from tui.screens.data.class_names import LabelNames
from tui.screens.data.findings import SECTIONS
from tui.screens.data.screen import DataScreen
from tui.widgets.dialogs import Ask, Choose


async def test_reading_shows_how_far_it_is_and_escape_drops_it() -> None:
    engine = FakeEngine()
    engine.held = {"inspect"}
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: engine.futures)
        engine.progress("reading", 0.42)
        await pilot.pause()
        assert "Reading reviews.csv" in frame(app) and "42%" in frame(app)
        await pilot.press("escape")
        await until(pilot, engine.futures[0][1].cancelled)
        assert screen_of(app).stage == "picking"


async def test_a_refused_source_shows_its_sentence_and_can_be_told_how_to_be_read() -> None:
    engine = FakeEngine(inspect=InputError(f"No column of text {HOSTILE}; name it."))
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "No column of text" in frame(app) and "[bold]x[/" in frame(app)
        assert not STEERING & set(frame(app).replace("\n", ""))
        assert "Sample reviews" in frame(app)
        await pilot.press("t")
        assert isinstance(app.screen, Ask)
        engine.answers["inspect"] = inspection()
        await pilot.press(*"body", "enter")
        await settle(pilot)
        assert engine.of("inspect")[-1]["reading"]["text"] == "body"
        assert screen_of(app).stage == "found"


@pytest.mark.parametrize("size", SIZES)
async def test_what_was_found_and_what_comes_next_is_on_the_first_frame(size: tuple[int, int]) -> None:
    app = workbench(FakeEngine())
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        shown = frame(app)
        for words in ("50 reviews", "48 kept", "2 left out", "negative", "28", "58.3%", "Continue to Setup", "Ready"):
            assert words in shown, words


async def test_every_section_is_reached_by_digit_and_by_arrow() -> None:
    app = workbench(FakeEngine())
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        by_digit, by_arrow = [], []
        for number in range(len(SECTIONS)):
            await pilot.press(str(number + 1))
            by_digit.append(frame(app))
        await pilot.press("1")
        for _ in SECTIONS:
            by_arrow.append(frame(app))
            await pilot.press("right")
        assert by_digit == by_arrow and len(set(by_digit)) == len(SECTIONS)
        assert frame(app) == by_digit[0]
        for words, shown in zip(
            ("How it is read", "distinct", "A fine chair. 0", "7", "of all tokens are not read"), by_digit, strict=True
        ):
            assert words in shown
        assert "reviews.csv:7" in by_digit[3] and "skipped.jsonl" in by_digit[3]
        assert "256 tokens" in by_digit[4] and "6 of 48 reviews" in by_digit[4]


async def test_pages_of_samples_turn_and_fetch_when_they_must() -> None:
    engine = FakeEngine(inspect=inspection(kept=450, rows=450, left_out={}, skipped=[]))
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("3", *["full_stop"] * 9)
        await settle(pilot)
        assert "reviews 181 to 200 of 450" in frame(app) and len(engine.of("rows")) == 1
        await pilot.press("full_stop")
        await settle(pilot)
        assert "reviews 201 to 220 of 450" in frame(app) and engine.of("rows")[1]["offset"] == 200
        await pilot.press(*["full_stop"] * 30)
        await settle(pilot)
        assert "reviews 441 to 450 of 450" in frame(app)
        await pilot.press(*["comma"] * 40)
        await settle(pilot)
        assert "reviews 1 to 20 of 450" in frame(app)


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("t 4", chosen(text="verdict")),
        ("t down down down enter", chosen(text="verdict")),
        ("i 1", chosen(title="")),
        ("i 4", chosen(title="rating")),
        ("l 1", chosen(label="")),
        ("l 3", chosen(label="verdict")),
        ("s 2", chosen(scheme="stars")),
        ("n b a d enter", chosen(label_names={"negative": "bad"})),
        ("n tab tab 3 tab o k enter", chosen(label_names={"3": "ok"})),
        ("e 3", chosen(encoding="cp1252")),
        ("e 6 u t f minus 3 2 enter", chosen(encoding="utf-32")),
        ("e 9", chosen(delimiter=";")),
        ("e end enter", chosen(header=False)),
    ],
)
async def test_a_choice_is_read_again_with_just_that_option(keys: str, expected: dict[str, Any]) -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press(*keys.split())
        await settle(pilot)
        assert engine.of("inspect")[-1]["reading"] == expected
        assert app.draft.reading == ReadingOptions(**expected)
        assert engine.of("rows")[-1]["reading"] == expected


async def test_escape_leaves_every_dialog_without_reading_again() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for key, dialog in {"t": Choose, "i": Choose, "l": Choose, "s": Choose, "e": Choose, "n": LabelNames}.items():
            await pilot.press(key)
            assert isinstance(app.screen, dialog)
            await pilot.press("escape")
            await settle(pilot)
        assert len(engine.of("inspect")) == 1


async def test_a_newer_wish_cancels_the_one_before() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        engine.held = {"inspect"}
        await pilot.press("s", "2")
        await until(pilot, lambda: len(engine.of("inspect")) == 2)
        assert "again" in frame(app) and screen_of(app).blocked
        await pilot.press("i", "1")
        await until(pilot, lambda: len(engine.of("inspect")) == 3)
        held = [future for request, future in engine.futures if method_of(request) == "inspect"]
        await until(pilot, held[1].cancelled)
        assert not held[2].cancelled()
        engine.let_go()
        await settle(pilot)
        assert app.draft.reading == ReadingOptions(scheme="stars", title="")


async def test_a_refused_choice_leaves_everything_as_it_was() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(120, 40)) as pilot:
        await settle(pilot)
        engine.answers["inspect"] = InputError("utf-16 cannot be.")
        await pilot.press("e", "5")
        await settle(pilot)
        assert "utf-16 cannot be. It is read as before." in frame(app)
        assert app.draft.reading == ReadingOptions() and app.draft.report is not None
        await pilot.press("c")
        assert app.current_mode == "setup"


async def test_continue_hands_the_report_to_setup() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("enter")
        assert app.current_mode == "setup" and app.draft.report == engine.answers["inspect"].report


async def test_reviews_that_cannot_be_trained_on_say_why_and_can_be_worked_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(ReviewTui, "open_classify", lambda self, run=None, pile=None, reading=None: opened.append(pile))
    engine = FakeEngine(
        inspect=inspection(
            trainable="It has no labels.", label_column=None, class_counts={}, label_names=[], schemes=[]
        )
    )
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        assert "press l to choose one" in " ".join(frame(app).split()) and "--label" not in frame(app)
        await pilot.press("c", "enter", "s", "n")
        await settle(pilot)
        assert app.current_mode == "data" and isinstance(app.screen, DataScreen) and app.draft.report is None
        await pilot.press("w")
        assert opened == ["/data/reviews.csv"]


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 40), (200, 60)])
async def test_no_figure_is_cut(size: tuple[int, int]) -> None:
    """Neither by a table that is too wide, nor by a scrollbar that comes when the screen is shown again."""
    columns = [dict(column(f"column {number}"), distinct=1_278, filled=1_278) for number in range(30)]
    engine = FakeEngine(
        inspect=inspection(columns=columns, rows=1_300, kept=1_278, left_out={"empty text": 22}, text_column="column 0",
                           title_column=None, label_column="column 1")
    )  # fmt: skip
    app = workbench(engine)
    async with app.run_test(size=size) as pilot:
        await settle(pilot)
        for keys in ("1", "f2 f3", "2", "f2 f3"):
            await pilot.press(*keys.split())
            await settle(pilot)
            shown = frame(app)
            assert "…" not in "".join(line for line in shown.split("\n") if "1,2" in line and "column " in line)
            if "kept" in shown and "22 left out" not in shown.split("Rows")[-1]:
                assert "of 1,300" in shown
            if keys.startswith("2"):
                assert shown.count("1,278") >= 8


async def test_reviews_are_worked_through_as_they_are_read_here() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for keys in ("t 4", "e 3"):
            await pilot.press(*keys.split())
            await settle(pilot)
        await pilot.press("w")
        expected = ReadingOptions(text="verdict", encoding="cp1252")
        await until(pilot, lambda: ReadingOptions(**engine.of("rows")[-1]["reading"]) == expected)
        await pilot.press("f3", "t", "1")
        await settle(pilot)
        await pilot.press("w")
        again = expected.model_copy(update={"text": "review"})
        await until(pilot, lambda: ReadingOptions(**engine.of("rows")[-1]["reading"]) == again)
        assert engine.of("rows")[-1]["without_labels"]


async def test_a_new_draft_is_read_when_the_screen_comes_back() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        await pilot.press("c")
        app.open_data("/data/other.csv")
        await settle(pilot)
        assert engine.of("inspect")[-1]["source"] == "/data/other.csv"
        await pilot.press("o")
        assert screen_of(app).stage == "picking"
        await pilot.press("escape")
        assert screen_of(app).stage == "found"


async def test_any_size_at_any_stage_is_drawn() -> None:
    engine = FakeEngine()
    app = workbench(engine)
    generator = random.Random(7)
    async with app.run_test(size=(80, 24)) as pilot:
        await settle(pilot)
        for turn, size in enumerate(sizes_at_borders(7)):
            await pilot.resize_terminal(*size)
            if turn % 2 == 0:
                await pilot.press(generator.choice(["1", "2", "3", "4", "5", "o", "escape"]))
            frame(app)
            if app.current_mode != "data":
                app.switch_mode("data")
                await pilot.pause()
        await pilot.resize_terminal(50, 10)
        await pilot.pause()
        assert "too small" in frame(app)
