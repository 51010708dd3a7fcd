"""What is no table of reviews is called what it is, with the way out, before a reader makes nonsense of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import InputError
from core.base.text import clean_line
from core.base.units import in_bytes
from core.reviews.formats.feature_lines import counts_features

_HEAD = 16_384
_SAVE_TABLE = "save its table as CSV or Parquet"
_NEVER = "could run code when it is loaded and is never read; save its table as CSV or Parquet"
_EXPORT = "export its reviews as CSV, or as text with one a line"
_UNPACK = "unpack it, and give the file or folder that was in it"


@dataclass(frozen=True)
class _Kind:
    """A kind of file that holds no table."""

    magic: bytes
    what: str
    way_out: str
    at: int = 0


_KINDS = (
    _Kind(b"%PDF", "a PDF", _EXPORT),
    _Kind(b"{\\rtf", "an RTF document", _EXPORT),
    _Kind(b"\x93NUMPY", "a NumPy array", _SAVE_TABLE),
    _Kind(b"\x89HDF\r\n", "an HDF5 store", _SAVE_TABLE),
    _Kind(b"$FL2", "an SPSS data file", "save it as CSV"),
    _Kind(b"$FL3", "an SPSS data file", "save it as CSV"),
    _Kind(b"<stata_dta>", "a Stata data file", "save it as CSV"),
    _Kind(b"SAS FILE", "a SAS data file", "save it as CSV", at=84),
    _Kind(b"RDX", "R data", "save its table as CSV (write.csv)"),
    _Kind(b"Obj\x01", "an Avro file", _SAVE_TABLE),
    _Kind(b"ORC", "an ORC file", _SAVE_TABLE),
    _Kind(b"DUCK", "a DuckDB database", "export the table as CSV or Parquet (COPY … TO 'reviews.csv')", at=8),
    _Kind(b"Standard Jet", "an Access database", "export the table as CSV", at=4),
    _Kind(b"Standard ACE", "an Access database", "export the table as CSV", at=4),
    _Kind(b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
    _Kind(b"Rar!", "a RAR archive", _UNPACK),
    _Kind(b"MSCF", "a cabinet archive", _UNPACK),
    _Kind(b"\x1f\x9d", "compressed with compress", _UNPACK),
    _Kind(b"\x89PNG", "a PNG image", "type or export the reviews as text"),
    _Kind(b"\xff\xd8\xff", "a JPEG image", "type or export the reviews as text"),
    _Kind(b"GIF8", "a GIF image", "type or export the reviews as text"),
    _Kind(b"RIFF", "an image, sound or film", "type or export the reviews as text"),
    _Kind(b"\x7fELF", "a program", "give a file with reviews"),
)
_TEXTS = {
    ".yaml": ("YAML", "save it as JSON Lines"),
    ".yml": ("YAML", "save it as JSON Lines"),
    ".toml": ("TOML", "save it as JSON Lines"),
    ".py": ("a Python script", "run it, and give the file that it writes"),
    ".sql": ("an SQL script", "load it into its database, and export the table as CSV"),
}
_PICKLE = re.compile(rb"\x80[\x02-\x05][\x95}\]cX\x8c(q]")
_LFS = re.compile(rb"version https?://\S*(?:git-lfs|hawser)\S*\s.*?size (\d+)", re.DOTALL)
_ANNEX = re.compile(rb"\S*/annex/objects/\S+\s*")
_LINK = re.compile(rb"(?:\.\./)+[^\s\x00]+|/[^\s\x00]+(?:/[^\s\x00]+)+")
_NOTEBOOK = re.compile(rb'\s*\{.*"(?:nbformat|cell_type)"\s*:', re.DOTALL)
_ARFF = re.compile(rb"^\s*@relation\b", re.IGNORECASE | re.MULTILINE)
_PRINTED = re.compile(rb"\s*[^\n]* \| [^\n]*\n\s*-+(?:\+-+)+\s*\n|\s*\+(?:-+\+)+\s*\n\s*\|")
_SCRIPT = re.compile(rb"\s*(?:(?:var|let|const|window\.|export default)\s*[\w.$]*\s*=?|[\w.$]+\s*\()\s*[\[{]\s*[\[{\"]")
_WORD_TAG = re.compile(rb"\S+[\t ](?:\S+[\t ])*(?:O|[BIESLU]-[\w-]+)[\t ]*")
_FEWEST_WORDS = 20
_TAG = re.compile(rb"<([A-Za-z][\w:.-]*)[\s/>]")
_COMMENTS = re.compile(rb"\A(?:<!--.*?-->\s*)+", re.DOTALL)
_DECLARATION = re.compile(rb"\A<\?xml[^>]*\?>\s*")
_INLINE = frozenset((b"p", b"b", b"i", b"a", b"br", b"em", b"strong", b"span", b"u", b"s", b"q", b"small", b"font"))
_PAGE = frozenset((b"html", b"head", b"body", b"table", b"div", b"meta", b"title", b"script", b"style"))


def refuse_what_is_no_table(path: Path, name: str) -> None:
    """Raise an error if a file is known to hold no table of reviews.

    Args:
        name: What messages call the file.

    Raises:
        InputError: It is a pointer to the data, a web page without a table, a document, an image, a pickle, …
        OSError: The file cannot be opened.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    found = _pointer(head) or _binary(head) or _markup(head) or _text(head, name)
    if found:
        raise InputError(f"{clean_line(name)} is {found}.")


def is_page(head: bytes) -> bool:
    """Return whether a file that starts with `head` is HTML, whatever its name."""
    start = _DECLARATION.sub(b"", head.removeprefix(b"\xef\xbb\xbf").lstrip().lower(), count=1)
    if start.startswith((b"<!doctype html", b"<!--")):
        return start.startswith(b"<!doctype") or b"<html" in start
    tag = _TAG.match(start)
    return tag is not None and tag[1] in _PAGE


def _pointer(head: bytes) -> str:
    """Return what a file is that only says where the data are; empty if it is none."""
    if pointer := _LFS.match(head):
        return (
            f"only a Git LFS pointer to the data ({in_bytes(int(pointer[1][:15]))}); run `git lfs pull` in its "
            "repository, or download the file itself"
        )
    if len(head) < 1_000 and _ANNEX.fullmatch(head):
        return "only a git-annex pointer to the data; run `git annex get` on it, or download the file itself"
    if len(head) < 1_000 and _LINK.fullmatch(head.strip()):
        shown = clean_line(head.strip().decode("utf-8", "replace"), 80)
        return f"the text of a link to {shown}, not the data; give the file that the link leads to"
    return ""


def _binary(head: bytes) -> str:
    if _PICKLE.match(head):
        return f"a Python pickle (pandas, joblib, scikit-learn or torch), which {_NEVER}"
    for kind in _KINDS:
        if head.startswith(kind.magic, kind.at):
            return f"{kind.what}; {kind.way_out}"
    return ""


def _markup(head: bytes) -> str:
    """Return what a file of tags is, unless it is a page with a table, which can be read."""
    if is_page(head):
        title = re.search(rb"<title[^>]*>\s*([^<]*)", head, re.IGNORECASE)
        named = f" (“{clean_line(title[1].decode('utf-8', 'replace'), 60)}”)" if title and title[1].strip() else ""
        return "" if b"<table" in head.lower() else (
            f"a saved web page{named}, HTML without a table, perhaps one that asks to sign in; download the file again"
        )  # fmt: skip
    if b"schemas-microsoft-com:office:spreadsheet" in head and is_xml(head):
        return "an Excel spreadsheet in its XML form of 2003; save it as .xlsx or CSV"
    return ""


def is_xml(head: bytes) -> bool:
    """Return whether a file that starts with `head` is XML, or like it, and no web page."""
    start = _COMMENTS.sub(b"", head.removeprefix(b"\xef\xbb\xbf").lstrip(), count=1)
    if is_page(head):
        return False
    if start.startswith((b"<?xml", b"<!DOCTYPE")):
        return True
    tag = _TAG.match(start)
    return tag is not None and tag[1].lower() not in _INLINE and b"</" + tag[1] + b">" in head


def _text(head: bytes, name: str) -> str:
    suffix = Path(name).suffix.lower()
    if suffix == ".ipynb" or (suffix == ".json" and _NOTEBOOK.match(head) and b'"cells"' in head):
        return "a notebook; run it, and give the file that it reads or writes"
    if _ARFF.search(head) and b"@attribute" in head.lower():
        return "an ARFF file of Weka; save it there as CSV"
    if _PRINTED.match(head):
        return (
            "a table as the shell of a database prints it, with | between its columns; export it as CSV, as psql --csv "
            "and mysql --batch do"
        )
    if counts_features(head.decode("utf-8", "replace")):
        return (
            "made of counted words or numbered features, and holds no texts; give the file of reviews that they were "
            "counted in"
        )
    if head.lstrip().startswith(b"#FORMAT=WebAnno") or _is_tagged_words(head):
        return (
            "text in single words with their tags, one a line, as for marking names; give the reviews that were tagged"
        )
    if _SCRIPT.match(head):
        return (
            "JSON inside a script; take off what stands before the first [ or { and after the last ] or }, and save it "
            "as .json"
        )
    found = _TEXTS.get(suffix)
    return "" if found is None else f"{found[0]}; {found[1]}"


def _is_tagged_words(head: bytes) -> bool:
    """Return whether lines are words with tags such as `B-ASPECT` and `O`, and blank lines are between sentences."""
    lines = head.split(b"\n")[:-1]
    filled = [line.rstrip(b"\r") for line in lines if line.strip()]
    return _FEWEST_WORDS <= len(filled) < len(lines) and all(map(_WORD_TAG.fullmatch, filled))
