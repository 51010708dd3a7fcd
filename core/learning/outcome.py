"""What a model has learned: it and the one before on fixed rows, and what changes in the pile.

Two sets of rows are fixed: the validation reviews, which chose the weights that each model kept, so that both look a
little too good on them; and the audits, random reviews of the pile itself, labelled before a prediction was seen. No
model has learned from either; where an audit's text is in the data of one, it is left out.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pyarrow.parquet as pq

from core.base.errors import InputError
from core.base.files import write_whole
from core.comparison.stored import classes_of, name_of
from core.data.run_data import train_hashes
from core.learning.answers import Array, Said, ask_model
from core.learning.lesson import LessonFolder, lesson_of
from core.learning.outcome_report import Flip, Flips, LessonOutcome, Measured
from core.learning.root import Progress
from core.learning.stability import stability_of
from core.reviews.reading import Reviews
from core.runs.folder import RunFolder, runs_home
from core.scores.scores import scores_of
from core.statistics.paired import compare_accuracy, count_outcomes
from core.statistics.verdict import judge, sentence
from core.triage.history import History

MARGIN = 0.01
"""Differences up to one point count as none."""
MOST_LISTED = 5_000


@dataclass(frozen=True)
class _Models:
    """The two models that are compared."""

    before: RunFolder
    after: RunFolder

    def learned_from(self, hashes: Array) -> Array:
        """Return which texts one of the models has learned from [N]."""
        known = [train_hashes(self.before), train_hashes(self.after)]
        return np.isin(hashes, np.concatenate(known))


def outcome_of(run: RunFolder, pile: str, reviews: Reviews, history: History, progress: Progress) -> LessonOutcome:
    """Compare a run that learned from decisions with its parent.

    Args:
        pile: The reviews that were decided.
        reviews: The same, read without labels.

    Raises:
        InputError: The run has not learned from this pile, or one of the two has no model.
    """
    folder = lesson_of(run, pile)
    lesson = folder.read() if folder is not None else None
    if folder is None or lesson is None:
        raise InputError(f"{name_of(run)} has not learned from decisions about this pile.")
    parent = RunFolder(runs_home() / lesson.parent)
    for one in (run, parent):
        if not (one.model / "config.json").is_file():
            raise InputError(f"{name_of(one)} has no model{' yet' if one is run else ' any more'}.")
    models = _Models(parent, run)
    return LessonOutcome(
        run=run.id,
        name=name_of(run),
        parent=parent.id,
        parent_name=name_of(parent),
        measured=(_on_validation(models), _on_audits(models, reviews, history, progress)),
        flips=flips_of(models.before, models.after, folder, reviews, history),
        stability=stability_of(pile, reviews, progress),
    )


def _on_validation(models: _Models) -> Measured:
    """Compare the answers that are stored with both runs."""
    before, after = _stored(models.before), _stored(models.after)
    shared = sorted(text for text in before.keys() & after.keys() if before[text][0] == after[text][0])
    hashes = np.array(shared, dtype=np.uint64)
    fresh = ~models.learned_from(hashes)
    right = [
        np.array([label == predicted for label, predicted in (answers[text] for text in shared)], dtype=np.bool_)[fresh]
        for answers in (after, before)
    ]
    return _measured("validation reviews", right[0], right[1], int((~fresh).sum()))


def _stored(run: RunFolder) -> dict[int, tuple[str, str]]:
    """Return text hash → label and prediction of a run's validation reviews; empty if they are not there any more."""
    names = classes_of(run)
    try:
        table = pq.read_table(run.predictions, columns=["text_hash", "label", "logits"])
        hashes, labels = table["text_hash"].to_pylist(), table["label"].to_pylist()
        best = np.array(table["logits"].to_pylist()).argmax(axis=1).tolist()
        return {text: (names[label], names[at]) for text, label, at in zip(hashes, labels, best, strict=True)}
    except (OSError, ValueError, KeyError, IndexError):
        return {}


def _on_audits(models: _Models, reviews: Reviews, history: History, progress: Progress) -> Measured:
    audits = [one for one in history.audits() if 0 <= one.row < len(reviews)]
    rows = np.array([one.row for one in audits], dtype=np.int64)
    fresh = ~models.learned_from(np.array([int(one.hash, 16) for one in audits], dtype=np.uint64))
    labels = [one.verdict for one in audits]
    if not fresh.any():
        return _measured("audits", np.zeros(0, np.bool_), np.zeros(0, np.bool_), int((~fresh).sum()))
    right = [
        np.array([a == b for a, b in zip(labels, ask_model(one, reviews, rows, progress).names(), strict=True)])[fresh]
        for one in (models.after, models.before)
    ]
    return _measured("audits", right[0], right[1], int((~fresh).sum()))


def _measured(basis: str, after: Array, before: Array, learned_from: int) -> Measured:
    rows = len(after)
    found = compare_accuracy(count_outcomes(after, before))
    on = f"on {rows:,} {basis if rows != 1 else basis.removesuffix('s')}"
    return Measured(
        basis=basis,
        rows=rows,
        before=float(before.mean()) if rows else None,
        after=float(after.mean()) if rows else None,
        difference=found.difference,
        low=found.low,
        high=found.high,
        p_value=found.p_value,
        verdict=judge(found, found.p_value, MARGIN).value if rows else "",
        sentence=sentence(found, found.p_value, MARGIN, on) if rows else f"no {basis} to compare on",
        learned_from=learned_from,
    )


def flips_of(
    before: RunFolder, after: RunFolder, folder: LessonFolder, reviews: Reviews, history: History
) -> Flips | None:
    """Return to which reviews two models give different labels, and write those that are not decided as a pile.

    Returns:
        None if one of the models has not scored the whole pile.

    Raises:
        ReviewtuiError: The pile cannot be written.
    """
    scores = [scores_of(one.model, reviews) for one in (before, after)]
    if scores[0] is None or scores[1] is None:
        return None
    rows = np.arange(len(reviews))
    old, new = (ask_model(one, reviews, rows, lambda what, share: None) for one in (before, after))
    names = list(dict.fromkeys((*old.labels, *new.labels)))
    a = np.array([names.index(label) for label in old.labels])[old.best]
    b = np.array([names.index(label) for label in new.labels])[new.best]
    changed = np.flatnonzero(a != b)
    kinds = Counter((names[a[row]], names[b[row]]) for row in changed.tolist())
    decided = {one.row: one.verdict for one in history.decided(("label",))}
    of_decided = [row for row in changed.tolist() if row in decided]
    open_rows = np.array([row for row in changed.tolist() if row not in decided], dtype=np.int64)
    return Flips(
        reviews=len(reviews),
        changed=len(changed),
        kinds=tuple(Flip(before=x, after=y, reviews=count) for (x, y), count in kinds.most_common()),
        decided=len(of_decided),
        now_as_decided=sum(decided[row] == names[b[row]] for row in of_decided),
        file=_write_flips(folder, (before, old), (after, new), reviews, open_rows),
    )


def _write_flips(
    folder: LessonFolder, one: tuple[RunFolder, Said], other: tuple[RunFolder, Said], reviews: Reviews, rows: Array
) -> str | None:
    """Write reviews as a pile that Classify opens with what both models say; the one that the new model is surest of is
    the first."""
    if not len(rows):
        return None
    rows = rows[np.argsort(-other[1].probability[rows], kind="stable")][:MOST_LISTED]
    lines: list[str] = []
    for row, text in zip(rows.tolist(), reviews.texts(rows), strict=True):
        file, line = reviews.place(row)
        values: dict[str, str | int | float] = {"text": text.encode("utf-8", "replace").decode()}
        for which, (run, said) in (("a", one), ("b", other)):
            values[f"model_{which}"] = name_of(run)
            values[f"answer_{which}"] = said.labels[said.best[row]]
            values[f"probability_{which}"] = round(float(said.probability[row]), 4)
        lines.append(json.dumps({**values, "file": file, "line": line}, ensure_ascii=False))
    path = folder.path / "flips.jsonl"
    write_whole(path, "".join(f"{line}\n" for line in lines))
    return str(path)
