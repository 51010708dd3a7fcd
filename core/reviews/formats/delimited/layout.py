"""What stands around the rows of a delimited file: titles and comments above the header, the header, lines below it.

Spreadsheet programs, survey tools and report generators write lines that are no rows. Each is recognized by its shape
and counted as what it is; a line of an unknown shape stays a row, and is left out with a reason if it does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from core.reviews.detect.names import is_date, is_known_name, is_number, is_truth_value, numbers_columns

HEADER, SECOND_HEADER, REPEATED_HEADER = "header", "second header", "repeated header"
TITLE, COMMENT, SEPARATOR, FOOTER, BLANK = "title above the header", "comment", "sep= line", "footer", "blank line"
END_OF_COPY = "\\."
"""The line with which PostgreSQL ends the rows of COPY."""
MARK = "\ufeff"
"""A byte order mark, which is inside a file where files were joined."""
_SEARCHED = 30
"""How many records at the start are searched for the header."""
_RAGGED = 0.9
_MAX_NAME, _MAX_QUESTION = 60, 250
_TOTALS = frozenset(("total", "totals", "grand total", "sum", "average", "mean", "count", "summe", "gesamt", "итого"))

_TYPES = frozenset(
    "int int32 int64 integer bigint number numeric float float64 double decimal string str text varchar char object "
    "bool boolean date datetime timestamp category factor".split()
)
"""What stands below names that tell the types of columns."""
_KINDS_OF_ANSWERS = frozenset(("response", "open-ended response", "other (please specify)"))
"""What SurveyMonkey writes below a question."""

Record = tuple[int, list[str]]
"""The line on which a record starts, and its fields."""


@dataclass
class Layout:
    """The first lines of a delimited file."""

    width: int
    """How many fields a row has."""
    names: list[str] | None = None
    """The header, if there is one."""
    lead: dict[int, str] = field(default_factory=dict)
    """Line of a record above or in the header → what it is."""
    rows: list[list[str]] = field(default_factory=list)
    """The first rows."""

    @property
    def first(self) -> list[str]:
        """The header, or the first row."""
        return self.names if self.names is not None else self.rows[0] if self.rows else []

    @property
    def named(self) -> bool:
        """Whether the header has several names, at least one of which is common in review files."""
        return len(self.first) > 1 and any(map(is_known_name, self.first))


def find_layout(records: Sequence[Record], width: int, header: bool | None) -> Layout:
    """Return the layout of a file, given its first records.

    Args:
        width: How many fields most of them have.
        header: Whether there is a header, if the user said so.
    """
    at, lead = _header_at(records, width, header)
    below = [row for _, row in records[at:]]
    if not below:
        return Layout(width, lead=lead)
    below[0] = [cell.removeprefix(MARK) for cell in below[0]]
    headed = has_header(below) if header is None else header
    if not headed:
        return Layout(width, None, lead, below)
    start, names = records[at][0], below[0]
    if lead.pop(start, None) == COMMENT:
        names = [names[0].lstrip("# "), *names[1:]]
    lead[start] = HEADER
    second = _second_headers(names, below[1:])
    lead.update({line: SECOND_HEADER for line, _ in records[at + 1 : at + 1 + second]})
    names, rows = _with_unnamed(names, below[1 + second :]), below[1 + second :]
    return Layout(len(names), names, lead, rows)


def _header_at(records: Sequence[Record], width: int, header: bool | None) -> tuple[int, dict[int, str]]:
    """Return the index of the header, or of the first row, and what the records above it are."""
    rows = [row for _, row in records[:_SEARCHED]]
    comments = next((index for index, row in enumerate(rows) if not row[0].startswith("#")), len(rows))
    at = comments
    while at < len(rows) and (_is_title(rows[at]) or len(rows[at]) != width or _is_above_header(rows[at:], width)):
        if at == 0 and _is_named(rows[0]) and _is_ragged(records, width):
            return 0, {}
        at += 1
    above = {line: _kind_above(row) for line, row in records[:at]}
    if at < len(rows) and ((header and at == comments) or has_header([row for _, row in records[at:]])):
        return at, above
    last = rows[comments - 1] if comments else []
    if len(last) == width and any(is_known_name(name.lstrip("# ")) for name in last):
        return comments - 1, {line: COMMENT for line, _ in records[:comments]}
    if all(len(row) != width for row in rows[:comments]) and comments < len(rows):
        return comments, {line: COMMENT for line, _ in records[:comments]}
    return 0, {}


def _is_ragged(records: Sequence[Record], width: int) -> bool:
    """Return whether many records have another number of fields, so that the first may be the header all the same."""
    return sum(len(row) == width for _, row in records[1:]) < _RAGGED * len(records[1:])


def _with_unnamed(names: list[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of all columns where the header leaves out that of row numbers, or an empty last one."""
    wider = [row for row in rows if len(row) == len(names) + 1]
    if not wider or len(wider) < _RAGGED * len(rows):
        return names
    if not any(row[-1].strip() for row in wider):
        return [*names, ""]
    numbers = {row[0].strip() for row in wider}
    return ["", *names] if len(numbers) == len(wider) > 2 and all(map(str.isdigit, numbers)) else names


def _kind_above(row: Sequence[str]) -> str:
    return COMMENT if row[0].startswith("#") else TITLE


def _is_named(row: Sequence[str]) -> bool:
    return len(row) > 1 and any(map(is_known_name, row))


def _is_title(row: Sequence[str]) -> bool:
    """Return whether a row holds nothing but its first cell, as a title in a spreadsheet does."""
    return len(row) > 1 and bool(row[0].strip()) and not any(cell.strip() for cell in row[1:])


def _is_above_header(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Return whether the first row has gaps and no name of a column, and a row with names and no gaps is below it."""
    first, *others = rows
    if all(map(str.strip, first)) or any(map(is_known_name, first)):
        return False
    whole = (row for row in others if len(row) == width and all(map(str.strip, row)))
    return sum(map(is_known_name, next(whole, []))) > 1


def _second_headers(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Return how many rows below the header describe the columns: question texts, import ids, kinds of answers."""
    for count in range(min(len(rows), 3), 0, -1):
        filled = [cell.strip() for cell in rows[count - 1] if cell.strip()]
        if filled and all(cell.startswith("{") and "ImportId" in cell for cell in filled):
            return count
    if len(rows) < 4 or len(rows[0]) != len(names) or same_header(rows[0], names):
        return 0
    if all(re.sub(r"\W.*", "", cell.strip().casefold()) in _TYPES for cell in rows[0]) or _is_remark(rows):
        return 1
    columns = _columns(rows[1:], len(names))
    if any(cell.strip().casefold() in _KINDS_OF_ANSWERS for cell in rows[0]) and _has_gaps(rows[0], columns):
        return 1
    apart = [_is_word_above_data(cell, column) for cell, column in zip(rows[0], columns, strict=True)]
    return int(sum(apart) >= 2 and has_header(rows))


def _is_remark(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether all cells of the first row are in brackets, as `(1-5)` and `(free text)`, unlike those below."""
    in_brackets = [all(re.fullmatch(r"\s*[(\[].*[)\]]\s*", cell) for cell in row if cell.strip()) for row in rows]
    return in_brackets[0] and any(map(str.strip, rows[0])) and not any(in_brackets[1:])


def _has_gaps(row: Sequence[str], columns: Sequence[Sequence[str]]) -> bool:
    """Return whether a cell is empty in a column that is filled below."""
    return any(not cell.strip() and all(map(str.strip, column)) for cell, column in zip(row, columns, strict=True))


def _is_word_above_data(cell: str, column: Sequence[str]) -> bool:
    """Return whether a cell has letters only, and every filled cell below is a number or a date."""
    filled = [value for value in column if value.strip()]
    letters = any(map(str.isalpha, cell)) and not any(map(str.isdigit, cell))
    return letters and len(filled) > 2 and all(is_number(value) or is_date(value) for value in filled)


def same_header(row: Sequence[str], names: Sequence[str]) -> bool:
    """Return whether `row` repeats the header, perhaps after a byte order mark, which also hides the first quote."""
    first = row[0].removeprefix(MARK)
    if first != row[0]:
        first = first.strip('"')
    return len(row) == len(names) and first.strip() == names[0].strip() and list(row[1:]) == list(names[1:])


def is_total(row: Sequence[str]) -> bool:
    """Return whether a row says “total” or the like beside numbers or nothing."""
    first, *others = [cell.strip() for cell in row if cell.strip()] or [""]
    return first.casefold().rstrip(":") in _TOTALS and all(map(is_number, others))


def has_header(records: Sequence[Sequence[str]]) -> bool:
    """Return whether the first of `records` names the columns."""
    names, below = records[0], records[1:]
    known = sum(map(is_known_name, names))
    if numbers_columns(names) and any(
        not any(map(is_number, column)) for name, column in zip(names, _columns(below, len(names)), strict=True) if name
    ):
        return True
    if known and (known > 1 or not any(is_number(name) or len(name) > _MAX_NAME for name in names)):
        return True
    if len(names) == 1 or not below or any(is_number(name) or is_truth_value(name) for name in names):
        return False
    if len(set(names)) < len(names) or any(_is_too_long(name) for name in names):
        return False
    return any(_stands_apart(name, values) for name, values in zip(names, _columns(below, len(names)), strict=True))


def _is_too_long(name: str) -> bool:
    """Return whether `name` names no column; a question of a form may be longer than others."""
    return len(name) > (_MAX_QUESTION if "?" in name else _MAX_NAME) or "\n" in name


def _columns(records: Sequence[Sequence[str]], width: int) -> list[list[str]]:
    whole = [record for record in records if len(record) == width]
    return [[record[index] for record in whole] for index in range(width)]


def _stands_apart(name: str, values: Sequence[str]) -> bool:
    """Return whether `name` is a word above numbers, or above a few repeated values that it is not one of."""
    filled = [value for value in values if value.strip()]
    if not name.strip() or not filled:
        return False
    if all(is_number(value) or is_truth_value(value) for value in filled):
        return True
    distinct = set(filled)
    return len(filled) >= 4 and len(distinct) <= len(filled) / 2 and name not in distinct
