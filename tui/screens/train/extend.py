"""Extends a run that has ended, in its own folder or as a copy."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual.content import Content

from core.base.errors import InputError, ReviewtuiError
from core.runs.branch import branch_run, checkpoints_of
from core.runs.extension import Extension, plan_extension
from core.runs.folder import RunFolder
from core.runs.notes import add_hypothesis
from core.runs.queue import begin
from tui.screens.train.expecting import HINT, split_expected
from tui.widgets.attempt import AttemptDialog
from tui.widgets.dialogs import Choose
from tui.widgets.turn import ask_turn

if TYPE_CHECKING:
    from tui.workbench import Workbench


async def extend(app: Workbench, run: RunFolder) -> RunFolder | None:
    """Ask for the total number of epochs and where to train them; return the run that trains on, None for none."""
    try:
        request = await asyncio.to_thread(run.request)
        had = request.settings.epochs
        dialog = AttemptDialog(
            f"Total epochs (was {had})",
            str(2 * had),
            explain=lambda text: _explained(_planned(run, text)[0]),
            attempt=lambda text: _planned(run, text),
        )
        planned = await app.push_screen_wait(dialog)
        if planned is None:
            return None
        extension, expected = planned
        epochs = extension.request.settings.epochs
        results = f"earlier/epochs-{extension.from_epochs:.4g}"
        choices = [
            Content(f"Extend this run; its results so far move to {results}"),
            Content("Extend a copy; this run stays as it is"),
            Content("Cancel"),
        ]
        chosen = await app.push_screen_wait(Choose(f"Extend to {epochs} epochs?", choices, help=extension.about_rate))
        if chosen not in (0, 1) or (wait := await ask_turn(app)) is None:
            return None
        if chosen == 0:
            if expected:
                await asyncio.to_thread(lambda: add_hypothesis(run.notes, expected, epochs=epochs))
            await asyncio.to_thread(lambda: begin(run, wait=wait, extend=epochs))
            return run
        return await asyncio.to_thread(lambda: _extend_copy(run, extension, expected, wait=wait))
    except ReviewtuiError as error:
        app.say(error, "error")
    return None


def _planned(run: RunFolder, text: str) -> tuple[Extension, str]:
    """Return the extension that was asked for, and what is expected of it."""
    text, expected = split_expected(text)
    if not text.strip().isdecimal():
        raise InputError("The number of epochs is a whole number.")
    return plan_extension(run, int(text)), expected


def _explained(extension: Extension) -> Content:
    epochs = extension.request.settings.epochs
    more = extension.steps - extension.from_steps
    return Content(
        f"{epochs} epochs are {extension.steps} steps, {more} more than now. {extension.about_rate}\n\n"
        f"The figures of both ends are shown side by side. The model with {extension.from_epochs:.3g} epochs is kept: "
        f"in the run's folder, under earlier/, or as it is if you extend a copy.\n\n{HINT}"
    )


def _extend_copy(run: RunFolder, extension: Extension, expected: str, *, wait: bool) -> RunFolder:
    """Start a branch that trains on to the extension's end. It begins where the extended run would go on."""
    epochs = extension.request.settings.epochs
    steps = [step for step, _ in checkpoints_of(run) if step <= extension.resumes_from]
    name = f"{extension.request.name}-{epochs}-epochs"
    changes = {"epochs": epochs, "max_steps": None}
    copy = branch_run(run, changes, name=name, hypothesis=expected, step=max(steps) if steps else None)
    begin(copy, wait=wait, resume=True)
    return copy
