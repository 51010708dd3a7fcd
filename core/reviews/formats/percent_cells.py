"""Which columns of a sheet are shown as percent: 90 % is stored as 0.9, and only its number format says so.

Readers of spreadsheets pass numbers on without their formats, so these are looked up in the workbook itself: .xlsx and
.xlsm have them in a list of styles, .ods beside each cell. Other formats (.xls, .xlsb) are not looked at.
"""

from __future__ import annotations

import html
import posixpath
import re
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = 1 << 18
_MAX_STYLES = 8 << 20
"""Bytes of the parts about a workbook, not its sheets."""
_BUILT_IN = {"9", "10"}
"""Excel's own formats for percent."""
_TAG = re.compile(r"<(?:\w+:)?(row|c)((?:\s[^<>]*)?)>")
_ODS_TAG = re.compile(r"<(table:table|table:table-row|table:table-cell|table:covered-table-cell)((?:\s[^<>]*)?)>")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_QUOTED = re.compile(r'"[^"]*"|\\.')
_FEW = 0.02
"""The share of other numbers in a column that is percent, at most."""


@dataclass(frozen=True)
class PercentColumns:
    """The columns of a sheet with percent in them, counted from 0."""

    whole: frozenset[int]
    """All of whose numbers are percent, or all but very few."""
    partly: frozenset[int]


def percent_columns(path: Path, sheet: str) -> PercentColumns:
    """Return which columns of a sheet are percent; none if the workbook does not say it, or is damaged."""
    percent, other = Counter[int](), Counter[int]()
    try:
        with zipfile.ZipFile(path) as parts:
            cells = _ods_cells(parts, sheet) if "content.xml" in parts.namelist() else _xlsx_cells(parts, sheet)
            for column, is_percent in cells:
                (percent if is_percent else other)[column] += 1
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, EOFError, OSError):
        return PercentColumns(frozenset(), frozenset())
    whole = frozenset(column for column, count in percent.items() if other[column] <= _FEW * count)
    return PercentColumns(whole, frozenset(percent) - whole)


def _xlsx_cells(parts: zipfile.ZipFile, sheet: str) -> Iterator[tuple[int, bool]]:
    """Yield the column of each number in a sheet, and whether it is percent."""
    styles = _percent_styles(_small(parts, "xl/styles.xml")) if "xl/styles.xml" in parts.namelist() else set()
    if not styles:
        return
    column = -1
    for tag, attributes in _tags(parts, _part_of(parts, sheet), _TAG):
        if tag == "row":
            column = -1
            continue
        found = _attributes(attributes)
        column = _column(found["r"]) if "r" in found else column + 1
        if found.get("t", "n") == "n" and not attributes.endswith("/"):
            yield column, found.get("s", "0") in styles


def _percent_styles(styles: str) -> set[str]:
    """Return the numbers of the cell styles of a workbook that show percent."""
    formats = set(_BUILT_IN)
    for tag in re.finditer(r"<(?:\w+:)?numFmt\s([^<>]*)>", styles):
        found = _attributes(tag[1])
        if "%" in _QUOTED.sub("", found.get("formatCode", "")):
            formats.add(found.get("numFmtId", ""))
    section = re.search(r"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", styles, re.DOTALL)
    used = re.finditer(r"<(?:\w+:)?xf\s([^<>]*)>", section[0]) if section else ()
    return {str(number) for number, tag in enumerate(used) if _attributes(tag[1]).get("numFmtId") in formats}


def _part_of(parts: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds a sheet."""
    ids = (
        next((value for key, value in found.items() if key.endswith(":id")), "")
        for tag in re.finditer(r"<(?:\w+:)?sheet\s([^<>]*)>", _small(parts, "xl/workbook.xml"))
        if (found := _attributes(tag[1])).get("name") == sheet
    )
    wanted = next(ids, "")
    for tag in re.finditer(r"<(?:\w+:)?Relationship\s([^<>]*)>", _small(parts, "xl/_rels/workbook.xml.rels")):
        found = _attributes(tag[1])
        if found.get("Id") == wanted:
            return posixpath.normpath(posixpath.join("/xl", found.get("Target", ""))).lstrip("/")
    raise KeyError(sheet)


def _ods_cells(parts: zipfile.ZipFile, sheet: str) -> Iterator[tuple[int, bool]]:
    inside, column = False, 0
    for tag, attributes in _tags(parts, "content.xml", _ODS_TAG):
        if tag == "table:table":
            inside = _attributes(attributes).get("table:name") == sheet
        elif tag == "table:table-row":
            column = 0
        elif inside:
            found = _attributes(attributes)
            kind = found.get("office:value-type")
            if kind in ("percentage", "float"):
                yield column, kind == "percentage"
            repeated = found.get("table:number-columns-repeated", "1")
            column += int(repeated) if repeated.isdecimal() and len(repeated) < 8 else 1


def _tags(parts: zipfile.ZipFile, part: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield the name and the attributes of the tags of a part that match."""
    rest = ""
    with parts.open(part) as stream:
        while block := stream.read(_BLOCK):
            text = rest + block.decode("utf-8", "replace")
            end = text.rfind(">") + 1
            for match in pattern.finditer(text, 0, end):
                yield match[1], match[2]
            rest = text[end:][-_BLOCK:]


def _small(parts: zipfile.ZipFile, part: str) -> str:
    with parts.open(part) as stream:
        return stream.read(_MAX_STYLES).decode("utf-8", "replace")


def _attributes(text: str) -> dict[str, str]:
    return {name: html.unescape(double or single) for name, double, single in _ATTRIBUTE.findall(text)}


def _column(reference: str) -> int:
    """Return the number of the column in the reference of a cell, such as 27 for AB3."""
    number = 0
    for letter in reference.rstrip("0123456789")[:4].upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number - 1
