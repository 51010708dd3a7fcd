"""The lab journal as a file: Markdown, and with `figures` an SVG file for each figure in a folder beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from core.base.errors import InputError, ReviewtuiError
from core.base.files import private_folder, write_whole
from core.base.text import clean_line
from core.lab_journal.entry import Entry
from tui.lab_journal.escape import inline
from tui.lab_journal.figures import Figure
from tui.lab_journal.markdown import TITLE, document
from tui.lab_journal.svg import svg


def write_journal(entries: Sequence[Entry], file: Path, *, figures: bool = False) -> Path:
    """Write entries into a Markdown file and return its path. A lab journal that is there is replaced as a whole.

    Args:
        figures: Whether figures are SVG files in the folder `<name>-figures` beside it, instead of text plots.

    Raises:
        InputError: The file is something else than a lab journal.
        ReviewtuiError: It cannot be written.
    """
    file = file.expanduser().absolute()
    require_replaceable(file)
    folder = file.with_name(f"{file.stem}-figures")

    def draw(entry: Entry, found: Sequence[Figure]) -> Iterator[str]:
        for number, one in enumerate(found, start=1):
            name = f"{re.sub(r'[^0-9A-Za-z-]', '-', entry.id)}-{number}.svg"
            write_whole(private_folder(folder) / name, svg(one))
            yield f"![{inline(one.title)}]({quote(folder.name)}/{name})"

    text = document(entries, draw if figures else None)
    write_whole(file, text)
    return file


def require_replaceable(file: Path) -> None:
    """Check that a file is not there, or is a lab journal.

    Raises:
        InputError: It is something else, or its folder is not there.
    """
    shown = clean_line(file, 160)
    if not file.parent.is_dir():
        raise InputError(f"There is no folder {clean_line(file.parent, 160)} to write into.")
    if file.is_symlink() or (file.exists() and not file.is_file()):
        raise InputError(f"{shown} is not a plain file; name another one.")
    try:
        with file.open("rb") as stream:
            begins = stream.read(len(TITLE) + 1)
    except FileNotFoundError:
        return
    except OSError as error:
        raise ReviewtuiError(f"Cannot read {shown} ({error.strerror}).") from error
    if begins.rstrip() != TITLE.encode():
        raise InputError(f"{shown} exists and is no lab journal, so it stays as it is; name another file.")
