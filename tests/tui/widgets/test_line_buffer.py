"""A line being typed holds what was typed, whatever is pressed, and nothing that steers a terminal."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from tests.tui.engine_double import STEERING
from tui.widgets.line_buffer import LineBuffer
from tui.widgets.line_view import line_view

KEYS = ("left", "right", "home", "end", "backspace", "delete", "ctrl+u", "ctrl+k", "ctrl+w", "escape", "ctrl+s")


@example(presses=["\t", "\n\r\t"], width=4)
@given(st.lists(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), max_size=40), st.integers(4, 40))
def test_the_cursor_stays_in_the_line_and_nothing_in_it_steers(presses: list[str], width: int) -> None:
    line = LineBuffer("begun", 5, selected=True)
    for press in presses:
        before = line.text
        if press in KEYS:
            handled = line.press(press)
            assert handled or line.text == before
        else:
            line.insert(press)
        assert 0 <= line.cursor <= len(line.text)
        assert not STEERING & set(line.text) and "\n" not in line.text
        assert line_view(line, width).cell_length == width


@given(st.text("ab ", max_size=12), st.integers(0, 12), st.sampled_from("xyz"))
def test_a_character_typed_and_deleted_again_changes_nothing(text: str, cursor: int, character: str) -> None:
    line = LineBuffer(text, min(cursor, len(text)))
    line.insert(character)
    line.press("backspace")
    assert line == LineBuffer(text, min(cursor, len(text)))


def test_the_first_character_replaces_a_selected_line_and_a_cursor_key_keeps_it() -> None:
    line = LineBuffer("256", 3, selected=True)
    line.insert("8")
    assert line.text == "8"
    line = LineBuffer("256", 3, selected=True)
    line.press("left")
    line.insert("0")
    assert line.text == "2506"


def test_the_cursor_is_seen_without_colour() -> None:
    line = LineBuffer("128", 3)
    assert line_view(line, 12).plain == "[128█      ]"
    line.press("left")
    (span,) = line_view(line, 12).spans
    assert (span.start, span.end, span.style) == (3, 4, "reverse")
