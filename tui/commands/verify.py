"""`verify-resume`: a check, on your own machine and data, that a resumed run equals an uninterrupted one."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.commands.options import Assignments, Data, Json, Model, Preset, Reading
from tui.commands.output import progress_on_stderr, say, say_json, table
from tui.commands.train import check, chosen_settings, make_request

_STEPS = 20


def verify_resume(
    data: Data,
    model: Model = None,
    preset: Preset = "balanced",
    assignments: Assignments = None,
    kills: Annotated[int, typer.Option(min=1, max=100, help="How often the worker is killed.")] = 3,
    seed: Annotated[int | None, typer.Option(help="Kill at the same steps as another time.")] = None,
    json: Json = False,
) -> int:
    """Train twice, kill and resume the second run, and compare both bit by bit. Nothing is kept.

    A run is 20 steps long, with a checkpoint after each, unless --set says otherwise.
    """
    import random

    from core.runs.verification import verify_resume as verify

    short = [f"max_steps={_STEPS}", "checkpoint_seconds=0"]
    settings = chosen_settings(preset, None, model, [*short, *(assignments or [])])
    request = make_request(data, None, Reading({}), preset, settings)
    check(request)
    with progress_on_stderr() as progress:
        found = verify(request, kills, progress, random.Random(seed))
    if json:
        say_json(
            {
                "equal": found.equal,
                "steps": found.steps,
                "kills": list(found.kills),
                "undisturbed": found.control,
                "resumed": found.resumed,
            }
        )
        return 0 if found.equal else 1
    at = ", ".join(map(str, found.kills)) or "none: the run was over before"
    say(f"{found.steps} steps; killed (SIGKILL) after steps {at}, and resumed each time.")
    rows: list[list[object]] = [
        [name, hashed[:32] or "-", found.resumed[name][:32] or "-", "equal" if hashed == found.resumed[name] else "NOT"]
        for name, hashed in found.control.items()
    ]
    table(["sha256 of", "undisturbed", "killed and resumed", ""], rows)
    say(
        "Equal to the bit." if found.equal else "NOT equal: a resumed run on this machine differs from an unbroken one."
    )
    return 0 if found.equal else 1
