"""Carries out the engine's requests about learning from decisions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from core.engine.decision_methods import read_pile
from core.engine.learning_requests import JudgeLesson, MadeLesson, MakeLesson

if TYPE_CHECKING:
    from core.learning.outcome_report import LessonOutcome
    from core.triage.history import History

Progress = Callable[[str, float | None], None]


def make_lesson(request: MakeLesson, progress: Progress) -> MadeLesson:
    """Write the data of the next model."""
    from core.learning.audited import near_audits
    from core.learning.material import make_lesson
    from core.runs.folder import RunFolder

    reviews, history = read_pile(request.source, request.reading, progress), _history(request.source)
    near = near_audits(history, reviews, progress)
    folder, lesson = make_lesson(request.source, RunFolder(Path(request.run)), history, near, progress)
    return MadeLesson(folder=str(folder.path), lesson=lesson)


def judge_lesson(request: JudgeLesson, progress: Progress) -> LessonOutcome:
    """Compare a run that learned from decisions with the one before it."""
    from core.learning.lesson import lesson_of
    from core.learning.outcome import outcome_of
    from core.runs.folder import RunFolder, runs_home
    from core.scores.scoring import score

    run = RunFolder(Path(request.run))
    reviews = read_pile(request.source, request.reading, progress)
    folder = lesson_of(run, request.source) if request.score else None
    lesson = folder.read() if folder is not None else None
    for one in (run, RunFolder(runs_home() / lesson.parent)) if lesson is not None else ():
        if (one.model / "config.json").is_file():
            score(one.model, reviews, request.source, progress)
    return outcome_of(run, request.source, reviews, _history(request.source), progress)


def _history(source: str) -> History:
    """Return the decisions about a pile, which may be open in a workbench."""
    from core.triage.decisions import LOG, pile_folder, read_history
    from core.triage.history import History

    file = pile_folder(source) / LOG
    return read_history(file)[0] if file.is_file() else History()
