"""`learn`: trains the next model on a run's data and on what was decided about a pile, and says what it has gained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.base.errors import InputError
from core.base.text import clean_line
from tui.commands.engine import ask, engine
from tui.commands.launching import finish
from tui.commands.options import Assignments, Hypothesis, Json, Reading, Wait, locate, reading_options, reads_reviews
from tui.commands.output import complain, facts, say, say_json, table
from tui.learning_text import flips_text, lesson_rows, measured_rows, stability_rows

if TYPE_CHECKING:
    from core.learning.lesson import Lesson
    from core.learning.outcome_report import LessonOutcome
    from core.reviews.options import ReadingOptions
    from core.runs.folder import RunFolder
    from core.runs.logout import Detachment

_LISTED = 10
"""Conflicts that are listed without --json."""

Pile = Annotated[str, typer.Argument(metavar="FILE", help="The pile of reviews that was decided.")]
Parent = Annotated[
    str | None,
    typer.Option("--run", metavar="RUN", help="Whose data and settings; the run whose model the pile used last."),
]
Status = Annotated[
    bool,
    typer.Option("--status", help="Train nothing; say what the latest model (or --run) has learned so far."),
]


@reads_reviews("label", "scheme", "label_names")
def learn(
    source: Pile,
    reading: Reading,
    run: Parent = None,
    status: Status = False,
    assignments: Assignments = None,
    name: Annotated[str | None, typer.Option(help="What to call the new run.")] = None,
    hypothesis: Hypothesis = "",
    wait: Wait = False,
    json: Json = False,
) -> int:
    """Train the next model in the background on a run's data and your decisions, behind whatever trains now.

    The latest decision about a text counts; ambiguous reviews are left out. Audits, validation and test reviews are
    never learned from. The run begins with the model that its parent began with; --wait compares the two in the end.
    """
    source, options = locate(source), reading_options(reading) if reading else None
    if status:
        outcome = _judge(source, _taught(source, run), options)
        if json:
            say_json(_as_json(outcome))
        else:
            _show(outcome)
        return 0
    made, detachment = _begin(source, run, options, assignments or [], name or "", hypothesis, json=json)
    if not wait:
        return finish(made, detachment, wait=False, json=json)
    return _follow(source, made, options, json=json)


def _begin(
    source: str,
    run: str | None,
    options: ReadingOptions | None,
    assignments: list[str],
    name: str,
    hypothesis: str,
    *,
    json: bool,
) -> tuple[RunFolder, Detachment | None]:
    """Write the lesson, check that a run could learn from it, and queue the run."""
    from core.engine.data_requests import Prepare
    from core.engine.learning_requests import MakeLesson
    from core.learning.lesson import LessonFolder
    from core.learning.plan import plan_lesson, removed_on_failure, require_teachable
    from core.runs.names import require_unused
    from core.runs.start import start_run
    from core.settings.parsing import parse_assignment

    parent = _parent(source, run)
    require_teachable(parent)
    if name:
        require_unused(name)
    changes = dict(parse_assignment(one) for one in assignments)
    with engine() as ask_it:
        made = ask_it(MakeLesson(source=source, run=str(parent.path), reading=options))
        folder = LessonFolder(Path(made.folder))
        with removed_on_failure(folder):
            request = plan_lesson(parent, folder, changes, name=name, hypothesis=hypothesis)
            ask_it(Prepare(request=request))
    _tell(made.lesson, complain if json else say)
    return start_run(request, wait=True)


def _tell(lesson: Lesson, tell: Callable[[str], None]) -> None:
    """Say what a lesson is made of, and which decisions contradict each other."""
    for name, words in lesson_rows(lesson):
        tell(f"{name:<10}  {words}")
    for one in lesson.conflicts[:_LISTED]:
        used = f"learned as “{clean_line(one.used, 30)}”" if one.used else "not learned"
        others = ", ".join(clean_line(word, 30) for word in one.others)
        tell(f"  {used}, elsewhere {others}: {clean_line(one.text, 50)}")


def _parent(source: str, word: str | None) -> RunFolder:
    """Return the run that was named, or whose model the pile used last."""
    from core.runs.folder import RunFolder, find_run, is_run_id, runs_home
    from core.triage.bookmark import read_bookmark

    if word is not None:
        return find_run(word)
    mark = read_bookmark(source)
    if mark is None or not is_run_id(mark.model):
        raise InputError("No model was used on this pile yet; name the run to begin with: --run RUN.")
    found = RunFolder(runs_home() / mark.model)
    if not found.settings.is_file():
        raise InputError(f"The run {clean_line(mark.model_name or mark.model, 60)} is gone; name another: --run RUN.")
    return found


def _taught(source: str, word: str | None) -> RunFolder:
    """Return the run that was named, or the latest one with a model that learned from the pile."""
    from core.learning.lesson import runs_of_pile
    from core.runs.folder import find_run
    from core.runs.model_labels import labels_of_model

    if word is not None:
        return find_run(word)
    taught = [one.run for one in runs_of_pile(source) if labels_of_model(one.run)]
    if not taught:
        raise InputError("No model has learned from this pile yet; train one with `reviewtui learn FILE`.")
    return taught[-1]


def _judge(source: str, run: RunFolder, options: ReadingOptions | None) -> LessonOutcome:
    from core.engine.learning_requests import JudgeLesson

    return ask(JudgeLesson(source=source, run=str(run.path), reading=options, score=True))


def _follow(source: str, run: RunFolder, options: ReadingOptions | None, *, json: bool) -> int:
    """Follow a run to its end and say what it has gained."""
    from core.runs.summary import summarize
    from tui.commands.follow import follow, outcome_of, report

    try:
        history = follow(run)
    except KeyboardInterrupt:
        complain(f"{run.id} continues; `reviewtui learn FILE --status` says what it has learned.")
        return 130
    if summarize(run).state != "finished":
        return report(run, history, json=json)
    outcome = _judge(source, run, options)
    if json:
        say_json({**outcome_of(run, history), "learned": _as_json(outcome)})
    else:
        _show(outcome)
    return 0


def _as_json(outcome: LessonOutcome) -> Any:
    from core.engine.requests import to_result

    return to_result(outcome)


def _show(outcome: LessonOutcome) -> None:
    say(f"{clean_line(outcome.name)}, after {clean_line(outcome.parent_name)}:")
    facts([(name, text) for name, text in measured_rows(outcome.measured)])
    if outcome.flips is not None:
        facts([("  changed", flips_text(outcome.flips))])
        if outcome.flips.file is not None:
            say(f"  Those that are not decided are a pile for Classify: {outcome.flips.file}")
    if outcome.stability is not None:
        say(outcome.stability.sentence)
        heads, *rows = stability_rows(outcome.stability)
        table(heads, [[*row] for row in rows])
