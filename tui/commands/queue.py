"""`queue`: the runs that wait for one another, their order, and how the queue continues after it has stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.options import Json
from tui.commands.output import complain, say, say_json, table
from tui.formatting import counted

if TYPE_CHECKING:
    from core.runs.folder import RunFolder
    from core.runs.queue import Queue

_LAST = 1 << 30
"""A place after every run."""


def queue(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A waiting run to move or to take out.")] = None,
    first: Annotated[bool, typer.Option("--first", help="RUN starts next.")] = False,
    last: Annotated[bool, typer.Option("--last", help="RUN starts after all others.")] = False,
    place: Annotated[int | None, typer.Option(metavar="N", help="RUN becomes the N-th of those that wait.")] = None,
    remove: Annotated[bool, typer.Option("--remove", help="Take RUN out of the queue.")] = False,
    start: Annotated[bool, typer.Option("--start", help="Continue a queue that has stopped.")] = False,
    json: Json = False,
) -> int:
    """Show the runs that wait, in the order in which they start, or change it. One run trains at a time."""
    from core.experiments.continuing import continue_all
    from core.runs.folder import find_run
    from core.runs.queue import read_queue, reorder, take_out

    asked = [first, last, place is not None, remove]
    if sum(asked) > 1 or (run is None) == any(asked):
        raise InputError("Name one RUN together with one of --first, --last, --place N and --remove, or neither.")
    if place is not None and place < 1:
        raise InputError("--place counts from 1.")
    if run is not None:
        folder = find_run(run)
        if remove:
            take_out(folder)
        else:
            reorder(folder, 0 if first else _LAST if place is None else place - 1)
    if start:
        continue_all()
    _show(read_queue(), json=json)
    return 0


def remind_of_queue() -> None:
    """Say on standard error that runs wait although none trains. Cheap if nothing waits."""
    from core.runs.folder import runs_home
    from core.runs.group import groups_home

    waiting = next(runs_home().glob("*/queue.json"), None) is not None
    unfinished = any(not (group / "result.json").exists() for group in groups_home().glob("*-*"))
    if not waiting and not unfinished:
        return
    from core.experiments.continuing import stalled_groups
    from core.runs.queue import read_queue

    found = read_queue()
    if found.training is not None:
        return
    stalled = [f"the {one.outline.kind} “{clean_line(one.outline.name, 40)}”" for one in stalled_groups()]
    runs = [counted(len(found.waiting), "run")] if found.waiting else []
    if runs or stalled:
        wait = "waits" if len(found.waiting) + len(stalled) == 1 else "wait"
        what = ", ".join([*runs, *stalled])
        complain(f"The queue has stopped: {what} {wait} and none trains. `reviewtui queue --start` continues.")


def _show(queue: Queue, *, json: bool) -> None:
    if json:
        say_json(
            {
                "training": queue.training.id if queue.training is not None else None,
                "waiting": [one.run.id for one in queue.waiting],
                "stopped": queue.has_stopped,
            }
        )
        return
    if not queue.waiting:
        say("No run waits.")
        return
    rows: list[list[object]] = [
        [place, one.run.id, _name(one.run), f"extend to {one.entry.extend} epochs" if one.entry.extend else ""]
        for place, one in enumerate(queue.waiting, start=1)
    ]
    if queue.training is not None:
        say(f"{_name(queue.training)} ({queue.training.id}) trains now. Then:")
    table(["", "run", "name", ""], rows)


def _name(run: RunFolder) -> str:
    from core.runs.outline import read_outline

    outline = read_outline(run.settings)
    return clean_line(outline.name) if outline is not None else run.id
