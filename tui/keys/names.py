"""Names of keys: in `keys.toml`, in Textual, and on the screen."""

from __future__ import annotations

import unicodedata

NAMED = frozenset(
    "enter escape tab space backspace delete insert home end pageup pagedown up down left right".split()
) | {f"f{number}" for number in range(1, 25)}
"""Keys that are not characters, as Textual names them."""

_ALIASES = {"esc": "escape", "return": "enter", "del": "delete", "ins": "insert", "pgup": "pageup", "pgdn": "pagedown"}
_MODIFIERS = ("alt", "ctrl", "shift")
_SENT_AS = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape", "ctrl+h": "backspace"}
"""Combinations that terminals send as another key."""

_CHARACTER_NAMES = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_SHOWN = {
    **{"up": "↑", "down": "↓", "left": "←", "right": "→", "escape": "esc"},
    **{"pageup": "pgup", "pagedown": "pgdn", "delete": "del"},
}


def name_of_character(character: str) -> str:
    """Return Textual's name of the key that types `character`."""
    if character == " ":
        return "space"
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _CHARACTER_NAMES.get(name, name)


_CHARACTERS = {name_of_character(chr(code)): chr(code) for code in range(0x21, 0x7F)}


def parse_key(text: str) -> str:
    """Return Textual's name of a key as the user writes it: `?`, `ctrl+s`, `PgUp`, `shift+left`.

    Raises:
        ValueError: No terminal sends such a key; the message says why in a few words.
    """
    *modifiers, key = text.split("+") if text not in ("+", "") and not text.endswith("++") else [text]
    if text.endswith("++"):
        modifiers, key = text[:-2].split("+"), "+"
    modifiers = sorted(modifier.strip().lower() for modifier in modifiers)
    if unknown := [modifier for modifier in modifiers if modifier not in _MODIFIERS]:
        raise ValueError(f"'{unknown[0]}' is not a modifier; use ctrl, shift or alt")
    key = key if len(key) == 1 else _ALIASES.get(key.strip().lower(), key.strip().lower())
    if len(key) == 1 and key.isprintable():
        key = name_of_character(key.lower() if "ctrl" in modifiers else key)
    elif key not in NAMED and key not in _CHARACTERS:
        raise ValueError("there is no such key")
    if modifiers == ["shift"] and character_of(key):
        raise ValueError("write the character that shift types instead, like S or ?")
    name = "+".join([*modifiers, key])
    if name in _SENT_AS:
        raise ValueError(f"terminals send it as {_SENT_AS[name]}")
    return name


def character_of(key: str) -> str:
    """Return the character that a key types; empty if it types none."""
    return key if len(key) == 1 else " " if key == "space" else _CHARACTERS.get(key, "")


def shown(key: str) -> str:
    """Return a key as help and tables show it: `ctrl+s`, `?`, `↑`."""
    modifiers, _, last = key.rpartition("+")
    last = _SHOWN.get(last, last if last == "space" else character_of(last) or last)
    return f"{modifiers}+{last}" if modifiers else last.upper() if key in NAMED and key[0] == "f" else last
