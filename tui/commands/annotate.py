"""`rename`, `note` and `tag`: what the user says about a run."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.options import Json, RunWord
from tui.commands.output import say, say_json


def rename(run: RunWord, name: Annotated[str, typer.Argument(metavar="NAME", help="One that no run has.")]) -> int:
    """Give a run another name."""
    from core.runs.folder import find_run
    from core.runs.names import rename_run

    folder = find_run(run)
    before = rename_run(folder, name)
    say(f"{clean_line(before)} ({folder.id}) is now called {clean_line(name)}.")
    return 0


def note(
    run: RunWord,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="What to note; without it, all notes.")] = None,
    json: Json = False,
) -> int:
    """Note something about a run, with the date, or list its notes."""
    from core.runs.folder import find_run
    from core.runs.notes import add_note, read_annotations

    folder = find_run(run)
    if text is not None:
        add_note(folder.notes, text)
    notes = read_annotations(folder.notes).notes
    if json:
        say_json({"run": folder.id, "notes": [{"time": one.time, "text": one.text} for one in notes]})
        return 0
    for one in notes if text is None else notes[-1:]:
        say(f"{time.strftime('%Y-%m-%d %H:%M', time.localtime(one.time))}  {clean_line(one.text)}")
    if not notes:
        say(f'{folder.id} has no notes; `reviewtui note {folder.id} "TEXT"` adds one.')
    return 0


def tag(
    run: RunWord,
    words: Annotated[list[str] | None, typer.Argument(metavar="[+TAG -TAG]…", help="Tags to add and remove.")] = None,
    json: Json = False,
) -> int:
    """Add tags to a run with +TAG and remove them with -TAG, or list them. Nothing is pruned of runs tagged `keep`."""
    from core.runs.folder import find_run
    from core.runs.notes import change_tags, parse_tags, read_annotations

    folder = find_run(run)
    add, remove = parse_tags(words or [])
    change_tags(folder.notes, add, remove)
    tags = read_annotations(folder.notes).tags
    if missing := set(remove) & set(tags):
        raise InputError(f"{folder.id} still has {', '.join(sorted(missing))}.")
    if json:
        say_json({"run": folder.id, "tags": list(tags)})
    else:
        say(" ".join(tags) if tags else f"{folder.id} has no tags; `reviewtui tag {folder.id} +good` adds one.")
    return 0
