"""`notify`: what you are told about runs, and how: the choice of the dialog on Train, from the command line."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.options import Json
from tui.commands.output import complain, facts, say, say_json

if TYPE_CHECKING:
    from core.notifications.preferences import Notifications

_Name = TypeVar("_Name", bound=str)


def notify(
    when: Annotated[
        str | None, typer.Option(metavar="EVENTS", help="finished, failed, stalled, diverged, best, or all.")
    ] = None,
    by: Annotated[str | None, typer.Option(metavar="WAYS", help="bell, title, osc9, osc777, command.")] = None,
    command: Annotated[
        str | None, typer.Option(metavar="COMMAND", help="What the way `command` runs; no shell reads it.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="Tell nothing any more.")] = False,
    test: Annotated[bool, typer.Option("--test", help="Tell an example now, in every way that is chosen.")] = False,
    json: Json = False,
) -> int:
    """Choose what you are told about runs from now on, and how; without an option, show what is chosen.

    The bell, the title and notifications (OSC 9, OSC 777) need an open workbench, or a command that follows the run.
    The command is run without any of them, and gets what has happened as one JSON object on its standard input.
    """
    from core.notifications.command import words_of
    from core.notifications.preferences import EVENTS, WAYS, Notifications, read_notifications, remember_notifications

    if off and (when is not None or by is not None or command is not None):
        raise InputError("--off stands alone.")
    before = read_notifications()
    chosen = Notifications(command=before.command) if off else before
    if when is not None:
        names = tuple(EVENTS) if when.strip() == "all" else _named(when, tuple(EVENTS), "--when")
        chosen = replace(chosen, events=names)
    if by is not None:
        chosen = replace(chosen, ways=_named(by, tuple(WAYS), "--by"))
    if command is not None:
        words_of(command)
        chosen = replace(chosen, command=command)
    if "command" in chosen.ways and not chosen.command.strip():
        raise InputError("--by command needs a --command.")
    if chosen != before:
        chosen = remember_notifications(chosen, time.time())
    _show(chosen, json=json)
    return _try_out(chosen) if test else 0


def _named(line: str, known: tuple[_Name, ...], flag: str) -> tuple[_Name, ...]:
    """Return the names in a list with commas, in their usual order.

    Raises:
        InputError: One of them is none.
    """
    words = [word.strip() for word in line.split(",") if word.strip()]
    if unknown := [word for word in words if word not in known]:
        raise InputError(f"{flag} takes {', '.join(known)}; '{clean_line(unknown[0], 40)}' is none of them.")
    return tuple(name for name in known if name in words)


def _show(chosen: Notifications, *, json: bool) -> None:
    from core.notifications.command import words_of

    if json:
        say_json(
            {"when": chosen.events, "by": chosen.ways, "command": chosen.command, "asked": chosen.asked or None}
            | {"told": chosen.wanted}
        )
        return
    if not chosen.wanted:
        say("You are told nothing about runs; `reviewtui notify --when finished,failed --by bell` changes that.")
    facts(
        [
            ("when", ", ".join(chosen.events) or None),
            ("by", ", ".join(chosen.ways) or None),
            ("command", str(words_of(chosen.command)) if chosen.command.strip() else None),
        ]
    )


def _try_out(chosen: Notifications) -> int:
    """Tell an example in every way; the exit status."""
    import sys

    from core.notifications.command import RunningCommand
    from core.notifications.events import EXAMPLE
    from tui.terminal.notification import told

    if sys.stderr.isatty():
        sys.stderr.write(told(chosen.at_terminal, EXAMPLE["text"]))
        sys.stderr.flush()
    if "command" in chosen.ways and (wrong := RunningCommand(chosen.command, EXAMPLE).wait()):
        complain(wrong)
        return 1
    return 0
