"""Delimiters as people type them, and as messages show them."""

from __future__ import annotations

import re

from core.base.errors import InputError

_SPOKEN = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|", "space": " "}
_ESCAPE = re.compile(r"\\x([0-9a-fA-F]{2})")
_LONGEST = 16


def parse_delimiter(typed: str | None) -> str | None:
    """Return the delimiter that the user named; `\\t`, `tab` and `\\x01` may be spelled out.

    Raises:
        InputError: It cannot be a delimiter.
    """
    if typed is None:
        return None
    delimiter = _ESCAPE.sub(lambda match: chr(int(match[1], 16)), _SPOKEN.get(typed, typed))
    if not 0 < len(delimiter) <= _LONGEST or set(delimiter) & set('\r\n"\0'):
        raise InputError("A delimiter is one character or a few, such as , or ; or tab or ::; change --delimiter.")
    return delimiter


def shown_delimiter(delimiter: str) -> str:
    """Return a delimiter as it can be typed."""
    for spoken, meant in _SPOKEN.items():
        if meant == delimiter and len(spoken) > 2 and not delimiter.isprintable():
            return spoken
    return "".join(one if one.isprintable() else f"\\x{ord(one):02x}" for one in delimiter)
