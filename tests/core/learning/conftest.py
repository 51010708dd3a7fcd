"""A run that has read its data, and a pile of reviews that was decided."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.data.run_data import read_run_data, write_split
from core.learning.lesson import Lesson, LessonFolder
from core.learning.material import make_lesson
from core.reviews.hashing import text_hash
from core.runs.folder import RunFolder, create_run
from core.runs.request import Request
from core.settings.schema import Settings
from core.triage.decision import Decision
from core.triage.decisions import DecisionLog

ROWS = 60
Teach = Callable[..., tuple[LessonFolder, Lesson]]


@pytest.fixture
def data(tmp_path: Path, reviews_of: Callable[..., list[tuple[str, str]]]) -> Path:
    """Reviews as of the lab: the label is `isPositive`, 0 or 1; a test set lies beside them."""
    folder = tmp_path / "lab"
    folder.mkdir()
    reviews = reviews_of(ROWS + 20)
    for name, some in (("train.csv", reviews[:ROWS]), ("test.csv", reviews[ROWS:])):
        with (folder / name).open("w", newline="") as file:
            rows = [(text, int(label == "positive")) for text, label in some]
            csv.writer(file).writerows([("reviewText", "isPositive"), *rows])
    return folder / "train.csv"


def begin(request: Request) -> RunFolder:
    """A run that has read its data and no more."""
    run = create_run(request)
    write_split(run, read_run_data(request))
    return run


@pytest.fixture
def parent(data: Path) -> RunFolder:
    settings = Settings(model="starter", validation_fraction=0.25)
    return begin(Request(name="lab", data=str(data), settings=settings))


@pytest.fixture
def log() -> DecisionLog:
    return DecisionLog("pile")


def decided(text: str, label: str = "", row: int = 0, **fields: Any) -> Decision:
    state = {"state": "label", "verdict": label} if label else {}
    return Decision(hash=f"{text_hash(text):016x}", row=row, file="f", line=row + 2, text=text, **{**state, **fields})


@pytest.fixture
def teach(log: DecisionLog) -> Teach:
    """`teach(run, near_audits=…)`: the lesson that the decisions of the pile make of a run's data."""

    def make(run: RunFolder, near_audits: frozenset[int] = frozenset()) -> tuple[LessonFolder, Lesson]:
        return make_lesson("pile", run, log.history, near_audits, lambda what, share: None)

    return make


def sides(run: RunFolder) -> tuple[dict[str, str], dict[str, str]]:
    """Text → label of what a run learns from, and of what it is validated on."""
    data = read_run_data(run.request())
    return (
        _texts(data.train, data.train_rows),
        _texts(data.validation, data.validation_rows),
    )


def _texts(reviews: Any, rows: np.ndarray) -> dict[str, str]:
    return {reviews.text(row): reviews.label_names[reviews.labels[row]] for row in rows.tolist()}
