"""Arguments and flags that several commands share, and standard input as a source of reviews.

A command that reads reviews takes a parameter `reading: Reading` and is registered through `reads_reviews`, which
gives it the flags of `READING_FLAGS` in the place of that parameter.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NewType

import typer

from core.base.errors import InputError
from tui.shell_command import READING_FLAGS, parse_reading

if TYPE_CHECKING:
    from core.reviews.options import ReadingOptions

Data = Annotated[str, typer.Argument(help="A file, a folder, a Hugging Face dataset id, or - for standard input.")]
RunWord = Annotated[str, typer.Argument(metavar="RUN", help="An id, a name, a unique beginning, or latest.")]
RunOrGroup = Annotated[str, typer.Argument(metavar="RUN", help="A run as elsewhere, or the name of a group.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object and nothing else.")]
Wait = Annotated[bool, typer.Option("--wait", help="Follow the run to its end.")]
Bell = Annotated[
    bool, typer.Option("--bell", help="Ring the bell when the run that is followed ends, fails, stalls or diverges.")
]
Validation = Annotated[str | None, typer.Option(help="A file to measure on, instead of held-out rows.")]
Model = Annotated[str | None, typer.Option(help="A Hugging Face id, a folder, starter, or a run to go on from.")]
Hypothesis = Annotated[str, typer.Option(metavar="TEXT", help="What you expect, in a line, for the lab journal.")]
Preset = Annotated[str, typer.Option(help="balanced, quick, thorough, frugal or lab.")]
Assignments = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change one setting; any number of times.")
]
SettingsFile = Annotated[Path | None, typer.Option(help="A TOML file of settings, or a run's settings.toml.")]

Reading = NewType("Reading", dict)  # type: ignore[type-arg]
"""The reading flags that were given: field of `ReadingOptions` → value."""


def reads_reviews(*without: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Return a decorator that replaces the parameter `reading` of a command by flags.

    Args:
        without: Fields of `ReadingOptions` for which the command has no flag.
    """
    kinds: dict[type, Any] = {str: str | None, bool: bool | None, dict: list[str] | None}
    flags = [
        inspect.Parameter(
            f"reading_{one.field}",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[kinds[one.kind], _option(one.flag, one.help, repeated=one.kind is dict)],
        )
        for one in READING_FLAGS
        if one.field not in without
    ]

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        def with_flags(**values: Any) -> int:
            given = {flag.name.removeprefix("reading_"): values.pop(flag.name) for flag in flags}
            return command(
                **values, reading=Reading({name: value for name, value in given.items() if value is not None})
            )

        signature = inspect.signature(command, eval_str=True)
        parameters = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in signature.parameters.values()
        ]
        at = next(index for index, parameter in enumerate(parameters) if parameter.name == "reading")
        parameters[at : at + 1] = flags
        with_flags.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        with_flags.__name__, with_flags.__doc__ = command.__name__, command.__doc__
        with_flags.__annotations__ = {}
        return with_flags

    return decorate


def _option(flag: str, help: str, *, repeated: bool) -> Any:
    return typer.Option(flag, help=help, metavar="LABEL=NAME") if repeated else typer.Option(flag, help=help)


def reading_options(given: Mapping[str, Any]) -> ReadingOptions:
    """Return the reading flags that were given as `ReadingOptions`.

    Raises:
        InputError: An unknown scheme, or a class without a name.
    """
    from pydantic import ValidationError

    try:
        return parse_reading(given)
    except ValidationError as error:
        raise InputError("--labels is one of auto, as_is, stars_binary, stars.") from error
    except ValueError as error:
        raise InputError(f"--class takes LABEL=NAME: {error}.") from error


def locate(source: str) -> str:
    """Return a source as the engine and a worker find it: an absolute path, a hub id, or the copy of a pipe.

    Standard input, a named pipe and what a shell puts in place of `<(command)` can be read only once, and some of them
    only by this process.
    """
    from core.runs.piped import keep_piped

    if source == "-":
        if sys.stdin.isatty():
            raise InputError("- reads standard input, and nothing is piped in; name a file.")
        return str(keep_piped(sys.stdin.buffer))
    try:
        path = Path(source).expanduser()
        if path.is_fifo():
            with path.open("rb") as pipe:
                return str(keep_piped(pipe))
        if source.startswith(("/dev/", "/proc/")) and path.is_file():
            path = path.resolve()  # a file that a descriptor of this process stands for
        return str(path.absolute()) if path.exists() or source.startswith((".", "/", "~")) else source
    except (OSError, RuntimeError, ValueError):
        return source  # reading says what is wrong with it
