"""Reasons on Classify: in place, in the background, gone with the review, and never before a label given blind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from core.inference.explanation import Explanation, Part
from core.runs.folder import RunFolder
from tests.hostile import SHORT, STEERS
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import FakeEngine, bench, press, settled, shows
from tui.screens.classify import reasons_text
from tui.screens.classify.reasons_marks import reason_marks
from tui.screens.classify.review_text import ReviewText
from tui.screens.classify.screen import ClassifyScreen

TEXTS = ["a great lamp, broken in a week", "nothing decides here", "a FLIPS word", "the fourth"]


def lines(pilot: Pilot[None]) -> list[str]:
    return [line.rstrip() for line in frame(pilot.app).splitlines()]


def styles(screen: ClassifyScreen, word: str) -> set[str]:
    """How a word of the review is drawn."""
    text = screen.query_one(ReviewText)
    return {
        str(segment.style)
        for y in range(text.size.height)
        for segment in text.render_line(y)
        if segment.text.strip() == word
    }


async def test_reasons_stand_in_the_text_and_in_the_panel_without_colour(
    pile: str, run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with bench(FakeEngine(TEXTS), pile, run).run_test(size=(80, 24)) as pilot:
        await press(pilot, "e")
        shown = frame(pilot.app)
        assert "a [+great+] lamp, [-broken-] in a week" in shown
        assert "positive 0.75; with the word masked" in shown
        assert "great → 0.42; left out 0.73" in shown and "broken → 0.87" in shown
        assert "+0.33" in shown and "−0.12" in shown
        assert "without the 2 strongest for it: 0.75 → 0.35; without 2 random others: 0.73" in shown
        assert "because" not in shown.lower()
        await press(pilot, "e")
        assert "[+great+]" not in frame(pilot.app) and "without" not in frame(pilot.app)


async def test_in_colour_the_sign_is_a_colour_and_the_weight_an_underline(pile: str, run: RunFolder) -> None:
    async with bench(FakeEngine(TEXTS), pile, run).run_test(size=(80, 24)) as pilot:
        screen = await press(pilot, "e")
        assert "a great lamp, broken in a week" in frame(pilot.app)
        (great,), (broken,) = styles(screen, "great"), styles(screen, "broken")
        assert "underline2" in great and "underline" in broken and "underline2" not in broken
        assert great.split("#")[1][:6] != broken.split("#")[1][:6]
        assert not any("underline" in style for style in styles(screen, "lamp,"))


async def test_what_flips_the_label_says_so_and_no_single_word_is_said_where_none_decides(
    pile: str, run: RunFolder
) -> None:
    async with bench(FakeEngine(TEXTS), pile, run).run_test(size=(100, 30)) as pilot:
        await press(pilot, "n", "e")
        shown = frame(pilot.app)
        assert "No single word decides this." in shown and "None changes positive 0.75 by 0.01." in shown
        await press(pilot, "n", "e")
        shown = frame(pilot.app)
        assert "FLIPS → 0.25, then negative" in shown and "No single word" not in shown


async def test_esc_leaves_the_reasons_and_only_then_the_screen(pile: str, run: RunFolder) -> None:
    async with bench(FakeEngine(TEXTS), pile, run).run_test(size=(80, 24)) as pilot:
        screen = await press(pilot, "e")
        assert screen.reasons is not None
        await press(pilot, "escape")
        assert screen.reasons is None and pilot.app.current_mode == "classify"
        await press(pilot, "escape")
        assert pilot.app.current_mode == "classify"  # where the pile stays, it is asked once
        await pilot.press("escape")
        await pilot.pause()
        assert pilot.app.current_mode != "classify"


@pytest.mark.parametrize("key", ["1", "enter", "s", "n", "escape", "t"])
async def test_moving_on_ends_the_work_of_the_engine(pile: str, run: RunFolder, key: str) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        engine.held.add("explain")
        await pilot.press("e")
        await shows(pilot, lambda: "Taking words away" in frame(pilot.app))
        (_, future), *_ = engine.waiting
        await pilot.press(key)
        await shows(pilot, future.cancelled)
        await shows(pilot, lambda: "Taking words away" not in frame(pilot.app))
        if key in ("1", "enter", "s", "n"):
            await shows(pilot, lambda: "2 of 4" in frame(pilot.app))


async def test_a_second_look_asks_nothing_and_another_model_asks_again(pile: str, run: RunFolder, home: Path) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await press(pilot, "e", "e", "e", "n", "p", "e")
        assert sum(method == "explain" for method, _ in engine.asked) == 1


async def test_progress_is_shown_and_a_failure_is_a_sentence(pile: str, run: RunFolder) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        heard: list[Callable[[str, float | None], None]] = []
        request = engine.request

        def listening(asked: Any, progress: Any = None) -> Any:
            heard.append(progress)
            return request(asked, progress)

        engine.request = listening  # type: ignore[method-assign]
        engine.held.add("explain")
        await pilot.press("e")
        await shows(pilot, lambda: bool(engine.waiting))
        heard[-1]("explaining", 0.4)
        await shows(pilot, lambda: "Taking words away 40%   esc stops" in frame(pilot.app))
        engine.errors["explain"] = "The engine \x1b[2J ended."
        engine.let_go()
        await shows(pilot, lambda: "No reasons: The engine ␛[2J ended." in frame(pilot.app))


async def test_blind_there_are_no_reasons_before_the_label(pile: str, run: RunFolder) -> None:
    engine = FakeEngine(TEXTS)
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        screen = await press(pilot, "b", "e")
        assert screen.reasons is None and "explain" not in [method for method, _ in engine.asked]
        assert "Label first" in frame(pilot.app) and "e Why" not in frame(pilot.app)
        screen = await press(pilot, "b", "e")
        assert "positive 0.75; with the word masked" in frame(pilot.app)
        screen = await press(pilot, "b")  # turned on while reasons are in view
        assert "0.75" not in frame(pilot.app) and screen.reasons is None
        screen = await press(pilot, "1", "p", "e")  # labelled now
        assert "positive 0.75; with the word masked" in frame(pilot.app)


async def test_a_typed_review_has_reasons_too_and_goes_on_being_typed(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with bench(FakeEngine(), None, run).run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        await pilot.press(*"great e")
        screen = await press(pilot, "ctrl+s", "escape", "e")
        assert "[+great+] e" in frame(pilot.app) and screen.reasons is not None
        await press(pilot, "i", "x")
        assert screen.reasons is None and "great ex" in frame(pilot.app)


async def test_the_strongest_word_of_a_long_review_comes_into_view(pile: str, run: RunFolder) -> None:
    long = "word " * 600 + "great " + "word " * 50
    engine = FakeEngine([long])
    engine._load = lambda params: {"labels": ["negative", "positive"], "max_length": 9_000}  # type: ignore[method-assign]
    async with bench(engine, pile, run).run_test(size=(80, 24)) as pilot:
        screen = await settled(pilot)
        text = screen.query_one(ReviewText)
        assert text.scroll_offset.y == 0
        await press(pilot, "e")
        await shows(pilot, lambda: any("great" in line for line in lines(pilot)[3:14]))
        assert text.scroll_offset.y > 0


def test_hostile_words_are_cleaned_in_panel_and_text() -> None:
    for text in SHORT:
        if not text.strip():
            continue
        parts = (Part(text, 0, len(text), "word", 0.4, text, 0.0),)
        found = Explanation(text, 0.9, "word", parts, "No single word decides this.")
        said = reasons_text.reasons(found, 60, "esc", alone=True).plain + reasons_text.failed(text).plain
        assert not any(one in STEERS - {"\n"} for one in said)
        assert all(mark.before == "[+" for mark in reason_marks(found, colour=False))


def test_sentences_that_decide_begin_with_their_figure() -> None:
    parts = (
        Part("One. ", 0, 3, "sentence", 0.41, "x"),
        Part("Two", 5, 8, "sentence", 0.01, "x"),
        Part("One", 0, 3, "word", -0.2, "x"),
    )
    found = Explanation("x", 0.9, "sentence", parts, "")
    assert [(mark.start, mark.end, mark.before) for mark in reason_marks(found, colour=False)] == [
        (0, 0, "‹+0.41› "),
        (0, 3, "[-"),
    ]
    assert "the 2 strongest of 2 sentences" in reasons_text.reasons(found, 60, "esc", alone=True).plain
    assert "not read" not in reasons_text.reasons(found, 60, "esc", alone=True).plain
    assert (
        "⟦4 characters⟧ beyond the limit: not read"
        in reasons_text.reasons(replace(found, not_read=(4, 8)), 60, "esc", alone=True).plain
    )
