"""Columns of a fixed width, with blanks between them, as SAS, mainframes, `sqlcmd` and `print(df)` write them.

Where columns begin is seen in the lines themselves: in places that are blank in every line, or in a rule of dashes
below the header.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from core.base.text import clean_line
from core.reviews.formats.delimited.detection import has_classes
from core.reviews.formats.delimited.layout import Layout, find_layout
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.line_table import LineTable, Taken
from core.reviews.formats.table import CHUNK_ROWS, BadRow, Chunk, excerpt, unique_names
from core.reviews.options import ReadingOptions

_TABLES = (".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson")
_SAMPLED = 2_000
_MIN_LINES, _LOOKED_AT = 5, 20
_LONGEST = 4_000
"""Characters of a line; longer ones are no columns of a fixed width."""
_STRAYS = 0.05
_WORD = re.compile(r"\S+")
_GAP = re.compile(r" {2,}")
_DASHES = re.compile(r"-+|=+")
_RULE = re.compile(r"(?:(?:-+|=+) +)+(?:-+|=+) *")
_DRAWN = frozenset(" -=\r")
RULE = "rule below the header"


@dataclass(frozen=True)
class _Shape:
    """Where the columns of a file are."""

    starts: tuple[int, ...]
    gap: int
    """How many blanks are between them, at least."""
    lead: dict[int, str]
    """Line above the first row → what it is."""
    layout: Layout

    @property
    def is_sure(self) -> bool:
        return RULE in self.lead.values() or self.layout.named or has_classes(self.layout)


def open_fixed_width(file: InputFile, options: ReadingOptions) -> FixedWidthTable:
    """Open a file of columns of a fixed width."""
    return FixedWidthTable(file, options)


def is_fixed_width(file: InputFile) -> bool:
    """Return whether the lines of a file have the same columns, and one of them is named or holds classes."""
    if file.path.suffix.lower() in _TABLES or "\t" in file.head[:65_536]:
        return False
    shape = _shape(file, None)
    return shape is not None and shape.is_sure


def _shape(file: InputFile, header: bool | None) -> _Shape | None:
    """Return where the columns of a file are, or None if its lines have no columns in common."""
    whole = file.head.split("\n")[: _SAMPLED + 1]
    whole = whole if file.complete and len(whole) <= _SAMPLED else whole[:-1]
    lines = {number: line.rstrip() for number, line in enumerate(whole, start=1) if line.strip()}
    if len(lines) < _MIN_LINES or max(map(len, lines.values())) > _LONGEST:
        return None
    second = list(lines)[1]
    lead = {second: RULE} if _is_rule(lines[second]) else {}
    gap = 1 if lead else 2
    if lead:
        starts = [match.start() for match in _DASHES.finditer(lines.pop(second))]
    elif 2 * sum("  " in line.strip() for line in list(lines.values())[:_LOOKED_AT]) > min(len(lines), _LOOKED_AT):
        starts = _starts(list(lines.values()))
    else:
        return None
    if len(starts) < 2:
        return None
    starts[0] = 0
    rows = [(number, cells) for number, line in lines.items() if (cells := _cells(line, starts, gap)) is not None]
    layout = find_layout(rows, len(starts), True if lead and header is None else header)
    return _Shape(tuple(starts), gap, lead | layout.lead, layout)


def _cells(line: str, starts: Sequence[int], gap: int) -> list[str] | None:
    """Return the cells of a line; None if one reaches into the next column.

    Args:
        gap: Blanks between columns.
    """
    if any(line[start - gap : start].strip() for start in starts[1:]):
        return None
    return [line[start:end].strip() for start, end in pairwise((*starts, None))]


def _is_rule(line: str) -> bool:
    return _DRAWN.issuperset(line) and _RULE.fullmatch(line) is not None


def _starts(lines: Sequence[str]) -> list[int]:
    """Return where columns start: after two places or more that are blank in all lines.

    A column has something in most lines. If there are none, the lines that reach furthest into places which are blank
    in nearly all lines are set aside, one after the other.
    """
    words = [[match.span() for match in _WORD.finditer(line)] for line in lines]
    taken = [0] * max(map(len, lines))
    for spans in words:
        _count(taken, spans, 1)
    found = _ends_of_gaps(taken, len(lines))
    strays = int(_STRAYS * len(lines))
    if found or not strays:
        return found
    rare = [count <= strays for count in taken]
    reach = [sum(sum(rare[start:end]) for start, end in spans) for spans in words]
    for place in sorted(range(len(lines)), key=lambda place: -reach[place])[:strays]:
        _count(taken, words[place], -1)
        if found := _ends_of_gaps(taken, len(lines)):
            break
    return found


def _count(taken: list[int], spans: Sequence[tuple[int, int]], n: int) -> None:
    for start, end in spans:
        for place in range(start, end):
            taken[place] += n


def _ends_of_gaps(taken: Sequence[int], lines: int) -> list[int]:
    """Return where columns start, given in how many of the lines each place is not blank; none if there is one."""
    shown = "".join(" " if not count else "x" for count in taken).rstrip()
    begin = len(shown) - len(shown.lstrip())
    starts = [begin, *(match.end() for match in _GAP.finditer(shown, begin))]
    ends = [*starts[1:], len(taken)]
    filled = [start for start, end in zip(starts, ends, strict=True) if 2 * max(taken[start:end], default=0) > lines]
    return filled if len(filled) > 1 else []


class FixedWidthTable(LineTable):
    """The `Table` of a file of columns of a fixed width."""

    format = "fixed"

    def __init__(self, file: InputFile, options: ReadingOptions) -> None:
        found = _shape(file, options.header)
        assert found is not None, "only a file with such columns is opened as one"
        self._starts, self._gap, self._lead = found.starts, found.gap, found.lead
        names = found.layout.names
        self.header = names is not None
        super().__init__(file, unique_names(names or [""] * len(found.starts)))
        places = ", ".join(str(start + 1) for start in found.starts)
        self.notices = [
            f"{clean_line(self.name)} is read as columns of a fixed width, which begin at characters {places}; save it "
            "as CSV if that is wrong."
        ]

    def chunks(self, rows: int = CHUNK_ROWS) -> Iterator[Chunk]:
        return self.rows_of_lines(self._taken, rows)

    def _taken(self, number: int, line: str) -> Taken:
        if number in self._lead:
            return self._lead[number]
        return _cells(line, self._starts, self._gap) or BadRow(
            number, "text that reaches into the next column", excerpt(line)
        )
