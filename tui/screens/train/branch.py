"""Starts a branch: a new run from a checkpoint of another, with some settings changed."""

from __future__ import annotations

import asyncio
import shlex
import shutil
from typing import TYPE_CHECKING, Any

from textual.content import Content

from core.base.errors import InputError, ReviewtuiError
from core.base.text import clean_line
from core.runs.branch import branch_run, checkpoints_of
from core.runs.folder import RunFolder
from core.runs.queue import begin
from core.settings.declarations import Declaration
from core.settings.parsing import parse_assignment
from core.settings.schema import Settings, describe
from tui.formatting import setting_text
from tui.screens.train.expecting import HINT, split_expected
from tui.widgets.attempt import AttemptDialog
from tui.widgets.turn import ask_turn

if TYPE_CHECKING:
    from tui.workbench import Workbench

_MAX_LISTED = 8
"""Settings that are listed at a time."""
_FIRST = ("learning_rate", "epochs", "batch_size", "max_length", "schedule", "optimizer", "freeze_layers", "seed")
"""Settings that are listed while nothing is typed."""


async def branch(app: Workbench, run: RunFolder) -> RunFolder | None:
    """Ask for the settings that change and start the branch; return it, None if there is none."""
    try:
        request, steps = await asyncio.to_thread(lambda: (run.request(), [step for step, _ in checkpoints_of(run)]))
    except ReviewtuiError as error:
        app.say(error, "error")
        return None
    dialog = AttemptDialog(
        f"Branch of {request.name}: settings to change",
        "",
        explain=lambda text: explained(text, request.settings, steps),
        attempt=lambda text: _made(run, text),
        complete=completed,
    )
    made = await app.push_screen_wait(dialog)
    if made is None:
        return None
    try:
        if (wait := await ask_turn(app)) is None:
            await asyncio.to_thread(shutil.rmtree, made.path)
            return None
        await asyncio.to_thread(lambda: begin(made, wait=wait, resume=True))
    except (OSError, ReviewtuiError) as error:
        app.say(error, "error")
    return made


def explained(text: str, settings: Settings, steps: list[int]) -> Content:
    """Return what is known about the line `text`: where the branch begins, and the values that its words are about."""
    text, _ = split_expected(text)
    where = f"step {steps[0]}" if steps else "none"
    others = f"; for another add step={' or '.join(map(str, steps[1:]))}" if steps[1:] else ""
    lines = [Content(f"Like learning_rate=1e-5 epochs=8. Checkpoint available: {where}{others}.\n{HINT}\n")]
    typed = dict(word.partition("=")[::2] for word in text.split())
    for one in _about(text):
        now, new = setting_text(getattr(settings, one.name)), typed.get(one.name, "")
        change = Content.styled(f" → {clean_line(new, 20)}", "bold $text-accent") if new else Content("")
        name = Content.styled(f"  {one.name:<26}", "$text-primary")
        note = Content.styled(f"  {one.range or ' '.join(one.choices)}"[:34], "$foreground-muted")
        lines.append(name + Content(clean_line(now, 24)) + change + note)
    return Content("\n").join(lines)


def completed(text: str) -> str:
    """Complete the name at the end of `text` to the first setting that begins like it."""
    if "#" in text:
        return text
    before, space, word = text.rpartition(" ")
    found = [one.name for one in _changeable() if word and one.name.startswith(word)]
    return f"{before}{space}{found[0]}=" if found and "=" not in word else text


def _changeable() -> list[Declaration]:
    """Return the settings that a branch can change: those that do not determine which weights exist."""
    return [one for one in describe() if one.decides != "model"]


def _about(text: str) -> list[Declaration]:
    """Return the settings to list: those that are typed, and those whose names hold the word being typed."""
    names = [word.partition("=")[0] for word in text.split()]
    if not names:
        return sorted((one for one in _changeable() if one.name in _FIRST), key=lambda one: _FIRST.index(one.name))
    last = "" if text.endswith(" ") else names[-1]
    found = [one for one in _changeable() if one.name in names or (last and last in one.name)]
    return found[:_MAX_LISTED]


def _made(run: RunFolder, text: str) -> RunFolder:
    text, hypothesis = split_expected(text)
    changes: dict[str, Any] = dict(parse_assignment(word) for word in _words(text))
    step = changes.pop("step", None)
    if step is not None and not step.strip().isdecimal():
        raise InputError(f"step cannot be '{clean_line(step, 20)}'; it is the number of a checkpoint.")
    return branch_run(run, changes, hypothesis=hypothesis, step=int(step) if step is not None else None)


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError as error:
        raise InputError(f"That cannot be read ({error}).") from error
