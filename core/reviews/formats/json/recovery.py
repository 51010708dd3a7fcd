"""Reading on after a break: every value of a damaged file is read, or belongs to a stretch that is told.

Where the next value begins is learned from those that were read. If each begins on a line of its own, behind the same
white space, then the next such line begins one. Otherwise the next object does that has keys of the others, and is not
the value of a key itself.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from core.reviews.detect.names import TEXT_NAMES, plain
from core.reviews.formats.json.stream import BrokenJsonError, JsonStream

_BLANKS = r"[ \t\r\n\x1e]{0,200}"
_OBJECT = rf'(?P<inside>:{_BLANKS})?(?P<object>\{{(?P<blanks>{_BLANKS})"(?P<key>(?:[^"\\]|\\.){{0,200}})"{_BLANKS}:)'
_LIST = rf"(?P<inside>:{_BLANKS})?(?P<list>\[)"
_decode = json.JSONDecoder(strict=False).raw_decode
_object = re.compile(_OBJECT, re.DOTALL)
_opened = re.compile(rf'\{{(?P<blanks>{_BLANKS})"(?P<key>(?:[^"\\]|\\.){{0,200}})"', re.DOTALL)
_MOST = 1_000
"""Keys and lines that are remembered."""
_LEARNED = 200
"""Values whose keys are learned."""
_EXCEPTIONS = 0.1
"""The share of values that may begin elsewhere than on lines of their own."""


class CannotResumeError(Exception):
    """Raised when JSON is broken at `line`, and nothing shows where a value begins after it."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


@dataclass(frozen=True, slots=True)
class Unread:
    """A stretch of a file that is not JSON."""

    line: int
    last: int
    """The line on which it ends."""
    excerpt: str


@dataclass
class Beginnings:
    """How the values of a file begin, learned while they are read, and what is wrong with the file."""

    cut: bool = False
    """Whether the file ended inside an array."""
    without_comma: list[int] = field(default_factory=list)
    """The lines of members of arrays that have no comma before them."""
    _lead: str | None = None
    """The white space at the start of the line on which values begin."""
    _values: int = 0
    _learned: int = 0
    _elsewhere: int = 0
    """Values that begin neither there nor at the beginning of the file."""
    _first: str = ""
    """The character that values begin with."""
    _keys: set[str] = field(default_factory=set)
    _first_keys: set[str] = field(default_factory=set)
    _width: int = 0
    """The length of values that are lists."""
    _key_margin: str | None = None
    """The white space before the first key of an object, if it has a line of its own."""
    _nested: bool = False
    """Whether some objects have lists of objects in them."""

    def begin(self, lead: str | None, opening: str) -> None:
        """Learn that a value begins with `opening`, behind `lead`; see `JsonStream.lead`."""
        self._values += 1
        self._first = self._first or opening
        if self._lead is None and self._values <= 2:
            self._lead = lead
        elif lead != self._lead:
            self._elsewhere += 1

    def learn(self, value: Any) -> None:
        """Learn from a value that is whole."""
        self._learned += 1
        if isinstance(value, dict) and value:
            self._keys.update(itertools.islice(value, _MOST))
            self._first_keys.add(next(iter(value)))
            self._nested = self._nested or any(
                isinstance(one, list) and any(isinstance(inner, dict) for inner in one) for one in value.values()
            )
        elif isinstance(value, list):
            self._width = len(value)

    def learn_break(self, text: str) -> int:
        """Learn from the text of a value that is broken; return how many characters of it begin that value only."""
        opened = _opened.match(text)
        if opened is None:
            return 1
        self._keys.add(opened["key"])
        self._first_keys.add(opened["key"])
        if "\n" in opened["blanks"]:
            self._key_margin = opened["blanks"].rpartition("\n")[2]
        return opened.end()

    def learn_fragment(self, lead: str | None, key: Any) -> None:
        """Learn from what is left of an object that has lost its beginning: `key`, and what stands before it."""
        if self._key_margin is None and key in self._first_keys:
            self._key_margin = lead

    @property
    def is_learning(self) -> bool:
        """Whether more values need be learned from."""
        return self._learned < _LEARNED

    @property
    def knows_any(self) -> bool:
        """Whether any value has been whole."""
        return self._learned > 0

    @property
    def of_objects(self) -> bool:
        """Whether the values are objects, as far as they are known."""
        return self._first == "{"

    def pattern(self) -> re.Pattern[str] | None:
        """Return what matches where a broken value ends or another begins; None if nothing is known about it."""
        patterns = []
        if on_lines := self._lead is not None and self._elsewhere <= _EXCEPTIONS * self._values:
            lead = self._lead or ""
            margin, closing = re.escape(lead.replace("\x1e", "")), {"{": r"\}", "[": r"\]"}.get(self._first)
            patterns.append(rf"(?P<line>\n{re.escape(lead)}(?={re.escape(self._first)}))")
            patterns += [rf"\n{margin}{closing}(?P<end>)(?=[\s,])"] if closing else []
        if self._key_margin is not None and self._first_keys:
            keys = "|".join(map(re.escape, sorted(self._first_keys)))
            patterns.append(rf'(?P<key_line>\n{re.escape(self._key_margin)}(?="(?:{keys})"[ \t]*:))')
        if self._first == "{" and not (on_lines and self._nested):
            patterns.append(_OBJECT)
        elif self._first == "[" and not on_lines:
            patterns.append(_LIST)
        return re.compile("|".join(patterns), re.DOTALL) if patterns else None

    def fits(self, match: re.Match[str], peek: Callable[[], Any]) -> bool:
        """Return whether reading can go on where `pattern` matches.

        Args:
            peek: Returns the JSON value that begins there, or None if it is broken.
        """
        if match.lastgroup in ("line", "end", "key_line"):
            return True
        if match["inside"] is not None:
            return False
        if match.lastgroup == "list":
            value = peek()
            return isinstance(value, list) and len(value) == (self._width or len(value))
        if self._keys and match["key"] not in self._keys:
            return False
        value = peek()
        if value is None:
            return match["key"] in self._first_keys  # broken, too
        if not self._keys:
            return any(plain(name) in TEXT_NAMES for name in value)
        return not self._learned or 2 * len(self._keys.intersection(value)) >= len(value)

    def next_in_line(self, line: str, at: int) -> int:
        """Return where the next object begins in a line that is broken at `at`; the length of the line if none does."""
        self.learn_break(line[at : at + _MOST])
        for match in _object.finditer(line, at + 1):
            if self.fits(match, partial(_decoded, line, match.start("object"))):
                return match.start("object")
        return len(line)


def values(stream: JsonStream, found: Beginnings) -> Iterator[tuple[int, Any]]:
    """Yield every value of a file and its line: values one after another, and members of arrays; `Unread` if broken.

    Raises:
        CannotResumeError: The file is broken, and the rest of it cannot be told apart.
    """
    depth, due = 0, False
    while opening := stream.peek():
        if opening == ",":
            stream.skip(1)
            due = False
            continue
        if opening == "[" and (not depth or found.of_objects):  # within others, it is one bracket too many
            stream.skip(1)
            depth, due = depth + 1, False
            continue
        if opening == "]" and depth:
            stream.skip(1)
            depth, due = depth - 1, False
            continue
        line, lead = stream.line, stream.lead
        if due and depth and len(found.without_comma) < _MOST:
            found.without_comma.append(line)
        if opening in "{[":
            found.begin(lead, opening)
        try:
            value = stream.value()
            if type(value) not in (dict, list) and stream.peek() not in ("", ",", "]", "{", "["):
                found.learn_fragment(lead, value)
                raise stream.broken()
        except BrokenJsonError as broken:
            due = False
            yield line, Unread(line, _resume(stream, found, line, broken.excerpt), broken.excerpt)
            continue
        if isinstance(value, str):
            found.begin(lead, '"')
        due = True
        yield line, value
        if found.is_learning:
            found.learn(value)
    found.cut = depth > 0


def _resume(stream: JsonStream, found: Beginnings, line: int, excerpt: str) -> int:
    """Move to where the next value begins, or to the end of the file; return the line on which the stretch ends.

    Raises:
        CannotResumeError: No beginning can be recognised.
    """
    opening = found.learn_break(excerpt)
    pattern = found.pattern()
    if pattern is None:
        raise CannotResumeError(line)
    stream.skip(opening)
    while (match := stream.find(pattern)) is not None and not found.fits(match, stream.peek_value):
        stream.skip(1)
    if match is None and not found.knows_any:
        raise CannotResumeError(line)
    return max(stream.line, line)


def _decoded(text: str, start: int) -> Any:
    try:
        return _decode(text, start)[0]
    except (ValueError, RecursionError):
        return None
