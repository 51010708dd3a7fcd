"""`extend` and `branch`: more epochs for a run that has ended, and a new run from a checkpoint of another."""

from __future__ import annotations

from typing import Annotated

import typer

from core.base.errors import InputError
from tui.commands.launching import Queued, finish, launch
from tui.commands.options import Assignments, Bell, Hypothesis, Json, RunWord, Wait
from tui.commands.output import complain, say


def extend(
    run: RunWord,
    epochs: Annotated[str, typer.Option(metavar="N", help="Total number of epochs, or +N for N more.")],
    hypothesis: Hypothesis = "",
    queue: Queued = False,
    wait: Wait = False,
    bell: Bell = False,
    json: Json = False,
) -> int:
    """Train a run that has ended for more epochs. Its results so far are kept in its folder, under earlier/."""
    from core.runs.extension import plan_extension
    from core.runs.folder import find_run
    from core.runs.notes import add_hypothesis, hypothesis_line

    folder = find_run(run)
    expected = hypothesis_line(hypothesis)
    extension = plan_extension(folder, _epochs(epochs, folder.request().settings.epochs))
    if expected:
        add_hypothesis(folder.notes, expected, epochs=extension.request.settings.epochs)
    (complain if json else say)(extension.about_rate)
    detachment = launch(folder, queue=queue, extend=extension.request.settings.epochs)
    return finish(folder, detachment, wait=wait, json=json, bell=bell)


def _epochs(word: str, now: int) -> int:
    number = word.strip().removeprefix("+")
    if not number.isdecimal() or not 1 <= int(number) <= 1000:
        raise InputError(f"--epochs cannot be '{word}'; it is a whole number from 1 to 1000, or +N for N more.")
    return int(number) + (now if word.strip().startswith("+") else 0)


def branch(
    run: RunWord,
    assignments: Assignments = None,
    step: Annotated[int | None, typer.Option(help="Branch from this checkpoint, not from the newest.")] = None,
    name: Annotated[str | None, typer.Option(help="What to call the new run.")] = None,
    hypothesis: Hypothesis = "",
    queue: Queued = False,
    wait: Wait = False,
    bell: Bell = False,
    json: Json = False,
) -> int:
    """Start a new run from a checkpoint of another, with some settings changed."""
    from core.runs.branch import branch_run
    from core.runs.folder import find_run
    from core.settings.parsing import parse_assignment

    changes = dict(parse_assignment(assignment) for assignment in assignments or [])
    made = branch_run(find_run(run), changes, name=name or "", hypothesis=hypothesis, step=step)
    return finish(made, launch(made, queue=queue, resume=True), wait=wait, json=json, bell=bell)
