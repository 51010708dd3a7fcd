"""Objects that have a key twice, of which JSON readers keep the last value: they are found, so that they can be told.

Decoding with a hook for each object would cost a third of the time of reading. So the keys of a decoded value are
compared with the colons after quotes in its text; only where these are more, is it decoded again with such a hook.
"""

from __future__ import annotations

import json
from typing import Any

from core.base.text import clean_line
from core.reviews.formats.json.records import HOLDERS

_NAMED = 3


class RepeatedKeys:
    """Counts the objects of a file whose repeated keys have different values."""

    def __init__(self) -> None:
        self._objects, self._line = 0, 0
        self._names: dict[str, None] = {}
        self._decode = json.JSONDecoder(strict=False, object_pairs_hook=self._pairs).raw_decode
        self._found = False

    def check(self, line: int, value: dict[str, Any] | list[Any], text: str, start: int, end: int) -> None:
        """Look at a value that was decoded from `text[start:end]`, which begins on `line`."""
        ends = text.count('":', start, end)
        if (ends == len(value) or ends == _keys_in(value)) and text.find('" :', start, end) < 0:
            return
        self._found = False
        self._decode(text, start)
        if self._found:
            self._objects += 1
            self._line = self._line or line

    def notice(self, name: str) -> str:
        """Return what to say about the file, which messages call `name`; empty if no key is repeated."""
        if not self._objects:
            return ""
        named = ", ".join(f"“{clean_line(key, 40)}”" for key in list(self._names)[:_NAMED])
        more = ", …" if len(self._names) > _NAMED else ""
        values = f"{self._objects:,} values have" if self._objects > 1 else "a value has"
        return (
            f"{clean_line(name)}: {values} a key more than once, with different contents ({named}{more}; first on line "
            f"{self._line:,}). The last content is read, the others are not."
        )

    def _pairs(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            for key, content in pairs:
                if result[key] != content:
                    self._found = True
                    if len(self._names) <= _NAMED:
                        self._names[key] = None
        return result


def _keys_in(value: dict[str, Any] | list[Any]) -> int:
    """Return how many keys all objects in a value have together."""
    members, count = (value.values(), len(value)) if isinstance(value, dict) else (value, 0)
    if HOLDERS.isdisjoint(map(type, members)):
        return count
    return count + sum([_keys_in(one) for one in members if type(one) in HOLDERS])
