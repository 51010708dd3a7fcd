"""Going on with a run: asking for more epochs, or for what a branch shall do otherwise, and starting its worker."""

from __future__ import annotations

import asyncio
import shlex
from typing import TYPE_CHECKING

from textual.content import Content

from core.base.errors import InputError, ReviewtuiError
from core.runs.branch import branch_run, checkpoints_of
from core.runs.extension import Extension, plan_extension
from core.runs.folder import RunFolder
from core.runs.launch import launch_worker
from core.settings.parsing import parse_assignment
from tui.widgets.dialogs import Ask, Choose

if TYPE_CHECKING:
    from tui.workbench import Workbench


async def extend(app: Workbench, run: RunFolder) -> None:
    """Ask how many epochs the run shall have in all, say what becomes of its learning rate, and let it go on."""
    try:
        had = run.request().settings.epochs
        word = await app.push_screen_wait(
            Ask(f"Epochs in all (it was asked for {had})", str(2 * had), "What it learned and left so far is kept.")
        )
        if word is None:
            return
        extension = await asyncio.to_thread(_planned, run, word)
        epochs = extension.request.settings.epochs
        choices = [Content(f"Go on to {epochs} epochs, {extension.steps} steps in all"), Content("Leave it as it is")]
        if await app.push_screen_wait(Choose(f"Extend to {epochs} epochs?", choices, help=extension.about_rate)) != 0:
            return
        await asyncio.to_thread(lambda: launch_worker(run, extend=epochs))
    except ReviewtuiError as error:
        app.say(error, "error")
    else:
        app.say(f"It goes on to {epochs} epochs.")


def _planned(run: RunFolder, word: str) -> Extension:
    if not word.strip().isdecimal():
        raise InputError(f"The number of epochs is a whole number, not '{word}'.")
    return plan_extension(run, int(word))


async def branch(app: Workbench, run: RunFolder) -> RunFolder | None:
    """Ask what a new run from a checkpoint shall do otherwise, and start it; None if there is none."""
    try:
        there = await asyncio.to_thread(checkpoints_of, run)
        at = ", ".join(str(step) for step, _ in there) or "none"
        asked = await app.push_screen_wait(
            Ask(
                "Settings of the branch that differ",
                "",
                "Like learning_rate=1e-5 epochs=8. It begins with the newest checkpoint, or the one of step=N. "
                f"There are those of steps {at}.",
            )
        )
        if asked is None:
            return None
        changes = dict(parse_assignment(word) for word in _words(asked))
        step = changes.pop("step", None)
        if step is not None and not step.strip().isdecimal():
            raise InputError(f"step cannot be '{step}'; it is a checkpoint's number.")
        number = int(step) if step is not None else None
        made = await asyncio.to_thread(lambda: branch_run(run, changes, step=number))
        await asyncio.to_thread(lambda: launch_worker(made, resume=True))
    except ReviewtuiError as error:
        app.say(error, "error")
        return None
    return made


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise InputError(f"That cannot be read ({error}).") from error
