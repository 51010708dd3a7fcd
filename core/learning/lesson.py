"""What is kept about the data that a model was trained on after decisions: `learning/<id>/` in the pile's folder.

    lesson.json         what the data is made of; below
    train.jsonl         text, label and source (run or decisions) of each review to learn from
    validation.jsonl    text and label of the run's validation reviews
    root.toml           the request of the run whose data it is, so that it can be read again for the next lesson
    root.parquet        which of its reviews are for training, and which for validation

A lesson belongs to the runs whose data is its `train.jsonl`; usually that is one. Without any, nothing refers to it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from core.learning.choosing import LessonConflict
from core.runs.folder import RunFolder, list_runs
from core.runs.outline import read_outline
from core.triage.decisions import pile_folder

_ID = re.compile(r"\d{8}-\d{6}-[0-9a-f]{4}")


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """What some data to learn from is made of; figures are reviews."""

    pile: str
    parent: str
    """Id of the run whose settings and model are taken over."""
    root: str
    """Id of the run whose data it is: the parent, or the one that the parent's own lesson began with."""
    made: float
    """Seconds since 1970."""
    from_run: int
    """Reviews from the run's data."""
    confirmed: int
    """Of these, those that a decision gives the same label."""
    corrected: int
    """Those that a decision gives another label than the data has."""
    withdrawn: int
    """Reviews of the run's data that are left out, because they are ambiguous."""
    added: int
    """Decided reviews that the data does not have."""
    missing: int
    """Reviews that the run learned from, and that its data does not have any more."""
    validation: int
    left_out: dict[str, int]
    """Reason → decided texts that are not learned from."""
    conflicts: tuple[LessonConflict, ...]
    new_labels: tuple[str, ...]
    """Labels that the run does not know."""
    notices: tuple[str, ...] = ()

    @property
    def decided(self) -> int:
        """Reviews whose label comes from a decision."""
        return self.confirmed + self.corrected + self.added


@dataclass(frozen=True)
class LessonFolder:
    """The files of a lesson."""

    path: Path

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def facts(self) -> Path:
        return self.path / "lesson.json"

    @property
    def train(self) -> Path:
        return self.path / "train.jsonl"

    @property
    def validation(self) -> Path:
        return self.path / "validation.jsonl"

    @property
    def root_request(self) -> Path:
        return self.path / "root.toml"

    @property
    def root_split(self) -> Path:
        return self.path / "root.parquet"

    def read(self) -> Lesson | None:
        """Return what the data is made of; None if it is missing or damaged."""
        try:
            return msgspec.json.decode(self.facts.read_bytes(), type=Lesson)
        except (OSError, ValueError, RecursionError):
            return None


def lessons_home(pile: str) -> Path:
    """Return the folder of the lessons of a pile."""
    return pile_folder(pile) / "learning"


def lesson_of(run: RunFolder, pile: str) -> LessonFolder | None:
    """Return the lesson that a run was trained on, if it is one of this pile; else None."""
    outline = read_outline(run.settings)
    if outline is None:
        return None
    folder = Path(outline.data).parent
    of_pile = folder.parent == lessons_home(pile) and _ID.fullmatch(folder.name) is not None
    return LessonFolder(folder) if of_pile and (folder / "lesson.json").is_file() else None


@dataclass(frozen=True)
class Taught:
    """A run that was trained on a lesson."""

    run: RunFolder
    folder: LessonFolder
    lesson: Lesson


def runs_of_pile(pile: str) -> list[Taught]:
    """Return the runs that learned from the decisions of a pile, the first one first."""
    found = []
    for run in reversed(list_runs()):
        folder = lesson_of(run, pile)
        lesson = folder.read() if folder is not None else None
        if folder is not None and lesson is not None:
            found.append(Taught(run, folder, lesson))
    return found
