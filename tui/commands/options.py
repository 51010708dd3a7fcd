"""What the commands that read data share: the flags that override detection, and standard input."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import InputError

if TYPE_CHECKING:
    from core.reviews.options import ReadingOptions

Data = Annotated[str, typer.Argument(help="A file, a folder, a Hugging Face dataset id, or - for standard input.")]
Text = Annotated[str | None, typer.Option("--text", help="Column that holds the review.")]
Title = Annotated[str | None, typer.Option("--title", help="Column joined before the text; '' joins none.")]
Label = Annotated[str | None, typer.Option("--label", help="Column that holds the label; '' reads without labels.")]
Scheme = Annotated[str | None, typer.Option("--labels", help="How labels are read: as_is, stars_binary or stars.")]
Delimiter = Annotated[str | None, typer.Option("--delimiter", help="Character between fields.")]
Encoding = Annotated[str | None, typer.Option("--encoding", help="Text encoding, such as utf-8 or windows-1252.")]
Header = Annotated[bool | None, typer.Option("--header/--no-header", help="Whether the first line names the columns.")]


def reading_options(
    text: str | None,
    title: str | None,
    label: str | None,
    scheme: str | None,
    delimiter: str | None,
    encoding: str | None,
    header: bool | None,
) -> ReadingOptions:
    """The flags as `ReadingOptions`, checked.

    Raises:
        InputError: an unknown scheme.
    """
    from pydantic import ValidationError

    from core.reviews.options import ReadingOptions

    given = {
        "text": text,
        "title": title,
        "label": label,
        "scheme": scheme,
        "delimiter": "\t" if delimiter == "\\t" else delimiter,
        "encoding": encoding,
        "header": header,
    }
    try:
        return ReadingOptions.model_validate({key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        raise InputError("--labels is one of auto, as_is, stars_binary, stars.") from error


def locate(source: str) -> str:
    """A source as the engine and a worker can find it: an absolute path, a hub id, or standard input put in a file."""
    if source == "-":
        return str(_spool())
    path = Path(source).expanduser()
    return str(path.absolute()) if path.exists() or source.startswith((".", "/", "~")) else source


def _spool() -> Path:
    """Standard input as a private file, so that a detached worker can read it too."""
    from core.base.files import home, open_private, private_folder

    if sys.stdin.isatty():
        raise InputError("- reads standard input, and nothing is piped in; name a file.")
    path = private_folder(home() / "standard-input") / secrets.token_hex(8)
    with os.fdopen(open_private(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL), "wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file)
    return path
