"""`distil`: a smaller and faster model that learns from the model of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import InputError
from tui.commands import groups
from tui.commands.options import Assignments, Hypothesis, Json, RunWord, Wait, locate
from tui.commands.output import complain, progress_on_stderr
from tui.formatting import counted, in_time

if TYPE_CHECKING:
    from core.runs.request import Request


def distil(
    run: RunWord,
    layers: Annotated[
        int | None, typer.Option(metavar="K", help="Layers of the student; half of its teacher's.")
    ] = None,
    unlabelled: Annotated[
        str | None, typer.Option(metavar="FILE", help="Reviews without labels to learn from, too.")
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Compare both on these labelled reviews; nothing learns from them."),
    ] = None,
    assignments: Assignments = None,
    margin: Annotated[
        float, typer.Option(metavar="POINTS", help="By how much the student may be less accurate, in points.")
    ] = 1.0,
    name: Annotated[str | None, typer.Option(help="What to call the distillation.")] = None,
    hypothesis: Hypothesis = "",
    wait: Wait = False,
    json: Json = False,
) -> int:
    """Train a student with fewer layers to answer like the model of a run, on the same reviews; say what is lost.

    Two students are trained, which begin with different layers of their teacher; the better one on the validation
    reviews is kept. Besides settings, --set takes temperature, variants, label_weight, soft_weight and hidden_weight.
    """
    from core.distillation.asking import plan_distillation
    from core.distillation.layers import beginnings, layers_of
    from core.runs.folder import find_run
    from core.settings.parsing import parse_assignment

    if not 0 <= margin < 100:
        raise InputError("--margin is a number of points from 0 to below 100.")
    teacher = find_run(run)
    request, kept = plan_distillation(
        teacher,
        layers=layers,
        unlabelled=locate(unlabelled) if unlabelled is not None else "",
        test=locate(test) if test is not None else "",
        changes=dict(parse_assignment(one) for one in assignments or []),
        name=name or "",
        hypothesis=hypothesis,
    )
    students = len(beginnings(layers_of(teacher.model), kept))
    complain(_forecast(request, kept, students))
    spec: dict[str, Any] = {"layers": kept, "margin": margin / 100}
    return groups.start(request.name, "distillation", request, spec, wait=wait, json=json)


def _forecast(request: Request, layers: int, students: int) -> str:
    """Have the engine check that the students could start; return what they will probably take.

    Raises:
        ReviewtuiError: They could not start.
    """
    from core.engine.client import EngineClient
    from core.engine.data_requests import ForecastStudents

    engine = EngineClient()
    try:
        with progress_on_stderr() as progress:
            found = engine.call(ForecastStudents(request=request, layers=layers), progress)
    finally:
        engine.close()
    each = found.student
    sure = "an estimate" if each.measured else "a guess: nothing like it was measured here yet"
    who = f"{counted(students, 'student')} with {counted(layers, 'layer')}"
    whole = in_time(students * each.seconds + found.teacher_seconds)
    return (
        f"{who}, one after the other: about {whole} ({sure}), of which the teacher takes "
        f"{in_time(found.teacher_seconds)} to answer all reviews once."
    )
