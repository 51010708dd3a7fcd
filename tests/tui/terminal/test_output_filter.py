"""The guard behind all screens: what a screen forgot to clean steers nothing, and a line keeps its cells."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.app import ComposeResult
from textual.color import Color
from textual.content import Content
from textual.screen import Screen
from textual.widgets import DataTable, OptionList, RichLog, Static

from core.base.text import STEERING
from tests.hostile import CORPUS, SHORT, steering
from tests.tui.frames import frame
from tui.app import ReviewTui
from tui.terminal.output_filter import OutputFilter

BLACK = Color(0, 0, 0)


@pytest.fixture(autouse=True)
def nothing_is_left_to_the_last_guard() -> None:
    """Here the guard itself is looked at; see conftest.py."""


def careless_screen(texts: Sequence[str]) -> Any:
    """A screen that shows strings as they come, in every kind of widget, as none of ours should."""

    class CarelessScreen(Screen[None]):
        def compose(self) -> ComposeResult:
            yield Static(Content("\n".join(texts)), id="static")
            yield OptionList(*map(Content, texts), markup=False)
            yield DataTable[Text](id="table")
            yield RichLog(markup=False)
            titled = Static("x", classes="titled")
            titled.border_title = Content(texts[0])  # type: ignore[assignment]
            yield titled

        def on_mount(self) -> None:
            table = self.query_one(DataTable)
            table.add_column("text")
            for text in texts:
                table.add_row(Text(text))
                self.query_one(RichLog).write(Text(text))
            self.query_one(".titled").styles.border = ("round", "red")

    return CarelessScreen()


async def test_no_widget_brings_anything_past_it() -> None:
    texts = [text for text in SHORT if "\n" not in text][::9]
    app = ReviewTui()
    async with app.run_test(size=(100, 260), notifications=True) as pilot:
        await app.push_screen(careless_screen(texts))
        app.notify(texts[3], markup=False)
        await pilot.pause()
        await pilot.pause()
        shown = frame(app)
        assert not steering(shown), sorted(map(repr, steering(shown)))
        assert all(shown.count(text[:4]) >= 3 for text in texts[:20]), "they are there, without what steers"


@given(st.lists(st.text(st.characters()), max_size=4))
def test_nothing_steers_and_what_is_harmless_stays(texts: list[str]) -> None:
    segments = [Segment(text, Style(bold=True)) for text in texts]
    found = OutputFilter().apply(segments, BLACK)
    assert not steering("".join(one.text for one in found)) and "\n" not in "".join(one.text for one in found)
    assert [one.style for one in found] == [one.style for one in segments]
    assert all(after == before for before, after in zip(segments, found, strict=True) if before.text.isprintable())


def test_a_line_keeps_its_cells() -> None:
    for code in STEERING:
        (found,) = OutputFilter().apply([Segment(f"a{chr(code)}b")], BLACK)
        assert cell_len(found.text) == 2 + (1 if 0xD800 <= code < 0xE000 else cell_len(chr(code))), hex(code)


def test_every_string_of_the_corpus_is_made_inert() -> None:
    for text in CORPUS:
        (found,) = OutputFilter().apply([Segment(text)], BLACK)
        assert not steering(found.text) and "\n" not in found.text


def test_it_costs_next_to_nothing() -> None:
    line = [Segment("reviews that say what they say ", Style(bold=True)) for _ in range(6)]
    guard = OutputFilter()
    best = min(_seconds(lambda: guard.apply(line, BLACK)) for _ in range(20))
    assert guard.apply(line, BLACK) is line
    assert best < 20e-6, f"{best * 1e6:.1f} µs a line"


def _seconds(what: Any, times: int = 200) -> float:
    began = time.perf_counter()
    for _ in range(times):
        what()
    return (time.perf_counter() - began) / times


async def test_a_failure_that_nobody_foresaw_prints_nothing_raw(capsys: pytest.CaptureFixture[str]) -> None:
    app, error = ReviewTui(), RuntimeError("\x1b]52;c;ZXZpbA==\x07")
    with pytest.raises(RuntimeError):
        async with app.run_test() as pilot:

            def fail() -> None:
                raise error

            app.call_later(fail)
            await pilot.pause()
    printed = capsys.readouterr()
    assert app.failure is error and printed.out + printed.err == ""
