"""`versus`: models trained on the same rows with the same seeds, and compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands import groups
from tui.commands.options import (
    Assignments,
    Data,
    Hypothesis,
    Json,
    Preset,
    Reading,
    SettingsFile,
    Validation,
    Wait,
    reads_reviews,
)
from tui.commands.output import complain, progress_on_stderr
from tui.commands.train import chosen_settings, make_request
from tui.formatting import counted, in_time

if TYPE_CHECKING:
    from core.runs.request import Request


@reads_reviews()
def versus(
    data: Data,
    reading: Reading,
    models: Annotated[
        list[str], typer.Option("--model", help="A Hugging Face id, a folder, or starter; at least two of them.")
    ],
    seeds: Annotated[str, typer.Option(metavar="N|LIST", help="How many seeds, or a list such as 1,2,3.")] = "3",
    minutes: Annotated[
        float | None, typer.Option(metavar="M", help="Train each run about this long, not for as many epochs.")
    ] = None,
    validation: Validation = None,
    preset: Preset = "balanced",
    assignments: Assignments = None,
    settings: SettingsFile = None,
    name: Annotated[str | None, typer.Option(help="What to call the comparison.")] = None,
    hypothesis: Hypothesis = "",
    wait: Wait = False,
    json: Json = False,
) -> int:
    """Train models on the same reviews, with the same seeds and budget; say which is better, and at what price."""
    from core.experiments.seeds import parse_seeds
    from core.runs.names import suggested_name, unused_name

    if len(set(models)) != len(models) or len(models) < 2:
        raise InputError("versus takes at least two different models: --model A --model B.")
    chosen = chosen_settings(preset, settings, None, assignments)
    called = name if name is not None else unused_name(f"{suggested_name(data, preset)}-versus")
    requests = [
        make_request(data, validation, reading, preset, chosen.changed({"model": model}), called, hypothesis=hypothesis)
        for model in models
    ]
    epochs = _prepare(requests, minutes)
    numbers = parse_seeds(seeds, chosen.seed) if seeds.strip() != "1" else (chosen.seed,)
    spec: dict[str, Any] = {
        "models": [request.located().settings.model for request in requests],
        "seeds": list(numbers),
        "epochs": epochs,
        "minutes": minutes or 0.0,
    }
    runs = counted(len(models) * len(numbers), "run")
    complain(f"{runs}: {len(models)} models with {counted(len(numbers), 'seed')} each.")
    return groups.start(called, "versus", requests[0], spec, wait=wait, json=json)


def _prepare(requests: list[Request], minutes: float | None) -> list[int]:
    """Have the engine check each model; return how many epochs each trains in the given time, nothing without one.

    Raises:
        ReviewtuiError: A model cannot be loaded, or the time is too short for one epoch.
    """
    from core.engine.client import EngineClient
    from core.engine.data_requests import MakeForecast, Prepare

    epochs: list[int] = []
    engine = EngineClient()
    try:
        with progress_on_stderr() as progress:
            for request in requests:
                engine.call(Prepare(request=request), progress)
            for request in requests if minutes is not None else ():
                assert minutes is not None
                predicted = engine.call(MakeForecast(request=request), progress).forecast
                model = clean_line(request.settings.model, 60)
                if (count := int(60 * minutes / predicted.seconds_per_epoch)) < 1:
                    raise InputError(
                        f"An epoch of {model} takes about {in_time(predicted.seconds_per_epoch)} here (an estimate), "
                        f"more than {minutes:g} minutes."
                    )
                complain(f"{model}: {counted(min(count, 1000), 'epoch')} in about {minutes:g} minutes (an estimate).")
                epochs.append(min(count, 1000))
    finally:
        engine.close()
    return epochs
