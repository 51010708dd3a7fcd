"""Asks whether a run waits for another one that trains now."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.app import App
from textual.content import Content

from core.base.text import clean_line
from core.runs.queue import Queue, read_queue
from core.runs.summary import summarize
from tui.formatting import counted
from tui.widgets.dialogs import Choose


async def ask_turn(app: App[Any]) -> bool | None:
    """Return whether a run that is about to start waits in the queue; None if it is not to start after all.

    Nothing is asked while no run trains and none waits: it then starts immediately.

    Raises:
        ReviewtuiError: The runs cannot be read.
    """
    queue, name = await asyncio.to_thread(_at_work)
    if queue.training is None and not queue.waiting:
        return False
    waiting = counted(len(queue.waiting), "run")
    before = counted(len(queue.waiting) + (queue.training is not None), "run")
    choices = [
        Content(f"Wait in the queue: it starts by itself after {before}"),
        Content("Start now: both share the machine, and take longer" if name else "Start now, before those that wait"),
        Content("Cancel"),
    ]
    title = f"{name} trains now" if name else f"{waiting} {'waits' if len(queue.waiting) == 1 else 'wait'} in the queue"
    chosen = await app.push_screen_wait(Choose(title, choices))
    return {0: True, 1: False}.get(2 if chosen is None else chosen)


def _at_work() -> tuple[Queue, str]:
    """Return the queue, and the name of the run that trains; empty if none does."""
    queue = read_queue()
    return queue, clean_line(summarize(queue.training).name, 40) if queue.training is not None else ""
