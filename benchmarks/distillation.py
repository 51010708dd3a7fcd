"""`python -m benchmarks.distillation`: what a student with half the layers loses and gains, on three sets of reviews.

Each set is cut into folds. In turn, one fold is put aside, a teacher is trained on the others with `train`, and a
student is made of it with `distil`, which learns from the same reviews and nothing else. Both classify the fold: every
row of the set is judged once by a teacher and a student that have not seen it, and the outcomes of all folds are added
up. The figures go to DISTILLATION.md. An hour on two quiet processors.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.data import ROOT, SAMPLE, SHARED, distinct_rows, write_rows
from benchmarks.formatting import markdown
from benchmarks.machine import commit, describe, load
from benchmarks.measure import threads
from core.statistics.difference import Difference
from core.statistics.noninferiority import inferiority_sentence
from core.statistics.paired import PairedOutcomes, compare_accuracy

MARGIN, RETAINED, SPEED = 0.01, 0.98, 1.8
"""The goals: the interval's lower end, in points / 100; the share of the teacher's accuracy; reviews/s."""
SETS: dict[str, tuple[Path, tuple[str, str]]] = {
    "sample reviews": (SAMPLE, ("reviewText", "isPositive")),
    "amazon cells": (SHARED / "amazon_cells.csv", ("reviewText", "isPositive")),
    "clothing reviews": (SHARED / "clothing_reviews.csv", ("Review Text", "Recommended IND")),
}
TARGET = ROOT / "benchmarks" / "DISTILLATION.md"
_SEED = 7


@dataclass
class Found:
    """What all folds of a set came to."""

    both: int = 0
    only_student: int = 0
    only_teacher: int = 0
    neither: int = 0
    agreed: int = 0
    speeds: list[float] = field(default_factory=list)
    """Of each fold during which the machine was idle enough to compare."""
    began: list[str] = field(default_factory=list)
    """How the student began that was kept."""
    sizes: tuple[int, int] = (0, 0)
    """Bytes on disk of student and teacher."""

    @property
    def rows(self) -> int:
        return self.both + self.only_student + self.only_teacher + self.neither

    @property
    def difference(self) -> Difference:
        return compare_accuracy(PairedOutcomes(self.both, self.only_student, self.only_teacher, self.neither))

    @property
    def accuracies(self) -> tuple[float, float]:
        """Of student and teacher."""
        return (self.both + self.only_student) / self.rows, (self.both + self.only_teacher) / self.rows

    def add(self, result: dict[str, Any]) -> None:
        """Add the result of a fold."""
        one = result["comparison"]
        self.both += one["both_right"]
        self.only_student += one["only_student"]
        self.only_teacher += one["only_teacher"]
        self.neither += one["neither"]
        self.agreed += one["agreed"]
        self.speeds += [one["speed"]] if one["speed"] is not None else []
        self.began.append(result["winner"]["begins_with"])
        self.sizes = one["student"]["model_bytes"], one["teacher"]["model_bytes"]


def main() -> None:
    """Measure, print a table, and write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--only", choices=list(SETS), action="append")
    parser.add_argument("--set", action="append", default=[], help="for `distil`, as on its command line")
    asked = parser.parse_args()
    rows = []
    before = load()
    for name in asked.only or SETS:
        with tempfile.TemporaryDirectory() as home:
            os.environ |= {"REVIEWTUI_HOME": home, "PYTHONPATH": str(ROOT)}
            found = measured(name, Path(home), asked.folds, asked.set)
        rows.append(row(name, found))
        print(" | ".join(rows[-1]), flush=True)
    machine = describe(threads())
    changed = f", {' '.join(asked.set)}" if asked.set else ""
    head = ["reviews", "rows", "teacher", "student", "of its accuracy", "difference", "agree", "speed", "size", "kept"]
    text = (
        f"# A student with 3 of the starter's 6 layers\n\n`python -m benchmarks.distillation --folds {asked.folds}`"
        f"{changed}: {machine['processor']}, {machine['threads']} threads, commit {commit()}, load before {before}. "
        f"Goals: {RETAINED:.0%} of the teacher's accuracy, the interval above −{100 * MARGIN:g} point on 1,000 rows, "
        f"{SPEED}× the reviews per second.\n\n{markdown(head, rows)}"
    )
    TARGET.write_text(text, encoding="utf-8")
    print(f"\n{text}")


def measured(name: str, folder: Path, folds: int, changes: list[str]) -> Found:
    """Train and compare on every fold of a set."""
    file, columns = SETS[name]
    reviews = distinct_rows(file, columns)
    random.Random(_SEED).shuffle(reviews)
    found = Found()
    for fold in range(folds):
        aside = reviews[fold::folds]
        train, test = folder / f"train-{fold}.csv", folder / f"test-{fold}.csv"
        write_rows(train, [one for number, one in enumerate(reviews) if number % folds != fold])
        write_rows(test, aside)
        teacher = f"teacher-{fold}"
        reviewtui("train", str(train), "--model", "starter", "--name", teacher)
        chosen = [word for change in changes for word in ("--set", change)]
        group = reviewtui("distil", teacher, "--test", str(test), *chosen)
        found.add(group["result"])
        print(f"{name}, fold {fold + 1}: {group['result']['sentence']}", flush=True)
    return found


def row(name: str, found: Found) -> list[str]:
    """Return a row of the table."""
    student, teacher = found.accuracies
    difference = inferiority_sentence(found.difference, MARGIN, found.rows).replace(f" on {found.rows:,} rows", "")
    speed = f"{statistics.median(found.speeds):.2f}×" if found.speeds else "not measured (busy)"
    sizes = " of ".join(f"{size / 2**20:.0f}" for size in found.sizes)
    return [
        name,
        f"{found.rows:,}",
        f"{teacher:.4f}",
        f"{student:.4f}",
        f"{student / teacher:.1%}",
        difference,
        f"{found.agreed / found.rows:.1%}",
        speed,
        f"{sizes} MiB",
        ", ".join(found.began),
    ]


def reviewtui(*words: str) -> dict[str, Any]:
    """Return what a command prints as JSON once what it started has ended."""
    command = [sys.executable, "-P", "-m", "tui", *words, "--wait", "--json"]
    done = subprocess.run(command, capture_output=True, cwd=Path.home(), check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
