"""Keyboard layouts on which keys type other characters than those that actions are bound to.

A terminal says which character was typed, not which key was pressed. On a French keyboard the key `1` types `&`, so
`&` acts as `1` unless it is bound to an action. A letter of another script means that the user has to change the
layout.
"""

from __future__ import annotations

import unicodedata

_UNSHIFTED_DIGITS = {
    "French": "à&é\"'(-è_ç",
    "Belgian": "à&é\"'(§è!ç",
    "Czech": "é+ěščřžýáí",
    "Slovak": "é+ľščťžýáí",
}
"""The characters that the keys 0 to 9 type without shift. If two layouts disagree, the first one counts."""


def _digits() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in _UNSHIFTED_DIGITS.values():
        for digit, character in enumerate(row):
            found.setdefault(character, str(digit))
    return found


DIGITS = _digits()
"""Character → the digit on the same key."""

_SCRIPTS = ("CYRILLIC", "GREEK")


def foreign_script(character: str) -> str:
    """Return `Cyrillic` or `Greek` for a letter of that script; empty for any other character."""
    name = unicodedata.name(character, "") if len(character) == 1 and character.isalpha() else ""
    return next((script.capitalize() for script in _SCRIPTS if name.startswith(script)), "")
