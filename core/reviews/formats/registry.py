"""The file formats that can be read, and how one is chosen.

Entries only name their readers, which are imported when a file is opened, so that this module loads quickly in the
process that draws the screens. To add a format, write a reader that returns a `Table`, and add an entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name

from core.base.errors import InputError
from core.base.text import clean_line
from core.reviews.folders.part_names import is_class_word
from core.reviews.formats.delimited.detection import is_delimited
from core.reviews.formats.encodings import BinaryFileError
from core.reviews.formats.fixed_width import is_fixed_width
from core.reviews.formats.input_file import InputFile
from core.reviews.formats.key_value_records import is_records
from core.reviews.formats.labelled_lines import is_fasttext, is_numbered_lines, is_trees
from core.reviews.formats.pair_lines import is_pairs
from core.reviews.formats.pipe_table import is_pipe_table
from core.reviews.formats.python_lines import is_python_lines
from core.reviews.formats.refusals import is_page, is_xml, refuse_what_is_no_table
from core.reviews.formats.said_labels import are_labels_said
from core.reviews.formats.table import Table
from core.reviews.options import ReadingOptions

_OBJECT = re.compile(r'^\s*[\[{]|[{,]\s*"[^"\\]*"\s*:', re.MULTILINE)
"""What is somewhere in every JSON file, also in one whose start is damaged."""
_OPEN_LIST = re.compile(r'\[\s*\{\s*"[^"\\]*"\s*:')


def _starts_as_json(file: InputFile) -> bool:
    start = file.head.lstrip()
    return start.startswith("{") or (start.startswith("[") and start[1:].lstrip()[:1] in ("{", "]"))


def is_json(file: InputFile) -> bool:
    """Return whether a file, whatever its name, begins with a JSON object, alone on its line or in a list."""
    first, _, rest = file.head.lstrip("\ufeff \t\r\n").partition("\n")
    first = first.strip().rstrip(",")
    if not first.startswith(("{", "[")):
        return False
    if len(first) == 1:
        return rest.lstrip().startswith(("{", '"') if first == "[" else '"')
    try:
        value = json.loads(first, strict=False)
    except (ValueError, RecursionError):
        return _OPEN_LIST.match(first) is not None and not file.complete
    return bool(value) and (isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)))


@dataclass(frozen=True)
class Format:
    """A file format."""

    name: str
    """As reports name it."""
    title: str
    """As people name it."""
    suffixes: tuple[str, ...]
    reader: str
    """The function that opens a file, as `module:name` in this package: (InputFile, ReadingOptions) → Table."""
    magic: tuple[bytes, ...] = ()
    """The first bytes of such a file, which take precedence over its suffix; empty for text formats."""
    matches: Callable[[InputFile], bool] | None = None
    """For text formats: whether a file without a known suffix looks like one. The first format to match is chosen."""
    marks: Callable[[InputFile], bool] | None = None
    """For text formats that are often named as others: whether a file is one, whatever its suffix."""


FORMATS = (
    Format("json", "JSON", (".json",), "json.tables:open_json", matches=_starts_as_json, marks=is_json),
    Format("jsonl", "JSON Lines", (".jsonl", ".ndjson"), "json.tables:open_json_lines"),
    Format(
        "csv", "CSV", (".csv",), "delimited.table:open_csv", matches=lambda file: is_delimited(file.head, file.complete)
    ),
    Format("tsv", "TSV", (".tsv", ".tab"), "delimited.table:open_tsv"),
    Format("parquet", "Parquet", (".parquet", ".pq"), "columnar:open_parquet", magic=(b"PAR1",)),
    Format(
        "arrow",
        "Arrow and Feather",
        (".arrow", ".ipc", ".feather"),
        "columnar:open_arrow",
        magic=(b"ARROW1", b"\xff\xff\xff\xff", b"FEA1"),
    ),
    Format(
        "excel",
        "Excel",
        (".xlsx", ".xlsm", ".xlsb", ".xls"),
        "spreadsheet:open_spreadsheet",
        magic=(b"PK\x03\x04", b"\xd0\xcf\x11\xe0"),
    ),
    Format("opendocument", "OpenDocument", (".ods",), "spreadsheet:open_spreadsheet"),
    Format("sqlite", "SQLite", (".db", ".sqlite", ".sqlite3", ".db3"), "sqlite:open_sqlite", magic=(b"SQLite f",)),
    Format(
        "html",
        "HTML tables",
        (".html", ".htm"),
        "web_page:open_page",
        marks=lambda file: is_page(file.head[:4096].encode("utf-8", "replace")),
    ),
    Format("xml", "XML", (), "xml_table:open_xml"),
    Format("fasttext", "fastText", (), "labelled_lines:open_fasttext", marks=is_fasttext),
    Format("trees", "sentiment trees", (), "labelled_lines:open_trees", marks=is_trees),
    Format("said", "lines of “positive: text”", (), "said_labels:open_said_labels", marks=are_labels_said),
    Format("numbered", "lines of “1 text”", (), "labelled_lines:open_numbered_lines", marks=is_numbered_lines),
    Format("python", "lines of Python dicts", (), "python_lines:open_python_lines", marks=is_python_lines),
    Format("records", "“key: value” records", (), "key_value_records:open_records", marks=is_records),
    Format("pairs", "lines of key=value", (".tskv", ".ltsv"), "pair_lines:open_pairs", marks=is_pairs),
    Format("pipes", "tables of Markdown and Org", (), "pipe_table:open_pipe_table", marks=is_pipe_table),
    Format("fixed", "columns of a fixed width", (), "fixed_width:open_fixed_width", marks=is_fixed_width),
    Format("text", "plain text", (".txt",), "text:open_plain_text", matches=lambda _: True),
)
SUFFIXES = {suffix: format.name for format in FORMATS for suffix in format.suffixes}
"""File name suffix → name of its format."""
HOLD_SEVERAL = frozenset(("json", "jsonl", "excel", "opendocument", "sqlite", "html", "xml"))
"""Formats with several tables in one file, of which `--table` chooses one."""
_BINARY = frozenset(("parquet", "arrow"))
_BEFORE_MARKUP = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
_MARKUP = 16_384
"""Characters that show whether a file is markup."""
_NEVER_WITHOUT_MAGIC = frozenset(("excel", "opendocument", "sqlite"))
"""A file that is named so and does not start so is something else: many a text is called .xls to open in Excel."""
_BY_NAME = {format.name: format for format in FORMATS}


def format_titles() -> str:
    """Return the formats as people name them: `Parquet, Arrow, …`."""
    return ", ".join(format.title for format in FORMATS)


def open_table(path: Path, options: ReadingOptions, name: str, *, of_a_class: bool = False) -> Table:
    """Return the reader of a file, which reports and messages call `name`.

    Args:
        of_a_class: Whether its name says the class of all its reviews.

    Raises:
        InputError: The file is empty, binary or broken.
        OSError: The file cannot be opened.
    """
    file = InputFile(path, name, options.encoding)
    if not file.magic:
        raise InputError(f"{clean_line(name)} is empty; give a file with reviews.")
    refuse_what_is_no_table(path, name)
    try:
        format = find_format(file, options)
        if options.table is not None and format.name not in HOLD_SEVERAL:
            raise InputError(f"{clean_line(name)} holds no tables to choose from ({format.title}); leave out --table.")
        reader = "text:open_text_of_a_class" if of_a_class and format.name == "text" else format.reader
        open_file: Callable[[InputFile, ReadingOptions], Table] = resolve_name(f"{__package__}.{reader}")
        return open_file(file, options)
    except BinaryFileError as error:
        raise InputError(f"{error} The formats that can be read are {format_titles()}.") from None


def find_format(file: InputFile, options: ReadingOptions) -> Format:
    """Return the format of a file: by its first bytes, a named delimiter, its marks, its suffix, or its content."""
    for format in FORMATS:
        if file.magic.startswith(format.magic):
            return format
    suffix = file.path.suffix.lower()
    named = "text" if is_class_word(suffix[1:]) else SUFFIXES.get(suffix)
    if named in _NEVER_WITHOUT_MAGIC:
        named = None
    if file.magic.lstrip(_BEFORE_MARKUP).startswith(b"<") and is_xml(file.head[:_MARKUP].encode("utf-8", "replace")):
        return _BY_NAME["xml"]
    if options.delimiter is not None and named in (None, "text"):
        return _BY_NAME["csv"]
    if named not in _BINARY and options.delimiter is None:
        marked = next((format for format in FORMATS if format.marks is not None and format.marks(file)), None)
        if marked is not None:
            return marked
    is_none = named in ("json", "jsonl") and _OBJECT.search(file.head) is None
    if is_none and "\n" in file.head.strip() and is_delimited(file.head, file.complete):
        return _BY_NAME["csv"]
    if named is not None:
        return _BY_NAME[named]
    return next(format for format in FORMATS if format.matches is not None and format.matches(file))
