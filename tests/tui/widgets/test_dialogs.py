"""Dialogs: the cursor is seen without colour, keys typed at once are not lost, and escape changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from textual import events
from textual.content import Content
from textual.pilot import Pilot

from tests.tui.engine_double import FakeEngine, until
from tests.tui.frames import frame
from tui.app import ReviewTui
from tui.widgets.dialogs import Ask, Choose, Find

NAMES = ("first", "second", "third")


def workbench() -> ReviewTui:
    return ReviewTui(engine=FakeEngine())  # type: ignore[arg-type]


async def opened(pilot: Pilot[None], dialog: Any) -> list[Any]:
    """Open a dialog; its answers end up in the list."""
    answers: list[Any] = []
    pilot.app.push_screen(dialog, answers.append)
    await pilot.pause()
    return answers


def marked(app: ReviewTui) -> list[str]:
    """The choices that a cursor stands before, as plain text shows them."""
    return [name for name in NAMES for line in frame(app).split("\n") if "▸" in line and name in line]


@pytest.mark.parametrize("current", [None, 1])
async def test_the_cursor_of_a_list_is_seen_as_text(current: int | None) -> None:
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, Choose("Which?", [Content(name) for name in NAMES], current))
        seen = []
        for _ in range(3):
            seen.append(marked(app))
            await pilot.press("down")
            await pilot.pause()
        start = current or 0
        assert seen == [[NAMES[(start + step) % 3]] for step in range(3)]
        await pilot.press("enter")
        await until(pilot, lambda: answers)
        assert answers == [start]


@pytest.mark.parametrize(("keys", "answer"), [("2", 1), ("escape", None), ("q", None), ("9 3", 2)])
async def test_digits_choose_and_escape_does_not(keys: str, answer: int | None) -> None:
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, Choose("Which?", [Content(name) for name in NAMES]))
        await pilot.press(*keys.split())
        await until(pilot, lambda: answers)
        assert answers == [answer]


async def test_what_is_typed_before_a_dialog_is_ready_goes_into_it() -> None:
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        answers: list[Any] = []
        app.action_help = lambda: app.push_screen(Ask("What?"), answers.append)  # type: ignore[method-assign]
        for key in ("f1", *"lr=1e-3", "left", "backspace", "5", "enter"):
            app.post_message(events.Key(key, key if len(key) == 1 else None))
        await until(pilot, lambda: answers)
        assert answers == ["lr=1e53"]


async def test_words_narrow_a_list_and_enter_takes_the_one_under_the_cursor() -> None:
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        dialog = Find("Which?", lambda words: [(name, Content(name)) for name in NAMES if words in name])
        answers = await opened(pilot, dialog)
        await pilot.press("d")
        await pilot.pause()
        assert marked(app) == ["second"] and "first" not in frame(app)
        await pilot.press("down")
        await pilot.pause()
        assert marked(app) == ["third"]
        await pilot.press("enter")
        await until(pilot, lambda: answers)
        assert answers == ["third"]


async def test_nothing_found_is_no_choice() -> None:
    app = workbench()
    async with app.run_test(size=(80, 24)) as pilot:
        answers = await opened(pilot, Find("Which?", lambda words: []))
        await pilot.press("enter", "down", "enter")
        await pilot.pause()
        assert not answers
        await pilot.press("escape")
        await until(pilot, lambda: answers)
        assert answers == [None]
