"""A typed review is marked where it stands: what is cut off and what is unknown, also while the user types on."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as tries
from hypothesis import strategies as st
from textual.app import App, ComposeResult

from core.data.truncation import Span
from core.runs.folder import RunFolder
from tests.tui.frames import frame
from tests.tui.screens.classify.bench import HOSTILE, FakeEngine, bench, press, settled, shows
from tui.screens.classify.review_editor import ReviewEditor, moved, stretched
from tui.screens.classify.screen import ClassifyScreen

MARKS = str.maketrans("", "", "⟦⟧⟪⟫")


class Alone(App[None]):
    def compose(self) -> ComposeResult:
        yield ReviewEditor()

    @property
    def editor(self) -> ReviewEditor:
        return self.query_one(ReviewEditor)


def lines(app: App[Any]) -> list[str]:
    """The text as it is drawn, without the border."""
    return [line.strip("▊▎ ") for line in frame(app).splitlines()[1:-1] if line.strip("▊▎ ")]


def engine_that_keeps(limit: int, truncation: str = "head") -> FakeEngine:
    engine = FakeEngine()
    engine._load = lambda params: {  # type: ignore[method-assign]
        "labels": ["negative", "positive"], "max_length": limit, "truncation": truncation,
    }  # fmt: skip
    return engine


@pytest.mark.parametrize(
    ("truncation", "shown"),
    [("head", "aaaaa⟦bbbbbbccc⟧"), ("tail", "⟦aaaaabbbb⟧bbccc"), ("head+tail", "a⟦aaaabbbbb⟧bccc")],
)
async def test_a_typed_review_is_marked_in_place(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch, truncation: str, shown: str
) -> None:
    monkeypatch.setattr(ClassifyScreen, "TYPING_PAUSE", 0.001)
    async with bench(engine_that_keeps(5, truncation)).run_test() as pilot:
        await settled(pilot)
        await press(pilot, *"aaaaabbbbbbccc")
        await shows(pilot, lambda: shown in frame(pilot.app))
        struck = [
            segment.text
            for strip in pilot.app.screen._compositor.render_strips()
            for segment in strip
            if segment.style and segment.style.strike and segment.text.strip()
        ]
        assert "".join(struck) == shown[shown.index("⟦") : shown.index("⟧") + 1]
        await press(pilot, "backspace")
        await shows(pilot, lambda: shown not in frame(pilot.app))


async def test_what_is_typed_on_after_a_cut_is_struck_before_the_model_answers(
    run: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ClassifyScreen, "TYPING_PAUSE", 0.001)
    async with bench(engine_that_keeps(5)).run_test() as pilot:
        await settled(pilot)
        editor = pilot.app.screen.query_one(ReviewEditor)
        editor.insert("x😡yzab")
        await shows(pilot, lambda: "x⟪😡⟫yza⟦b⟧" in frame(pilot.app))
        monkeypatch.setattr(ClassifyScreen, "TYPING_PAUSE", 3600.0)
        await press(pilot, *"cd")
        assert "x⟪😡⟫yza⟦bcd⟧" in frame(pilot.app)
        await press(pilot, "home", "w")
        assert "wx⟪😡⟫yza⟦bcd⟧" in frame(pilot.app)


async def test_another_model_and_no_answer_leave_no_marks(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ClassifyScreen, "TYPING_PAUSE", 0.001)
    engine = engine_that_keeps(3)
    async with bench(engine).run_test() as pilot:
        await settled(pilot)
        await press(pilot, *"abcdef")
        await shows(pilot, lambda: "abc⟦def⟧" in frame(pilot.app))
        engine.errors["classify"] = "It does not answer."
        await press(pilot, "g")
        await shows(pilot, lambda: "does not answer" in frame(pilot.app))
        assert "⟦" not in frame(pilot.app)


SPANS = st.lists(st.integers(0, 300), max_size=8, unique=True).map(
    lambda ends: [(start, end) for start, end in zip(sorted(ends)[::2], sorted(ends)[1::2], strict=False)]
)


async def test_marks_change_nothing_of_the_text_and_stand_where_they_belong() -> None:
    """Whatever is marked in whatever text: without its marks each line is as before, and none is too wide."""
    words = ("sky 😡", "喜喜", "a\tb", "", "é́", "word" * 9, "\n", " ")

    @tries(max_examples=60, deadline=None)
    @given(parts=st.lists(st.sampled_from(words), max_size=40), lost=SPANS, unknown=SPANS)
    def marked(parts: list[str], lost: list[Span], unknown: list[Span]) -> None:
        app.editor.load_text(" ".join(parts))
        text, editor = app.editor.text, app.editor
        unmarked = [editor.render_line(y) for y in range(editor.wrapped_document.height)]
        cut = next((span for span in lost if span[1] <= len(text) and not text[span[0]].isspace()), None)
        editor.mark(cut, [span for span in unknown if span[1] <= len(text)])
        drawn = [editor.render_line(y) for y in range(editor.wrapped_document.height)]
        assert [one.text.translate(MARKS).rstrip() for one in drawn] == [one.text.rstrip() for one in unmarked]
        assert [one.cell_length for one in drawn] == [one.cell_length for one in unmarked]
        whole = "".join(one.text for one in drawn)
        if cut is not None:
            assert whole.count("⟦") == whole.count("⟧") == 1
            inside = whole[whole.index("⟦") + 1 : whole.index("⟧")]
            assert "".join(inside.split()) == "".join(text[slice(*cut)].expandtabs(1).split())
        assert whole.count("⟪") == whole.count("⟫") or len(drawn) > 1

    app = Alone()
    async with app.run_test(size=(40, 60)):
        marked()


async def test_a_click_finds_the_character_behind_marks() -> None:
    app = Alone()
    async with app.run_test(size=(40, 10)) as pilot:
        app.editor.load_text("ab😡cd efgh")
        app.editor.mark((7, 10), [(2, 3)])
        await pilot.pause()
        assert lines(app) == ["ab⟪😡⟫cd e⟦fgh⟧"]
        left = frame(app).splitlines()[1].index("a")
        for x, column in ((0, 0), (1, 1), (3, 2), (6, 3), (7, 4), (11, 7), (13, 9)):
            await pilot.click(ReviewEditor, offset=(left + x, 1))
            assert app.editor.cursor_location == (0, column), x


async def test_hostile_text_is_marked_and_cannot_control_the_terminal() -> None:
    app = Alone()
    async with app.run_test(size=(60, 20)) as pilot:
        app.editor.insert(HOSTILE)
        app.editor.mark((10, len(app.editor.text)), [(0, 3), (5, 8)])
        app.editor.scroll_home(animate=False)
        await pilot.pause()
        assert "⟪" in frame(app) and "\x1b" not in app.editor.text


@given(text=st.text("ab ", max_size=30), data=st.data())
def test_marks_move_with_what_they_mark(text: str, data: st.DataObject) -> None:
    place = st.integers(0, len(text))
    (start, end), (top, bottom) = (sorted((data.draw(place), data.draw(place))) for _ in range(2))
    added = data.draw(st.text("xy", max_size=5))
    after = text[:top] + added + text[bottom:]
    for span in moved([(start, end)], top, bottom, len(added)):
        assert after[slice(*span)] == text[start:end]
    if start < end:
        found = stretched((start, end), top, bottom, len(added))
        kept = text[start:end] if end <= top or start >= bottom else text[start:top] + text[bottom:end]
        assert (found is not None) or not kept.strip("xy")
        if found is not None:
            assert kept in after[slice(*found)].replace(added, "") or kept in after[slice(*found)]
            assert 0 <= found[0] < found[1] <= len(after)
