"""Suspects as files: all of them for other programs, and as a pile that Classify opens.

    suspicions/<key>/suspects.jsonl    one suspect a line
    suspicions/<key>/pile.jsonl        the same, but of copies of a text only the first
    suspicions/<key>/found.json        the figures, what they were computed with, and the classes

The key is that of the source's decisions. What is decided about the pile is in the log of `pile.jsonl`, like that of
any other pile, and stays when suspects are found anew. This module loads no heavy library.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import msgspec

from core.base.errors import InputError, ReviewtuiError
from core.base.files import home, private_folder, write_json, write_parts
from core.base.text import clean_cell, clean_line
from core.reviews.options import ReadingOptions
from core.suspicion.report import Suspect, Suspicions
from core.triage.decisions import pile_folder

LIST, PILE, FOUND = "suspects.jsonl", "pile.jsonl", "found.json"
COLUMNS = (
    *("rank", "row", "file", "line", "text", "given", "given_probability"),
    *("suggested", "suggested_probability", "reason", "likely", "hash"),
)
"""What is written of each suspect, in this order."""
PILE_READING = ReadingOptions(text="text", title="", label="given", scheme="as_is")
"""How the pile is read."""
FOLD_READING = ReadingOptions(text="text", title="", label="label", scheme="as_is")
"""How the files are read that `core/suspicion/tuned.py` writes."""


@dataclass(frozen=True)
class KeptSuspects:
    """Suspects that were found earlier."""

    found: Suspicions
    list: Path
    """All suspects."""
    pile: Path
    """Those that Classify opens."""
    reading: ReadingOptions
    """How the source was read."""
    classes: tuple[str, ...]
    """The classes of the source."""


def suspicions_folder(source: str) -> Path:
    """Return the folder of what is suspected of a source; it may not exist."""
    return home() / "suspicions" / pile_folder(source).name


def keep(
    source: str, reading: ReadingOptions, found: Suspicions, classes: Sequence[str], of: Iterable[Suspect]
) -> None:
    """Write what is suspected of a source, in place of what was before.

    Args:
        source: As it is located: an absolute path, or the id of a dataset.
        reading: How it was read.
        of: The suspects, the most suspicious first.

    Raises:
        ReviewtuiError: The home cannot be written.
    """
    folder = private_folder(suspicions_folder(source))
    write_parts(folder / LIST, map(_json_line, of))
    write_parts(folder / PILE, map(_json_line, _once(read_list(folder / LIST))))
    told = {
        "source": source,
        "reading": reading.model_dump(exclude_defaults=True),
        "classes": list(classes),
        "found": msgspec.to_builtins(found),
    }
    write_json(folder / FOUND, told)


def read_list(file: Path, most: int | None = None) -> Iterator[Suspect]:
    """Yield the suspects in a file that `keep` wrote, `most` at most.

    Raises:
        ReviewtuiError: The file cannot be read.
    """
    try:
        with file.open("rb") as lines:
            for line in islice(lines, most):
                yield msgspec.json.decode(line, type=Suspect)
    except (OSError, ValueError) as error:
        raise ReviewtuiError(f"{clean_line(file, 160)} cannot be read; find suspects again.") from error


def read_kept(source: str) -> KeptSuspects | None:
    """Return what was suspected of a source earlier; None if nothing was, or it cannot be read."""
    return kept_in(suspicions_folder(source))


def kept_in(folder: Path) -> KeptSuspects | None:
    """Return the suspects in a folder that `keep` wrote; None if there are none, or they cannot be read."""
    try:
        told = json.loads((folder / FOUND).read_bytes())
        return KeptSuspects(
            found=msgspec.convert(told["found"], Suspicions),
            list=folder / LIST,
            pile=folder / PILE,
            reading=ReadingOptions.model_validate(told["reading"]),
            classes=tuple(map(str, told["classes"])),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def write_list(suspects: Iterable[Suspect], path: Path) -> None:
    """Write suspects to a file (.csv or .jsonl), in place of an earlier one.

    Raises:
        InputError: The suffix is another one, or the folder does not exist.
        ReviewtuiError: The file cannot be written.
    """
    require_writable(path)
    write_parts(path, _FORMATS[path.suffix.lower()](suspects), private=False)


def require_writable(path: Path) -> None:
    """Check that a list of suspects can be written to a file, before they are found.

    Raises:
        InputError: The suffix is neither .csv nor .jsonl, or the folder does not exist.
    """
    if path.suffix.lower() not in _FORMATS:
        raise InputError(f"The name must end in {' or '.join(_FORMATS)}, not '{clean_line(path.name, 80)}'.")
    if not path.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(path.parent, 120)}.")
    if path.is_dir():
        raise ReviewtuiError(f"Cannot write {clean_line(path, 120)}: it is a folder; name a file with --output.")


def fields_of(suspect: Suspect) -> dict[str, object]:
    """Return what is written of a suspect; probabilities have six decimals."""
    fields = {name: getattr(suspect, name) for name in COLUMNS}
    for name in ("given_probability", "suggested_probability"):
        fields[name] = None if fields[name] is None else round(fields[name], 6)
    return fields


def _once(suspects: Iterable[Suspect]) -> Iterator[Suspect]:
    """Yield the first of the suspects with each text: a decision about a text is one about all its copies."""
    seen: set[str] = set()
    for one in suspects:
        if one.hash not in seen:
            seen.add(one.hash)
            yield one


def _json_line(suspect: Suspect) -> bytes:
    return msgspec.json.encode(fields_of(suspect)) + b"\n"


def _json_lines(suspects: Iterable[Suspect]) -> Iterator[bytes]:
    return map(_json_line, suspects)


def _csv(suspects: Iterable[Suspect]) -> Iterator[bytes]:
    yield _csv_line(COLUMNS)
    for one in suspects:
        yield _csv_line([_cell(value) for value in fields_of(one).values()])


def _cell(value: object) -> object:
    if isinstance(value, str):
        return clean_cell(value)
    return str(value).lower() if isinstance(value, bool) else value


def _csv_line(cells: Iterable[object]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "replace")


_FORMATS: dict[str, Callable[[Iterable[Suspect]], Iterator[bytes]]] = {".csv": _csv, ".jsonl": _json_lines}
