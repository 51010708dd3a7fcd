"""JSON that is larger than memory: values taken one by one from a sliding window over a file.

`json.JSONDecoder.raw_decode` does the parsing; this finds out whether a failure means that the window ends inside a
value (then more is read) or that the file is broken there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.reviews.formats.encodings import open_text

_BLOCK = 1 << 20
_LONGEST_VALUE = 64 << 20
_decode = json.JSONDecoder(strict=False).raw_decode
_SPACE = " \t\n\r"


class BrokenJsonError(Exception):
    """The text is no JSON at `line`."""

    def __init__(self, line: int, excerpt: str) -> None:
        super().__init__(line, excerpt)
        self.line, self.excerpt = line, excerpt


class JsonStream:
    """Reads `path` value by value; `line` and `offset` (characters) say where it stands."""

    def __init__(self, path: Path, encoding: str, offset: int = 0, line: int = 1) -> None:
        self._file, self.raw = open_text(path, encoding)
        remaining = offset
        while remaining:
            remaining -= len(self._file.read(min(remaining, _BLOCK)))
        self._window, self._position, self._before = "", 0, offset
        self.line = line

    @property
    def offset(self) -> int:
        return self._before + self._position

    def close(self) -> None:
        self._file.close()

    def peek(self) -> str:
        """The next character that is no white space, where the stream then stands; empty at the end."""
        while True:
            window, position = self._window, self._position
            while position < len(window) and window[position] in _SPACE:
                position += 1
            self._advance(position)
            if position < len(window):
                return window[position]
            if not self._more():
                return ""

    def take(self, character: str) -> bool:
        """Step over `character` if it is next."""
        if self.peek() != character:
            return False
        self._advance(self._position + 1)
        return True

    def expect(self, character: str) -> None:
        """Step over `character`, which must be next.

        Raises:
            BrokenJson: it is not.
        """
        if not self.take(character):
            raise self.broken()

    def value(self) -> Any:
        """The next JSON value.

        Raises:
            BrokenJson: what follows is none.
        """
        self.peek()
        while True:
            try:
                value, end = _decode(self._window, self._position)
            except RecursionError:
                raise self.broken() from None
            except ValueError as error:
                if _may_be_cut(error, len(self._window)) and self._more():
                    continue
                raise self.broken() from None
            if end == len(self._window) and self._more():
                continue
            self._advance(end)
            return value

    def broken(self) -> BrokenJsonError:
        """The error that says that the text is broken here."""
        return BrokenJsonError(self.line, self._window[self._position : self._position + 320])

    def _advance(self, position: int) -> None:
        self.line += self._window.count("\n", self._position, position)
        self._position = position

    def _more(self) -> bool:
        """Lengthen the window, by doubling so that long values cost linear time; False at the end of the file."""
        kept = len(self._window) - self._position
        block = self._file.read(max(_BLOCK, kept)) if kept <= _LONGEST_VALUE else ""
        if not block:
            return False
        self._before += self._position
        self._window, self._position = self._window[self._position :] + block, 0
        return True


def _may_be_cut(error: ValueError, length: int) -> bool:
    """Whether the decoder failed because the window ends, not because of what it saw."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= length - 16
