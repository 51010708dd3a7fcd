"""JSON that is larger than memory: values are taken one by one from a sliding window over a file.

`json.JSONDecoder.raw_decode` does the parsing. When it fails, this module decides whether the window ends inside a
value, in which case it reads more, or the file is broken there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import TextIOWrapper
from typing import Any

_BLOCK = 1 << 20
_MAX_VALUE = 64 << 20
_decode = json.JSONDecoder(strict=False).raw_decode
_SPACE = " \t\n\r\x1e"
"""White space, and the mark before each value of a JSON text sequence (RFC 7464)."""
_OVERLAP = 2_048
"""Characters that a pattern may need to match, at most."""
_MAX_LEAD = 1_000


class BrokenJsonError(Exception):
    """Raised when the text is not JSON at `line`."""

    def __init__(self, line: int, excerpt: str) -> None:
        super().__init__(line, excerpt)
        self.line, self.excerpt = line, excerpt


@dataclass(frozen=True)
class Position:
    """A place in a text file, to which a `JsonStream` can return."""

    cookie: int = 0
    """What `TextIOWrapper.tell` returned at the start of a block."""
    skipped: int = 0
    """Characters between the start of the block and the place."""
    line: int = 1


class JsonStream:
    """Reads values from `file`, starting at `position`. Several streams can read the same file in turn.

    Attributes:
        line: The line of the next character.
        lead: The white space before the next character, if nothing else is before it on its line; otherwise None.
    """

    def __init__(self, file: TextIOWrapper, position: Position = Position(), block: int = _BLOCK) -> None:
        """Args: block: Characters to read at a time."""
        self._file, self._block = file, block
        self._window, self._next, self._last = "", 0, 0
        self._blocks = [(0, position.cookie)]
        """Where the blocks in the window start: index in the window, and cookie."""
        self._end = position.cookie
        self.line = position.line
        self.lead: str | None = "" if position == Position() else None
        while len(self._window) < position.skipped and self._more():
            pass
        self._next = min(position.skipped, len(self._window))

    @property
    def position(self) -> Position:
        """The place of the next character."""
        start, cookie = next((start, cookie) for start, cookie in reversed(self._blocks) if start <= self._next)
        return Position(cookie, self._next - start, self.line)

    def peek(self) -> str:
        """Move to the next character that is not white space, and return it; empty at the end of the file."""
        while True:
            window, at = self._window, self._next
            while at < len(window) and window[at] in _SPACE:
                at += 1
            if at > self._next:
                self._pass_blanks(at)
            if at < len(window):
                return window[at]
            if not self._more():
                return ""

    def take(self, character: str) -> bool:
        """Skip `character` if it is next; return whether it was."""
        if self.peek() != character:
            return False
        self._advance(self._next + 1)
        return True

    def expect(self, character: str) -> None:
        """Skip `character`, which must be next.

        Raises:
            BrokenJsonError: Another character is next.
        """
        if not self.take(character):
            raise self.broken()

    def value(self) -> Any:
        """Return the next JSON value.

        Raises:
            BrokenJsonError: What follows is not a JSON value.
        """
        self.peek()
        value, end = self._decoded()
        self._last = self._next
        self._advance(end)
        return value

    def peek_value(self) -> Any:
        """Return the value that begins at the next character without moving behind it; None if there is none."""
        try:
            return self._decoded()[0]
        except BrokenJsonError:
            return None

    @property
    def last_text(self) -> tuple[str, int, int]:
        """The text of the value that was just taken: a text, and where in it the value starts and ends."""
        return self._window, self._last, self._next

    def skip(self, characters: int) -> None:
        """Skip the next characters in the window, whatever they are."""
        if self._next < len(self._window) or self._more():
            self._advance(min(self._next + characters, len(self._window)))

    def find(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Move to the outermost group of the next match of `pattern`, and return the match.

        If there is none, the result is None, and nothing is next.
        """
        while (match := pattern.search(self._window, self._next)) is None:
            self._advance(max(self._next, len(self._window) - _OVERLAP))
            if not self._more():
                self._advance(len(self._window))
                return None
        self._advance(match.start(match.lastgroup or 0))
        return match

    def members(self) -> Iterator[tuple[int, Any]]:
        """Yield the values of the next array, or of the next object without its keys, each with its line."""
        for _ in self.places():
            self.peek()
            line = self.line
            yield line, self.value()

    def places(self) -> Iterator[str]:
        """Stop before each value of the next array or object, and yield its key (empty in an array).

        Whoever iterates takes the value from the stream before asking for the next one.
        """
        closing = "]" if self.peek() == "[" else "}"
        self.expect("[" if closing == "]" else "{")
        more = not self.take(closing)
        while more:
            key = ""
            if closing == "}":
                key = str(self.value())
                self.expect(":")
            yield key
            more = not self.take(closing)
            if more:
                self.expect(",")

    def broken(self) -> BrokenJsonError:
        """Return an error which says that the text is broken here."""
        return BrokenJsonError(self.line, self._window[self._next : self._next + 320])

    def _decoded(self) -> tuple[Any, int]:
        """Return the value at the next character, and where in the window it ends."""
        while True:
            try:
                value, end = _decode(self._window, self._next)
            except RecursionError:
                raise self.broken() from None
            except ValueError as error:
                if _may_be_cut(error, len(self._window)) and self._more():
                    continue
                raise self.broken() from None
            if end == len(self._window) and self._more():
                continue
            return value, end

    def _advance(self, to: int) -> None:
        self.line += self._window.count("\n", self._next, to)
        self._next, self.lead = to, None

    def _pass_blanks(self, to: int) -> None:
        """Skip white space, which may be all that a line begins with."""
        blanks, lead = self._window[self._next : to], self.lead
        self._advance(to)
        if "\n" in blanks:
            self.lead = blanks.rpartition("\n")[2]
        elif lead is not None and len(lead) + len(blanks) < _MAX_LEAD:
            self.lead = lead + blanks

    def _more(self) -> bool:
        """Extend the window, doubling it so that long values take linear time; return False at the end of the file."""
        kept = len(self._window) - self._next
        if kept > _MAX_VALUE:
            return False
        self._file.seek(self._end)
        block = self._file.read(max(self._block, kept))
        if not block:
            return False
        starts = [(start - self._next, cookie) for start, cookie in self._blocks]
        past = sum(start <= 0 for start, _ in starts)
        self._blocks = [*starts[max(past - 1, 0) :], (kept, self._end)]
        self._end = self._file.tell()
        self._window, self._next = self._window[self._next :] + block, 0
        return True


def _may_be_cut(error: ValueError, length: int) -> bool:
    """Return whether the decoder may have failed only because the window ends."""
    if not isinstance(error, json.JSONDecodeError):
        return False
    return error.msg.startswith("Unterminated string") or error.pos >= length - 16
