"""How the records of a delimited file are written: what is between fields, and how a field holds what would end it.

The csv module does the parsing. It knows neither delimiters of several characters nor an escape character that only
escapes quotes, so such lines are rewritten with stand-ins before it sees them, and the cells are written back after.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from core.reviews.options import Quoting

if TYPE_CHECKING:
    from _csv import Reader

NO_DELIMITER = "\x1f"
"""The delimiter of a file with one column: the ASCII unit separator, which does not occur in text."""
_QUOTE, _BACKSLASH, _DELIMITER, _LITERAL, _RETURN = "\udc01", "\udc02", "\udc03", "\udc04", "\udc05"
LINE_BREAK = "\udc06"
"""Stand-ins: lone surrogates, which decoded text does not contain. LINE_BREAK is for one in a text that
is not quoted."""
_MAX_JOINED = 200
NEVER_IN_TEXT = ("\t", "\x01")
"""Delimiters that texts hardly ever hold."""


@dataclass(frozen=True)
class Dialect:
    """One way to read the lines of a delimited file."""

    delimiter: str
    """One character or a few."""
    quoting: Quoting = "standard"
    spaced: bool = False
    """Whether blanks may stand between a delimiter and a quote."""
    newline: str = "\n"
    """What ends a line: `\\n`, or any line end (`ANY_END`)."""
    returns: bool = False
    """Whether texts that are not quoted hold `\\r`."""
    joined: Literal["", "inside", "tail", "escaped"] = ""
    """Where texts are broken into lines although nothing is quoted, so that lines have to be joined: in the last column
    (tail) or in another (inside), or where a backslash is before the line end (escaped)."""
    width: int = 0
    """How many fields a record has; only needed to join lines."""
    wrapped: bool = False
    """Whether whole lines are in quotes, as if each were one field of another table."""

    @property
    def character(self) -> str:
        """What is between the fields of a rewritten line."""
        return self.delimiter if len(self.delimiter) == 1 else _DELIMITER

    @property
    def rewritten(self) -> bool:
        """Whether lines are rewritten before they are parsed."""
        special = self.quoting == "backslash" or self.spaced or self.returns or bool(self.joined) or self.wrapped
        return special or len(self.delimiter) > 1

    def reader(self, lines: Iterable[str]) -> Reader:
        """Parse `lines`; it raises `csv.Error` where quotes are not as the dialect has them."""
        return csv.reader(
            map(self.rewrite, lines) if self.rewritten else lines,
            delimiter=self.character,
            quoting=csv.QUOTE_NONE if self.quoting == "none" else csv.QUOTE_MINIMAL,
            skipinitialspace=self.spaced,
            strict=True,
        )

    def rewrite(self, line: str) -> str:
        """Return `line` with stand-ins, out of the quotes around it if it is wrapped in some."""
        if self.wrapped:
            line = unwrapped(line)
        if self.quoting == "backslash" and "\\" in line:
            line = self._escapes.sub(self._escaped, line)
        if len(self.delimiter) > 1:
            line = line.replace(self.delimiter, _DELIMITER)
        if self.spaced and '"' in line:
            line = self._blanks.sub('"', line)
        if self.returns:
            end = len(line.rstrip("\r\n"))
            line = line[:end].replace("\r", _RETURN) + line[end:]
        return line

    def restore(self, cells: list[str]) -> list[str]:
        """Return the cells of a column with the stand-ins of `rewrite` written back."""
        return [cell.translate(self._originals) for cell in cells]

    def join(self, lines: Iterator[str]) -> Iterator[list[str]]:
        """Yield the physical lines of each record, for a dialect with `joined`: until they hold all delimiters."""
        if self.joined == "escaped":
            yield from _continued(lines)
            return
        need = self.width - 1
        waiting: list[str] = []
        held = 0
        for line in lines:
            found = line.count(self.delimiter)
            if waiting and (held + found > need or len(waiting) >= _MAX_JOINED):
                yield waiting
                waiting, held = [], 0
            waiting.append(line)
            held += found
            if held == need and self.joined == "inside":
                yield waiting
                waiting, held = [], 0
        if waiting:
            yield waiting

    @cached_property
    def _escapes(self) -> re.Pattern[str]:
        return re.compile(rf'\\(["\\{LINE_BREAK}]|{re.escape(self.delimiter)})')

    def _escaped(self, match: re.Match[str]) -> str:
        return {'"': _QUOTE, "\\": _BACKSLASH, LINE_BREAK: LINE_BREAK}.get(match[1], _LITERAL)

    @cached_property
    def _blanks(self) -> re.Pattern[str]:
        """Blanks after a quote that closes a field."""
        return re.compile(rf'(?<!")" +(?={re.escape(self.delimiter)}|[\r\n]|$)')

    @cached_property
    def _originals(self) -> dict[int, str]:
        return {
            ord(_QUOTE): '"',
            ord(_BACKSLASH): "\\",
            ord(_LITERAL): self.delimiter,
            ord(_DELIMITER): self.delimiter,
            ord(_RETURN): "\r",
            ord(LINE_BREAK): "\n",
        }


def unwrapped(line: str) -> str:
    """Return a line without the quotes around it, and with those inside no longer doubled."""
    inner = line.rstrip("\r\n")
    if len(inner) < 2 or not inner[0] == inner[-1] == '"':
        return line
    return inner[1:-1].replace('""', '"') + line[len(inner) :]


def _continued(lines: Iterator[str]) -> Iterator[list[str]]:
    """Yield each line with those that it continues on, because a backslash is before its end."""
    waiting: list[str] = []
    for line in lines:
        waiting.append(line)
        text = line.rstrip("\r\n")
        if (len(text) - len(text.rstrip("\\"))) % 2 == 0 or len(waiting) >= _MAX_JOINED:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def repaired(line: str, dialect: Dialect, width: int) -> list[str] | None:
    """Return the fields of a line whose quotes are not as the dialect has them, or None if there is a doubt.

    Quotes inside a quoted field may not be doubled; otherwise, quotes may be no more than characters.
    """
    if dialect.quoting == "none" or '"' not in line:
        return None
    whole, between = dialect.rewrite(line).rstrip("\r\n"), re.escape(dialect.character)
    inner = re.sub(rf'(?<=[^"{between}])"(?=[^"{between}])', '""', whole)
    try:
        rows = list(csv.reader([inner], delimiter=dialect.character, skipinitialspace=dialect.spaced, strict=True))
    except csv.Error:
        rows = []
    if len(rows) == 1 and len(rows[0]) == width:
        return rows[0]
    fields = whole.split(dialect.character)
    return fields if len(fields) == width else None
