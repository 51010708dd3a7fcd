"""Keyboards on which a key types something else than the character that an action is bound to.

A terminal says which character was typed, not which key was pressed. On a French keyboard the key `1` types `&`, so
`&` stands for `1` wherever nothing else is bound to it. A letter of a script that no action uses tells of a layout
that has to be changed.
"""

from __future__ import annotations

import unicodedata

_UNSHIFTED_DIGITS = {
    "French": "à&é\"'(-è_ç",
    "Belgian": "à&é\"'(§è!ç",
    "Czech": "é+ěščřžýáí",
    "Slovak": "é+ľščťžýáí",
}
"""What the keys 0 to 9 type without shift. Where two layouts differ about a character, the first one holds."""


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
    """`Cyrillic` or `Greek` for a letter of those scripts; empty for any other character."""
    name = unicodedata.name(character, "") if len(character) == 1 and character.isalpha() else ""
    return next((script.capitalize() for script in _SCRIPTS if name.startswith(script)), "")
