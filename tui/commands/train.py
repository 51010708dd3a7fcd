"""`train`, `resume` and `stop`: start a run, resume one, and ask one to end."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands import groups
from tui.commands.launching import Queued, finish, launch
from tui.commands.options import (
    Assignments,
    Bell,
    Data,
    Hypothesis,
    Json,
    Model,
    Preset,
    Reading,
    RunWord,
    SettingsFile,
    Validation,
    Wait,
    locate,
    reading_options,
    reads_reviews,
)
from tui.commands.output import complain, progress_on_stderr, say, say_json

if TYPE_CHECKING:
    from core.reviews.report import ReadingReport
    from core.runs.outline import Method
    from core.runs.request import Request
    from core.settings.schema import Settings

_NAMED = 3
"""Files of a part that are named."""


@reads_reviews()
def train(
    data: Data,
    reading: Reading,
    validation: Validation = None,
    model: Model = None,
    preset: Preset = "balanced",
    assignments: Assignments = None,
    settings: SettingsFile = None,
    name: Annotated[str | None, typer.Option(help="What to call the run.")] = None,
    hypothesis: Hypothesis = "",
    seeds: Annotated[
        str | None,
        typer.Option(metavar="N|LIST", help="One run per seed, as a group: how many, or a list such as 1,2,3."),
    ] = None,
    queue: Queued = False,
    wait: Wait = False,
    bell: Bell = False,
    json: Json = False,
) -> int:
    """Fine-tune a model on labelled reviews. The run is detached: it continues without this terminal.

    Every setting and its range is listed in docs/settings.md and in the workbench's Setup screen.
    """
    from core.runs.folder import create_run

    chosen = chosen_settings(preset, settings, model, assignments)
    request = make_request(data, validation, reading, preset, chosen, name, hypothesis=hypothesis)
    check(request)
    if seeds is not None:
        from core.experiments.seeds import parse_seeds

        spec = {"seeds": list(parse_seeds(seeds, chosen.seed))}
        return groups.start(request.name, "seeds", request, spec, wait=wait, json=json)
    run = create_run(request)
    return finish(run, launch(run, queue=queue), wait=wait, json=json, bell=bell)


def chosen_settings(preset: str, file: Path | None, model: str | None, assignments: list[str] | None) -> Settings:
    """Return the settings of a preset, changed by those of a file, by --model and by each --set, in this order."""
    from core.runs.trained_model import model_named
    from core.settings.parsing import parse_assignment, read_toml
    from core.settings.presets import preset as preset_settings

    changes: dict[str, Any] = read_toml(file) if file is not None else {}
    if model is not None:
        changes["model"] = model_named(model)
    for assignment in assignments or []:
        key, value = parse_assignment(assignment)
        changes[key] = value
    return preset_settings(preset).changed(changes)


def make_request(
    data: str,
    validation: str | None,
    reading: Reading,
    preset: str,
    settings: Settings,
    name: str | None = None,
    *,
    hypothesis: str = "",
    method: Method = "fine-tuning",
) -> Request:
    """Return the request for a run, or for the forecast of one.

    Raises:
        InputError: Another run is called `name`, or the hypothesis is too long.
    """
    from core.runs.names import suggested_name, unused_name
    from core.runs.start import plan_run

    about = preset if method == "fine-tuning" else method
    return plan_run(
        locate(data),
        reading_options(reading),
        preset,
        settings,
        validation=locate(validation) if validation is not None else None,
        name=name if name is not None else unused_name(suggested_name(data, about)),
        hypothesis=hypothesis,
        method=method,
    )


def check(request: Request) -> None:
    """Have the engine check that a run could start, and say what it would learn from.

    Raises:
        ReviewtuiError: The run could not start.
    """
    from core.engine.client import EngineClient
    from core.engine.data_requests import Inspect, Prepare
    from tui.commands.learned import learned_from

    engine = EngineClient()
    try:
        with progress_on_stderr() as progress:
            engine.call(Prepare(request=request), progress)
            found = engine.call(Inspect(source=request.data, reading=request.reading), progress)
    finally:
        engine.close()
    complain(f"Learning from {found.report.source}:")
    for line in learned_from(found.report, _validated_on(request, found.report)):
        complain(f"  {line}")


def _validated_on(request: Request, report: ReadingReport) -> str:
    """Return the reviews that a run is tested on, in words."""
    files = [request.validation] if request.validation is not None else report.parts.get("validation", [])
    if files:
        return f"tested on {', '.join(clean_line(file, 80) for file in files[:_NAMED])}{', …' * (len(files) > _NAMED)}"
    return f"{request.settings.validation_fraction:.0%} of them, by a hash of their text, are held out to test on"


def resume(
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="An id, a name, or latest.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Continue every interrupted run, one after the other.")] = False,
    queue: Queued = False,
    wait: Wait = False,
    bell: Bell = False,
    json: Json = False,
) -> int:
    """Continue a run that was stopped, failed or interrupted, from its last checkpoint."""
    from core.experiments.continuing import continue_group
    from core.runs.folder import find_run
    from core.runs.group import find_group
    from core.runs.resume import require_resumable

    if (run is not None) == every:
        raise InputError("Name one RUN, or give --all for every run that was interrupted.")
    if run is None:
        return _resume_all(wait=wait, json=json)
    if (group := find_group(run)) is not None:
        continue_group(group)
        return groups.finish(group, wait=wait, json=json)
    folder = find_run(run)
    require_resumable(folder)
    return finish(folder, launch(folder, queue=queue, resume=True), wait=wait, json=json, bell=bell)


def _resume_all(*, wait: bool, json: bool) -> int:
    """Queue every interrupted run, then follow each to its end if requested."""
    from core.runs.resume import queue_interrupted
    from core.runs.summary import summarize

    found = queue_interrupted()
    if not found and not json:
        say("No run was interrupted.")
    if wait:
        return max([finish(run, None, wait=True, json=json) for run in found], default=0)
    for place, run in enumerate(found):
        if json:
            say_json(summarize(run).to_json())
        else:
            say(f"{summarize(run).name} ({run.id}) {'waits for the one before it' if place else 'comes first'}.")
    if found and not json:
        say("They continue one after the other; `reviewtui queue` shows what waits.")
    return 0


def stop(
    run: RunWord,
    now: Annotated[bool, typer.Option("--now", help="Stop without evaluating and saving once more.")] = False,
    json: Json = False,
) -> int:
    """Ask a run to stop: it finishes its step, evaluates, saves a checkpoint and the model, and ends."""
    from core.experiments.continuing import stop_group
    from core.runs.control import send
    from core.runs.folder import find_run
    from core.runs.group import find_group
    from core.runs.queue import take_out
    from core.runs.status import OVER
    from core.runs.summary import summarize

    if (group := find_group(run)) is not None:
        stop_group(group)
        say_json({"group": group.id, "requested": "stop"}) if json else say(f"{group.id} was asked to stop.")
        return 0
    folder = find_run(run)
    state = summarize(folder).state
    if state == "queued":
        take_out(folder)
        if json:
            say_json({"run": folder.id, "requested": "remove"})
        else:
            say(f"{folder.id} was taken out of the queue.")
        return 0
    if state in OVER:
        raise InputError(f"{folder.id} is {state}; it has no worker to stop.")
    send(folder.control, "stop" if now else "stop_and_save")
    if json:
        say_json({"run": folder.id, "requested": "stop" if now else "stop_and_save"})
    else:
        say(f"{folder.id} was asked to stop{'' if now else ' and save'}; see `reviewtui status {folder.id}`.")
    return 0
