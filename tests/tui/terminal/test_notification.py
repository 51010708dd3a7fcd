"""What a terminal is sent: exactly one well-formed sequence each, whatever a run is called."""

from __future__ import annotations

import re
from collections.abc import Callable

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hostile import CORPUS
from tui.terminal.notification import KEEP_TITLE, RESTORE_TITLE, osc9, osc777, title, told

PLAIN: dict[str, str] = {"TERM": "xterm-256color"}
TMUX = {"TMUX": "/tmp/tmux-0/default,1,0"}
_ENDS = st.lists(st.sampled_from(["\x07", "\x1b\\", "\x9c", ";", "\x1b", "a"])).map("".join)
TEXTS = st.text() | st.sampled_from(CORPUS) | _ENDS
_INERT = r"[^\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]*"
_FIELD = _INERT.replace("[^", "[^;")
SHAPES: dict[str, tuple[Callable[[str], str], str]] = {
    "title": (title, rf"\x1b\]2;{_INERT}\x07"),
    "osc9": (lambda text: osc9(text, PLAIN), rf"\x1b\]9;reviewtui: {_INERT}\x07"),
    "osc777": (lambda text: osc777(text, PLAIN), rf"\x1b\]777;notify;reviewtui;{_FIELD}\x07"),
    "osc9 in tmux": (lambda text: osc9(text, TMUX), rf"\x1bPtmux;\x1b\x1b\]9;reviewtui: {_INERT}\x07\x1b\\"),
    "osc777 in tmux": (
        lambda text: osc777(text, TMUX),
        rf"\x1bPtmux;\x1b\x1b\]777;notify;reviewtui;{_FIELD}\x07\x1b\\",
    ),
}


@pytest.mark.parametrize("name", SHAPES)
@given(text=TEXTS)
def test_whatever_the_text_one_well_formed_sequence_is_sent(name: str, text: str) -> None:
    made, shape = SHAPES[name]
    sent = made(text)
    assert re.fullmatch(shape, sent), repr(sent)
    sent.encode()  # no half of a character is left
    assert len(sent) < 300


@given(text=TEXTS)
def test_nothing_of_it_reaches_the_screen_of_a_terminal(text: str) -> None:
    screen = pyte.Screen(40, 4)
    stream = pyte.ByteStream(screen)
    for sent in (title(text), osc9(text, PLAIN), osc777(text, PLAIN), KEEP_TITLE, RESTORE_TITLE):
        stream.feed(sent.encode())
    assert "".join(screen.display).strip() == "" and (screen.cursor.x, screen.cursor.y) == (0, 0)


@given(text=TEXTS)
def test_tmux_unwraps_what_the_terminal_would_have_got(text: str) -> None:
    for made in (osc9, osc777):
        wrapped = made(text, TMUX).removeprefix("\x1bPtmux;").removesuffix("\x1b\\")
        assert wrapped.replace("\x1b\x1b", "\x1b") == made(text, PLAIN)


def test_each_way_has_one_sequence_and_those_that_are_not_of_the_terminal_have_none() -> None:
    assert told((), "x", PLAIN) == told(("command", "title", "unknown"), "x", PLAIN) == ""
    assert told(("bell",), "x", PLAIN) == "\a"
    assert told(("bell", "osc9", "osc777"), "x", PLAIN) == "\a" + osc9("x", PLAIN) + osc777("x", PLAIN)


def test_a_name_that_is_a_number_cannot_become_another_kind_of_osc_9() -> None:
    assert osc9("4;1;50", PLAIN).startswith("\x1b]9;reviewtui: ")
