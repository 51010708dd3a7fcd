"""What the commands that read data share: the flags that override detection, and standard input."""

from __future__ import annotations

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
    """Return a source as the engine and a worker find it: an absolute path, a hub id, or the copy of standard input."""
    if source == "-":
        from core.runs.piped import keep_piped

        if sys.stdin.isatty():
            raise InputError("- reads standard input, and nothing is piped in; name a file.")
        return str(keep_piped(sys.stdin.buffer))
    path = Path(source).expanduser()
    return str(path.absolute()) if path.exists() or source.startswith((".", "/", "~")) else source
