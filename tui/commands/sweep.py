"""`sweep`: runs whose settings vary over a space, one after the other, and what they show."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import InputError
from tui.commands import groups
from tui.commands.engine import engine
from tui.commands.options import (
    Assignments,
    Data,
    Hypothesis,
    Json,
    Model,
    Preset,
    Reading,
    SettingsFile,
    Validation,
    Wait,
    locate,
    reads_reviews,
)
from tui.commands.output import complain
from tui.commands.train import check, chosen_settings, make_request
from tui.formatting import counted

if TYPE_CHECKING:
    from core.runs.request import Request


@reads_reviews()
def sweep(
    data: Data,
    reading: Reading,
    space: Annotated[
        list[str],
        typer.Option(
            "--space",
            metavar="NAME=RANGE",
            help="LOW..HIGH, LOW..HIGH:log, LOW..HIGH:STEP or A,B,C; repeatable.",
        ),
    ],
    runs: Annotated[int | None, typer.Option(metavar="N", help="How many trials; 12 unless M is given.")] = None,
    minutes: Annotated[float | None, typer.Option(metavar="M", help="Plan no trial that would end later.")] = None,
    strategy: Annotated[str, typer.Option(help="search, grid or halving.")] = "search",
    metric: Annotated[str, typer.Option(help="macro_f1, accuracy, loss or accuracy-and-seconds.")] = "macro_f1",
    test: Annotated[str | None, typer.Option(metavar="FILE", help="Measure the winner on these reviews.")] = None,
    validation: Validation = None,
    model: Model = None,
    preset: Preset = "balanced",
    assignments: Assignments = None,
    settings: SettingsFile = None,
    name: Annotated[str | None, typer.Option(help="What to call the sweep.")] = None,
    hypothesis: Hypothesis = "",
    wait: Wait = False,
    json: Json = False,
) -> int:
    """Train with many settings, one run after the other, and find out which are best and what each setting changes."""
    from core.experiments.space import parse_space
    from core.experiments.sweep_spec import SweepSpec, check_sweep, usual_runs
    from core.runs.names import suggested_name, unused_name

    chosen = chosen_settings(preset, settings, model, assignments)
    parsed = parse_space(space, chosen)
    spec: dict[str, Any] = {
        "space": {one: str(dimension) for one, dimension in parsed.items()},
        "strategy": strategy,
        "metric": metric,
        "runs": runs if runs is not None else usual_runs(strategy, minutes or 0.0),
        "minutes": minutes or 0.0,
        "test": locate(test) if test is not None else "",
    }
    planned = check_sweep(SweepSpec(**spec), chosen)
    called = name if name is not None else unused_name(f"{suggested_name(data, preset)}-sweep")
    request = make_request(data, validation, reading, preset, chosen, called, hypothesis=hypothesis)
    check(request)
    if spec["test"]:
        _check_test(request, spec["test"])
    complain(f"The sweep makes up to {counted(planned, 'trial')}, one after the other.")
    return groups.start(called, "sweep", request, spec, wait=wait, json=json)


def _check_test(request: Request, test: str) -> None:
    """Check that the winner can be tested on reviews: they are read like the others, or else as they look.

    Raises:
        ReviewtuiError: They cannot be read, or none has a label of the reviews that are learned from.
    """
    from core.engine.data_requests import Inspect
    from core.experiments.sweep_spec import require_testable

    with engine() as ask:
        known = ask(Inspect(source=request.data, reading=request.reading)).report.class_counts
        try:
            found = ask(Inspect(source=test, reading=request.reading)).report.class_counts
        except InputError:
            found = ask(Inspect(source=test)).report.class_counts
    require_testable(test, known, found)
