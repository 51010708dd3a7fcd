"""An XML document taken apart into the elements that are reviews, without a tree, and wherever it is damaged.

Each opening tag of such an element begins one piece, and so does a closing tag that has none: that is the count. What
is not well-formed costs the pieces that it is in.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import TextIO

from core.reviews.formats.xml_survey import ATTRIBUTES, Records, attributes_of

_BLOCK = 1 << 18
_MAX_PIECE = 16 << 20
"""Characters of one review."""
_MAX_TAG = 1 << 16
_EXCERPT = 400


@dataclass
class Piece:
    """A review, or what is left of one."""

    line: int
    text: str
    around: dict[str, str] = field(default_factory=dict)
    """The attributes of the elements around it, by dotted names."""
    group: str = ""
    """The name of the element around it that may be its class."""
    problem: str = ""
    """Why it is no review."""


class Splitter:
    """Takes one document apart.

    Attributes:
        stray: How many texts have been seen that are in no review.
    """

    def __init__(self, records: Records) -> None:
        """Args: records: Where the reviews are."""
        self.stray = 0
        self._records = records
        self._outside = _tags({records.name, *records.above, *records.groups, *records.text[-1:]})
        self._inside = _tags({records.name})
        self._outer = records.above.count(records.name)
        self._depth = 0
        """How many elements of the name of a review are open; of those, `_outer` are around the reviews."""
        self._parts: list[str] | None = None
        """The text of the review that is open."""
        self._size, self._line = 0, 1
        self._around: dict[str, dict[str, str]] = {}
        self._group = ""

    def pieces(self, stream: TextIO) -> Iterator[Piece]:
        """Yield the reviews of a document, in order, and what is left of those that are damaged."""
        line, before = 1, ""
        for text, tag in self._tokens(stream):
            if self._parts is not None:
                self._add(text)
                if self._size > _MAX_PIECE:
                    yield self._finished("too long")
                    self._depth = self._outer
            else:
                before = (before + text)[-_EXCERPT:]
            line += text.count("\n")
            if tag is not None:
                yield from self._take(tag, line, before)
                line += tag[0].count("\n")
                before = ""
        if self._parts is not None:
            yield self._finished("the file ends inside it")

    def _tokens(self, stream: TextIO) -> Iterator[tuple[str, re.Match[str] | None]]:
        """Yield the whole document: each tag that matters and each comment, with the text before it."""
        buffer, ended = "", False
        while not ended:
            block = stream.read(_BLOCK)
            buffer, at, ended = buffer + block, 0, not block
            while (match := self._pattern.search(buffer, at)) is not None and (
                ended or not self._is_open_comment(buffer, at, match.start())
            ):
                yield buffer[at : match.start()], match
                at = match.end()
            safe = len(buffer) if ended else self._safe(buffer, at)
            yield buffer[at:safe], None
            buffer = buffer[safe:]

    @property
    def _pattern(self) -> re.Pattern[str]:
        """What matters next: comments, and some tags."""
        return self._outside if self._parts is None else self._inside

    def _is_open_comment(self, buffer: str, at: int, end: int) -> bool:
        """Return whether a comment begins whose end may be further on in the file."""
        comment = buffer.find("<!--", at, end)
        return comment >= 0 and len(buffer) - comment < _MAX_PIECE

    def _safe(self, buffer: str, at: int) -> int:
        """Return up to where no tag or comment begins that may end further on in the file."""
        comment = buffer.find("<!--", at)
        if comment >= 0 and len(buffer) - comment < _MAX_PIECE:
            return comment
        tag = buffer.rfind("<", max(at, len(buffer) - _MAX_TAG))
        return tag if tag >= 0 else len(buffer)

    def _take(self, tag: re.Match[str], line: int, before: str) -> Iterator[Piece]:
        name, closes = tag["name"], (tag["attributes"] or "").endswith("/")
        if name != self._records.name:
            self._pass(tag, name, closes)
        elif tag["end"]:
            yield from self._end(tag, line, before)
        elif self._parts is None and self._depth < self._outer:
            self._pass(tag, name, closes)
            self._depth += not closes
        else:
            if self._parts is not None and not self._records.nests:
                yield self._finished("its end is missing")
                self._depth = self._outer
            if self._parts is None:
                self._parts, self._size, self._line = [], 0, line
            self._add(tag[0])
            self._depth += not closes
            if closes and self._depth == self._outer:
                yield self._finished()

    def _end(self, tag: re.Match[str], line: int, before: str) -> Iterator[Piece]:
        if self._parts is not None:
            self._add(tag[0])
            self._depth -= 1
            if self._depth == self._outer:
                yield self._finished()
        elif self._depth:
            self._depth -= 1
        else:
            yield Piece(line, before + tag[0], problem="its start is missing")

    def _add(self, text: str) -> None:
        if self._parts is not None:
            self._parts.append(text)
            self._size += len(text)

    def _finished(self, problem: str = "") -> Piece:
        text, self._parts = "".join(self._parts or []), None
        around = {f"{name}.{key}": value for name, found in self._around.items() for key, value in found.items()}
        return Piece(self._line, text, around, self._group, problem)

    def _pass(self, tag: re.Match[str], name: str | None, closes: bool) -> None:
        """Take a comment, or the tag of an element that is no review: around the reviews, note its attributes."""
        if self._parts is not None:
            self._add(tag[0])
        elif name is not None and name in self._records.text[-1:]:
            self.stray += not tag["end"]
        elif name is not None and tag["end"]:
            self._around.pop(name, None)
            self._group = "" if name in self._records.groups else self._group
        elif name is not None and not closes:
            self._around[name] = attributes_of(tag["attributes"])
            self._group = name if name in self._records.groups else self._group


def _tags(names: Collection[str]) -> re.Pattern[str]:
    """Return what matches the tags of some elements, and comments."""
    listed = "|".join(map(re.escape, sorted(names)))
    return re.compile(rf"<!--.*?-->|<(?P<end>/)?(?P<name>{listed})(?=[\s/>]){ATTRIBUTES}>", re.DOTALL)
