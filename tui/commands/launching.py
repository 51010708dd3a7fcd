"""Starts the worker of a run, or queues it, and then reports on the run or follows it to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from core.base.text import clean_line
from tui.commands.output import complain, say, say_json

if TYPE_CHECKING:
    from core.runs.folder import RunFolder
    from core.runs.logout import Detachment

Queued = Annotated[
    bool, typer.Option("--queue", help="Wait until no other run trains on this machine, then start by itself.")
]


def launch(run: RunFolder, *, queue: bool, resume: bool = False, extend: int | None = None) -> Detachment | None:
    """Start the worker of a run, or put the run into the queue.

    Args:
        run: A new run, or one that can be resumed.
        queue: Whether it waits until no other run trains.
        resume: Whether it continues from a checkpoint.
        extend: The new total number of epochs; None does not extend it.

    Returns:
        How the worker was detached; None if the run waits.
    """
    from core.runs.queue import begin, read_queue
    from core.runs.summary import summarize

    if not queue and (other := read_queue().training) is not None:
        complain(
            f"{clean_line(summarize(other).name)} trains on this machine too, so both take longer; with --queue, this "
            "run would have waited for it."
        )
    return begin(run, wait=queue, resume=resume, extend=extend)


def finish(run: RunFolder, detachment: Detachment | None, *, wait: bool, json: bool, bell: bool = False) -> int:
    """Say that the run was started or queued, or follow it to its end."""
    from tui.commands.follow import follow, report

    if not wait:
        _say_begun(run, detachment, json=json)
        return 0
    try:
        history = follow(run, bell=bell)
    except KeyboardInterrupt:
        complain(
            f"{run.id} continues; `reviewtui status {run.id}` shows its progress, `reviewtui stop {run.id}` ends it."
        )
        return 130
    return report(run, history, json=json)


def _say_begun(run: RunFolder, detachment: Detachment | None, *, json: bool) -> None:
    from core.runs.summary import summarize

    summary = summarize(run)
    if json:
        how = detachment
        facts = (
            {"detached_by": how.how, "survives_logout": how.survives, "survives_logout_why": how.why}
            if how is not None
            else {}
        )
        say_json({**summary.to_json(), **facts})
    elif detachment is None:
        say(f"Queued {summary.name} ({run.id}); it starts by itself once the runs before it have ended.")
        say("`reviewtui queue` shows what waits, and in which order.")
    else:
        say(f"Started {summary.name} ({run.id}); it continues without this terminal.")
        say(detachment)
        say(f"`reviewtui status {run.id}` shows its progress; `reviewtui` shows it live.")
