"""`baseline`: what logistic regression on a frozen encoder makes of the same reviews, in seconds."""

from __future__ import annotations

from typing import Annotated

import typer

from tui.commands.launching import Queued, finish, launch
from tui.commands.options import Assignments, Data, Hypothesis, Json, Model, Reading, Validation, Wait, reads_reviews
from tui.commands.train import check, chosen_settings, make_request


@reads_reviews()
def baseline(
    data: Data,
    reading: Reading,
    validation: Validation = None,
    model: Model = None,
    assignments: Assignments = None,
    name: Annotated[str | None, typer.Option(help="What to call the run.")] = None,
    hypothesis: Hypothesis = "",
    queue: Queued = False,
    wait: Wait = False,
    json: Json = False,
) -> int:
    """Fit logistic regression to the output of a frozen model: in seconds, the line that fine-tuning has to beat.

    It is a run like any other, with a model that classifies. Runs on the same reviews are compared with it.
    """
    from core.runs.folder import create_run
    from core.settings.baseline import require_of_baseline
    from core.settings.parsing import parse_assignment

    require_of_baseline(parse_assignment(one)[0] for one in assignments or [])
    settings = chosen_settings("balanced", None, model, assignments)
    request = make_request(
        data, validation, reading, "balanced", settings, name, hypothesis=hypothesis, method="baseline"
    )
    check(request)
    run = create_run(request)
    return finish(run, launch(run, queue=queue), wait=wait, json=json)
