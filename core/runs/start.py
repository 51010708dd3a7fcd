"""The one way to start a run, for the screens and for the command line.

`plan_run` says what the run does and gives it a name of its own. The caller then has the engine check it (`prepare`),
in whatever way it waits for the engine, and `start_run` makes the folder and starts the worker. The worker writes the
forecast into the folder, from what it measures on the way to its first step (`core/worker/memory_plan.py`).
"""

from __future__ import annotations

from core.reviews.options import ReadingOptions
from core.reviews.sources import absolute_source
from core.runs.folder import RunFolder, create_run
from core.runs.logout import Detachment
from core.runs.names import require_unused, suggested_name, unused_name
from core.runs.notes import hypothesis_line
from core.runs.outline import Method
from core.runs.queue import begin
from core.runs.request import Request
from core.settings.baseline import baseline_settings
from core.settings.schema import Settings


def plan_run(
    source: str,
    reading: ReadingOptions,
    preset: str,
    settings: Settings,
    *,
    validation: str | None = None,
    name: str = "",
    hypothesis: str = "",
    method: Method = "fine-tuning",
) -> Request:
    """Return the request for a new run.

    Args:
        source: The reviews to learn from: a path or a Hugging Face dataset id.
        reading: How to read them.
        preset: The preset that `settings` began with; it is recorded and part of the suggested name.
        settings: The settings of the run.
        validation: Reviews to measure on; None holds some of `source` out.
        name: The name the user gave the run; empty takes one that is free.
        hypothesis: What the user expects of it; empty if nothing was said.
        method: How the model is trained. A baseline keeps only the settings that it has.

    Raises:
        InputError: Another run is called `name`, or the hypothesis is too long.
    """
    if method == "baseline":
        preset, settings = "balanced", baseline_settings(settings)
    about = preset if method == "fine-tuning" else method
    return Request(
        name=require_unused(name) if name.strip() else unused_name(suggested_name(source, about)),
        data=absolute_source(source),
        validation=absolute_source(validation) if validation is not None else None,
        reading=reading,
        preset=preset,
        settings=settings,
        method=method,
        hypothesis=hypothesis_line(hypothesis),
    )


def start_run(request: Request, *, wait: bool = False) -> tuple[RunFolder, Detachment | None]:
    """Create the folder of a run and start its worker, or queue it. Blocks until the worker holds the run's lock.

    Args:
        request: What the run does.
        wait: Whether it waits until no other run trains.

    Returns:
        The run's folder, and what a logout does to its worker; None if it waits in the queue.

    Raises:
        ReviewtuiError: The home cannot be written to, or the worker could not start.
    """
    run = create_run(request)
    return run, begin(run, wait=wait)
