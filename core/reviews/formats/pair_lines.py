"""Lines of `key=value` between tabs (TSKV, as ClickHouse and Yandex write it), or of `key:value` (LTSV)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable, Taken
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, ReadAgainError, excerpt, unique_names
from core.reviews.options import ReadingOptions

_KEY = r"([^\W\d][\w.-]{0,59})"
_SIGNS = ("=", ":")
_SAMPLED = 200
_MIN_LINES, _MIN_KEYS = 3, 2
_MOST = 0.9
_PREFIX = "tskv\t"
"""What some writers begin each line with."""
_ESCAPE = re.compile(r"\\([tnr\\=])")
_MEANT = {"t": "\t", "n": "\n", "r": "\r"}
_MOST_KEYS = 1_000


def open_pairs(file: InputFile, _: ReadingOptions) -> PairLines:
    """Open a file of lines of pairs."""
    return PairLines(file)


def is_pairs(file: InputFile) -> bool:
    """Return whether every field of nearly all lines is a pair of one of the same few keys and a value."""
    return "\t" in file.head[:65_536] and _sign(file) is not None


def _sign(file: InputFile) -> str | None:
    """Return what stands between key and value; None if lines are made of no pairs."""
    lines = _first_lines(file)[:_SAMPLED]
    for sign in _SIGNS:
        pair = re.compile(rf"{_KEY}{sign}")
        found = [[pair.match(field) for field in line.removeprefix(_PREFIX).split("\t")] for line in lines]
        paired = [[match[1] for match in one if match is not None] for one in found if len(one) > 1 and all(one)]
        counts = Counter(key for keys in paired for key in set(keys))
        usual = [key for key, count in counts.items() if 2 * count > len(paired)]
        if len(lines) >= _MIN_LINES and len(paired) >= _MOST * len(lines) and len(usual) >= _MIN_KEYS:
            return sign
    return None


def _first_lines(file: InputFile) -> list[str]:
    lines = file.head.split("\n")
    return [line for line in (lines if file.complete else lines[:-1]) if line.strip()]


class PairLines(LineTable):
    """The `Table` of a file of pairs. Its columns are the keys of all lines; escapes such as `\\t` are undone."""

    format = "pairs"

    def __init__(self, file: InputFile) -> None:
        sign = _sign(file) or _SIGNS[0]
        self._field = re.compile(rf"{_KEY}{sign}{' ?' if sign == ':' else ''}(.*)", re.DOTALL)
        super().__init__(file, [])
        found = (self._pairs(line.rstrip("\r")) for line in _first_lines(file))
        self._keys = list(dict.fromkeys(key for pairs in found for key in pairs or ()))
        if not self._keys:
            raise InputError(f"{clean_line(file.name)} has no lines of key=value between tabs; save it as CSV.")
        self._known, self._late = frozenset(self._keys), dict[str, None]()
        self.columns = unique_names(self._keys)

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        """Yield all rows.

        Raises:
            ReadAgainError: Later lines have other keys, which are columns now.
        """
        yield from self.rows_of_lines(self._taken, rows)
        if self._late:
            self._keys += self._late
            self._known, self._late = frozenset(self._keys), {}
            self.columns = unique_names(self._keys)
            raise ReadAgainError

    def _taken(self, number: int, line: str) -> Taken:
        pairs = self._pairs(line)
        if pairs is None:
            return BadRow(number, "a field is no pair", excerpt(line))
        if not pairs.keys() <= self._known:
            self._add_late(number, pairs)
        return [pairs.get(key, "") for key in self._keys]

    def _add_late(self, number: int, pairs: Iterable[str]) -> None:
        self._late.update(dict.fromkeys(key for key in pairs if key not in self._known))
        if len(self._known) + len(self._late) > _MOST_KEYS:
            raise InputError(
                f"{clean_line(self.name)} line {number:,}: there are more than {_MOST_KEYS:,} different keys up to "
                "here, too many to be columns; save the file as JSON Lines."
            )

    def _pairs(self, line: str) -> dict[str, str] | None:
        """Return the pairs of a line; None if a field is none, or a key occurs twice."""
        fields = [self._field.fullmatch(field) for field in line.removeprefix(_PREFIX).split("\t")]
        pairs = {match[1]: _original(match[2]) for match in fields if match is not None}
        return pairs if len(pairs) == len(fields) else None


def _original(value: str) -> str:
    return _ESCAPE.sub(lambda match: _MEANT.get(match[1], match[1]), value) if "\\" in value else value
