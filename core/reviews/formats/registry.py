"""The file formats that can be read: one entry for each, and the choice between them.

Light: readers are imported when a file is opened. To add a format, write a reader that is a `Table`, and add an entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.formats.encodings import BinaryFileError
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.table import Table
from core.reviews.options import ReadingOptions


def _parquet(file: InputFile, options: ReadingOptions) -> Table:
    from core.reviews.formats.columnar import ColumnarTable

    return ColumnarTable(file, "parquet")


def _arrow(file: InputFile, options: ReadingOptions) -> Table:
    from core.reviews.formats.columnar import ColumnarTable

    return ColumnarTable(file, "arrow")


def _json(file: InputFile, options: ReadingOptions) -> Table:
    from core.reviews.formats.json_tables import ObjectTable, is_json_lines

    return ObjectTable(file, lines=is_json_lines(file.head))


def _json_lines(file: InputFile, options: ReadingOptions) -> Table:
    from core.reviews.formats.json_tables import ObjectTable

    return ObjectTable(file, lines=True)


def _delimited(file: InputFile, options: ReadingOptions) -> Table:
    from core.reviews.formats.delimited import DelimitedTable

    return DelimitedTable(file, options)


def _tab_separated(file: InputFile, options: ReadingOptions) -> Table:
    from core.reviews.formats.delimited import DelimitedTable

    return DelimitedTable(file, options, preferred="\t")


def _text(file: InputFile, options: ReadingOptions) -> Table:
    from core.reviews.formats.text import TextTable, is_labelled_text

    return _tab_separated(file, options) if is_labelled_text(file) else TextTable(file)


def _starts_as_json(file: InputFile) -> bool:
    start = file.head.lstrip()
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in ("{", "]"))


def _is_delimited(file: InputFile) -> bool:
    from core.reviews.formats.dialect import is_delimited

    return is_delimited(file.head, file.complete)


@dataclass(frozen=True)
class Format:
    """A file format."""

    name: str
    """As reports name it."""
    title: str
    """As people name it."""
    suffixes: tuple[str, ...]
    open: Callable[[InputFile, ReadingOptions], Table]
    """Returns the reader of a file.

    Raises:
        InputError: The file is empty, or is not in this format.
    """
    magic: tuple[bytes, ...] = ()
    """The first bytes of such a file, which decide whatever its name; empty for text formats."""
    matches: Callable[[InputFile], bool] | None = None
    """For text formats: whether a file without a known suffix looks like one. The first format to match is chosen."""


FORMATS = (
    Format("json", "JSON", (".json",), _json, matches=_starts_as_json),
    Format("jsonl", "JSON Lines", (".jsonl", ".ndjson"), _json_lines),
    Format("csv", "CSV", (".csv",), _delimited, matches=_is_delimited),
    Format("tsv", "TSV", (".tsv", ".tab"), _tab_separated),
    Format("parquet", "Parquet", (".parquet", ".pq"), _parquet, magic=(b"PAR1",)),
    Format("arrow", "Arrow", (".arrow", ".ipc", ".feather"), _arrow, magic=(b"ARROW1", b"\xff\xff\xff\xff")),
    Format("text", "plain text", (".txt",), _text, matches=lambda _: True),
)
SUFFIXES = {suffix: format.name for format in FORMATS for suffix in format.suffixes}
"""File name suffix → name of its format."""
_BY_NAME = {format.name: format for format in FORMATS}


def format_titles() -> str:
    """Return the formats as people name them: `Parquet, Arrow, …`."""
    return ", ".join(format.title for format in FORMATS)


def open_table(path: Path, options: ReadingOptions, name: str) -> Table:
    """Return the reader of a file, which reports and messages call `name`.

    Raises:
        InputError: The file is empty, binary or broken.
        OSError: It cannot be opened.
    """
    file = InputFile(path, name, options.encoding)
    if not file.magic:
        raise InputError(f"{clean_line(path)} is empty; give a file with reviews.")
    try:
        return find_format(file, options).open(file, options)
    except BinaryFileError as error:
        raise InputError(f"{error} The formats that can be read are {format_titles()}.") from None


def find_format(file: InputFile, options: ReadingOptions) -> Format:
    """Return the format of a file: by its first bytes, its suffix, the delimiter that was named, or its content."""
    for format in FORMATS:
        if file.magic.startswith(format.magic):
            return format
    named = SUFFIXES.get(file.path.suffix.lower())
    if options.delimiter is not None and named in (None, "text"):
        return _BY_NAME["csv"]
    if named is not None:
        return _BY_NAME[named]
    return next(format for format in FORMATS if format.matches is not None and format.matches(file))
