"""`rename`, `note` and `tag`: what the user says about a run."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.options import Json, RunOrGroup, RunWord
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
    run: RunOrGroup,
    text: Annotated[str | None, typer.Argument(metavar="[TEXT]", help="What to note; without it, all notes.")] = None,
    hypothesis: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What you expect from now on; what you said before stays.")
    ] = None,
    json: Json = False,
) -> int:
    """Note something about a run or a group, with the date, or list its notes."""
    from core.runs.notes import add_hypothesis, add_note, read_annotations

    id, file = _notes_of(run)
    if hypothesis is not None:
        add_hypothesis(file, hypothesis)
    if text is not None:
        add_note(file, text)
    said = read_annotations(file)
    if json:
        say_json(
            {
                "run": id,
                "notes": [{"time": one.time, "text": one.text} for one in said.notes],
                "hypotheses": [{"time": one.time, "text": one.text, "epochs": one.epochs} for one in said.hypotheses],
            }
        )
        return 0
    if hypothesis is not None:
        words = clean_line(said.hypotheses[-1].text)
        say(f"{_day(said.hypotheses[-1].time)}  {f'expected: {words}' if words else 'nothing is expected any more'}")
    elif text is None:
        for expected in said.hypotheses:
            say(f"{_day(expected.time)}  expected: {clean_line(expected.text) or 'nothing any more'}")
    for one in said.notes if text is None and hypothesis is None else said.notes[-1:] if text is not None else ():
        say(f"{_day(one.time)}  {clean_line(one.text)}")
    if not said.notes and not said.hypotheses:
        say(f'{id} has no notes; `reviewtui note {id} "TEXT"` adds one.')
    return 0


def _day(moment: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))


def _notes_of(word: str) -> tuple[str, Path]:
    """Return the id of the run or group that was named, and the file of what is said about it."""
    from core.runs.folder import find_run
    from core.runs.group import find_group

    if (group := find_group(word)) is not None:
        return group.id, group.notes
    run = find_run(word)
    return run.id, run.notes


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
