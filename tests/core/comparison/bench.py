"""Runs that can be compared: a folder with answers, a split and, if asked for, a tiny model."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.files import write_json
from core.comparison.arms import Arm, arm_of_run
from core.comparison.compare import compare_runs
from core.comparison.report import ComparisonReport
from core.reviews.hashing import text_hash
from core.reviews.options import ReadingOptions
from core.runs.folder import RunFolder, create_run
from core.runs.request import Request
from core.settings.schema import Settings

CLASSES = ("negative", "positive")
Rows = Sequence[tuple[str, int]]
"""(text, class) of each row."""


def write_reviews(path: Path, rows: Rows, classes: Sequence[str] = CLASSES) -> str:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("review", "label"), *((text, classes[label]) for text, label in rows)])
    return str(path)


def texts(count: int, start: int = 0) -> list[str]:
    return [f"review number {number} is about a lamp" for number in range(start, start + count)]


def logits_of(predicted: Sequence[int], classes: int = 2) -> np.ndarray:
    """Logits of a model that is rather sure of what it says."""
    found = np.zeros((len(predicted), classes), dtype=np.float32)
    found[np.arange(len(predicted)), list(predicted)] = 2.0
    return found


def make_answered(
    name: str,
    validation: Rows,
    predicted: Sequence[int],
    *,
    train: Sequence[str] = (),
    classes: Sequence[str] = CLASSES,
    data: str = "/data/reviews.csv",
    model: Path | None = None,
    **settings: Any,
) -> RunFolder:
    """A run that has ended, with its answers to the validation rows."""
    reading = ReadingOptions(text="review", label="label")
    request = Request(name=name, data=data, reading=reading, settings=Settings.model_validate(settings))
    run = create_run(request)
    hashes = [text_hash(text) for text, _ in validation]
    table = {
        "row": np.arange(len(validation)),
        "text_hash": np.array(hashes, dtype=np.uint64),
        "label": np.array([label for _, label in validation], dtype=np.int64),
        "logits": list(logits_of(predicted, len(classes))),
    }
    pq.write_table(pa.table(table), run.predictions)
    sides = [("train", text_hash(text)) for text in train] + [("validation", one) for one in hashes]
    split = {
        "row": np.arange(len(sides)),
        "text_hash": np.array([one for _, one in sides], dtype=np.uint64),
        "side": [side for side, _ in sides],
    }
    pq.write_table(pa.table(split), run.split)
    if model is not None:
        shutil.copytree(model, run.model)
    else:
        run.model.mkdir()
        write_json(run.model / "config.json", {"id2label": {str(n): label for n, label in enumerate(classes)}})
    return run


def compared(
    *runs: RunFolder | Arm, source: str | None = None, margin: float = 0.01, reading: ReadingOptions | None = None
) -> ComparisonReport:
    arms = [one if isinstance(one, Arm) else arm_of_run(one) for one in runs]
    return compare_runs(arms, source, reading, margin, lambda what, share: None)
