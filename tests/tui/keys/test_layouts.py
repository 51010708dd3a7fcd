"""Which digit a character stands for on other keyboards, and which scripts are recognised."""

from __future__ import annotations

from tui.keys.layouts import DIGITS, foreign_script


def test_a_french_keyboard_types_its_digits_without_shift() -> None:
    assert [DIGITS[character] for character in "&é\"'(-è_çà"] == [*"1234567890"]


def test_belgian_and_czech_keyboards_too() -> None:
    assert [DIGITS[character] for character in "§!"] == [*"68"]
    assert [DIGITS[character] for character in "+ěščřžýáí"] == [*"123456789"]


def test_no_latin_letter_or_digit_stands_for_another() -> None:
    assert not set(DIGITS) & set(map(chr, (*range(0x30, 0x3A), *range(0x41, 0x5B), *range(0x61, 0x7B))))


def test_scripts() -> None:
    assert [foreign_script(character) for character in "ыЯλΩ"] == ["Cyrillic", "Cyrillic", "Greek", "Greek"]
    assert not any(foreign_script(character) for character in ["a", "é", "ß", "1", "?", "漢", "", "ab"])
