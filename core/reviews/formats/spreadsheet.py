"""Spreadsheets of Excel (.xlsx, .xlsm, .xlsb, .xls) and OpenDocument (.ods), read by calamine.

Cells appear as people wrote them: 5 and not 5.0, 90% and not 0.9, dates without a time that is midnight. Formulas
appear as the values that were saved with them.
"""

from __future__ import annotations

import datetime
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers import expat

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.choice import choose
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.percent_cells import percent_columns
from core.reviews.formats.record_table import RecordTable
from core.reviews.formats.table import cell
from core.reviews.options import ReadingOptions

if TYPE_CHECKING:
    from python_calamine import CalamineSheet, CalamineWorkbook

_MAX_UNPACKED = 1 << 30
"""Bytes of a workbook's parts; calamine holds a sheet in memory."""
_HEADER_ROWS = 30
_NAMED = 3
_EXACT = 1e15
"""Larger numbers are no integers that a spreadsheet could tell apart."""


def open_spreadsheet(file: InputFile, options: ReadingOptions) -> RecordTable:
    """Open the sheet of a workbook that holds the reviews, or that was asked for.

    Raises:
        InputError: The workbook is damaged, protected, too large, or none of its sheets looks like reviews.
    """
    import python_calamine as calamine

    zipped = file.magic.startswith(b"PK")
    if zipped:
        _check_size(file.path, file.name)
    try:
        with file.path.open("rb") as stream:
            workbook = calamine.load_workbook(stream)
            return _table(workbook, file, zipped, options)
    except calamine.PasswordError:
        message = f"{clean_line(file.name)} is protected by a password; save it without one, or as CSV."
        raise InputError(message) from None
    except (calamine.CalamineError, zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        reason = clean_line(error, 100).rstrip(".")
        raise InputError(
            f"{clean_line(file.name)} is not a readable spreadsheet (Excel or OpenDocument): {reason}. If it opens "
            "in a spreadsheet program, save it from there as CSV or .xlsx; otherwise it is damaged: download it again."
        ) from error


def _table(workbook: CalamineWorkbook, file: InputFile, zipped: bool, options: ReadingOptions) -> RecordTable:
    sheets = {sheet: workbook.get_sheet_by_name(sheet) for sheet in workbook.sheet_names}
    full = {sheet: _first_rows(found) for sheet, found in sheets.items() if found.height}
    choice = choose(full, options.table, "sheet", file.name, lambda sheet: sheets[sheet].height)
    sheet = sheets[choice.name]
    sheets.clear()
    start = sheet.start[1] if sheet.start is not None else 0
    found = percent_columns(file.path, choice.name) if zipped else None
    percent = {column - start for column in found.whole} if found else set()

    def rows() -> Iterator[tuple[int, list[str]]]:
        for number, values in enumerate(sheet.iter_rows(), start=1):
            cells = [_shown(value) for value in values]
            for column in percent:
                if column < len(cells) and type(values[column]) in (float, int):
                    cells[column] = _percent(values[column])
            yield number, cells

    height = sheet.end[0] + 1 if sheet.end is not None else 0
    table = RecordTable(rows, height, sheet.width, file.name, _format(file, zipped), options, choice.notices)
    table.doubts += choice.doubts
    names = [table.columns[column - start] for column in sorted(found.partly if found else ()) if column >= start]
    if names:
        listed = ", ".join(f"“{clean_line(name, 40)}”" for name in names[:_NAMED])
        table.notices.append(
            f"{clean_line(file.name)} shows only some numbers of {listed} as percent: there, 90 % is read as 0.9."
        )
    return table


def _first_rows(sheet: CalamineSheet) -> list[list[str]]:
    """Return the first rows, among which are the names of the columns."""
    return [[_shown(value) for value in row] for row, _ in zip(sheet.iter_rows(), range(_HEADER_ROWS), strict=False)]


def _shown(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return cell(value)


def _percent(value: object) -> str:
    """Return a number as percent, as people see it: 0.9 is 90%."""
    number = round(float(str(value)) * 100, 8)
    return f"{_shown(number)}%"


def _format(file: InputFile, zipped: bool) -> str:
    if not zipped:
        return "excel"
    with zipfile.ZipFile(file.path) as parts:
        return "opendocument" if "mimetype" in parts.namelist() else "excel"


def _check_size(path: Path, name: str) -> None:
    """Check that the parts of a workbook fit in memory, by unpacking them: what a zip file says may be untrue.

    The content of an OpenDocument file must also be well-formed XML: calamine waits forever for an element to end.

    Raises:
        InputError: They do not, or it is not.
    """
    total = 0
    try:
        with zipfile.ZipFile(path) as parts:
            for info in parts.infolist():
                content = expat.ParserCreate() if info.filename == "content.xml" else None
                for block in _blocks(parts, info):
                    total += len(block)
                    if total > _MAX_UNPACKED:
                        raise InputError(
                            f"{clean_line(name)} unpacks to more than a gigabyte, too much to read as a "
                            "spreadsheet; save it as CSV."
                        )
                    if content is not None:
                        content.Parse(block)
                if content is not None:
                    content.Parse(b"", True)
    except expat.ExpatError as error:
        raise InputError(
            f"{clean_line(name)} is a damaged OpenDocument file ({clean_line(error, 60)}); download it again, or save "
            "it as CSV from a program that can repair it."
        ) from None
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        return  # the reader says what is wrong


def _blocks(parts: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield a part until it ends or turns out to be damaged, which the reader will say if it needs that part."""
    info.file_size = 1 << 62  # reads to the end of the part, whatever its size is said to be
    try:
        with parts.open(info) as part:
            while block := part.read(1 << 20):
                yield block
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError):
        return
