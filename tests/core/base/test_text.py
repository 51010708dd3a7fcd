"""Cleaning: whatever the text, nothing that a terminal or a spreadsheet obeys is left."""

from __future__ import annotations

import csv
import io
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.base.text import clean, clean_cell, clean_line, original_cell

ANY_TEXT = st.text(st.characters())  # lone surrogates too
BIDI = {0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)}
"""Code points with the property Bidi_Control."""


def acts(character: str) -> bool:
    """Whether a terminal obeys the character, or cannot be given it."""
    code = ord(character)
    if character in "\n\t":
        return False
    return code in BIDI or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")


def test_no_character_acts_once_it_is_cleaned() -> None:
    assert [hex(code) for code in range(0x110000) if any(map(acts, clean(chr(code))))] == []


@given(ANY_TEXT)
def test_nothing_that_acts_is_left(text: str) -> None:
    assert not any(map(acts, clean(text)))
    clean(text).encode()


@given(ANY_TEXT)
@example("\r\r\n\r")
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    for function in (clean, clean_line):
        assert function(function(text)) == function(text)


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"])))
@example("[bold]not markup[/] 👍🏽 naïve\t日本語\nשלום")
def test_safe_text_is_unchanged(text: str) -> None:
    assert clean(text) == text


@given(ANY_TEXT)
def test_nothing_disappears_but_the_return_of_a_line_ending(text: str) -> None:
    assert len(clean(text)) >= len(text.replace("\r\n", "\n"))


def test_every_control_character_has_a_stand_in_of_its_own() -> None:
    controls = [chr(code) for code in (*range(0x20), 0x7F, *range(0x80, 0xA0), *sorted(BIDI)) if code not in (9, 10)]
    assert len({clean(character) for character in controls}) == len(controls)


def test_an_escape_sequence_is_shown_not_sent() -> None:
    assert clean("\x1b]0;owned\x07\x9b31m") == "␛]0;owned␇⟨9B⟩31m"


@given(ANY_TEXT, st.integers(1, 30))
def test_a_line_is_one_line_of_at_most_that_width(text: str, width: int) -> None:
    line = clean_line(text, width)
    assert len(line) <= width and "\n" not in line and "\t" not in line and "  " not in line
    assert line == clean_line(text) or (line.endswith("…") and clean_line(text).startswith(line[:-1]))


@given(ANY_TEXT)
@pytest.mark.parametrize("head", ["=", "+", "-", "@", "\t", "\n", "\r\n", "＝", "＋", "－", "＠", "\x00=", "\r=", ""])
def test_no_cell_begins_with_what_a_spreadsheet_runs(head: str, text: str) -> None:
    cell = clean_cell(head + text)
    assert cell[:1] not in (*"=+-@＝＋－＠", "\t", "\n", "\r", "\x00")
    assert cell.removeprefix("'") == clean(head + text).removeprefix("'")
    file = io.StringIO()
    csv.writer(file).writerow([cell])
    assert next(csv.reader(io.StringIO(file.getvalue(), newline=""))) == [cell]


@given(st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]), min_size=1))
def test_a_cell_that_begins_harmlessly_is_unchanged(text: str) -> None:
    if text.lstrip("'")[:1] not in tuple("=+-@＝＋－＠"):
        assert clean_cell(text) == text


@given(ANY_TEXT)
@pytest.mark.parametrize("head", ["", "=", "'", "'=", "''-", "'@", "\t", "'\n"])
def test_the_text_of_a_cell_comes_back(head: str, text: str) -> None:
    assert original_cell(clean_cell(head + text)) == clean(head + text)


def test_anything_that_has_words_can_be_cleaned() -> None:
    assert clean(3.5) == "3.5" and clean_line(None) == "None" and clean_cell(-1) == "'-1"
