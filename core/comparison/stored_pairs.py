"""Judges two models by the answers to validation rows that are stored with their runs; no model is loaded.

Only if both answered exactly the same rows: then none of these can have been training rows of one of them unless the
data is at odds with itself, and such rows are left out as in every comparison.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from core.base.errors import InputError
from core.comparison.judged import AnswersOf, Judged, Pair
from core.comparison.report import DEFAULT_MARGIN
from core.comparison.rows import Progress
from core.comparison.stored import StoredAnswers, common_classes, name_of, read_answers
from core.data.run_data import train_hashes
from core.runs.folder import RunFolder, runs_home
from core.statistics.paired import compare_accuracy, count_outcomes
from core.statistics.verdict import judge, sentence

_Reads = Callable[[AnswersOf, tuple[str, ...]], StoredAnswers | None]

_KEPT = 8
"""Files of answers that are kept in memory: neighbours in a journal share one."""


def judge_stored(pairs: Sequence[Pair], progress: Progress, margin: float = DEFAULT_MARGIN) -> tuple[Judged, ...]:
    """Return the verdict about each pair, in accuracy; of one that cannot be compared, why not.

    Args:
        margin: The largest difference that counts as none, as a fraction.
    """
    read = lru_cache(_KEPT)(_read)
    found = []
    for number, pair in enumerate(pairs):
        progress("comparing", number / len(pairs))
        try:
            found.append(_judge(pair, margin, read))
        except InputError as error:
            found.append(Judged(why_not=str(error)))
    return tuple(found)


def _read(answers: AnswersOf, classes: tuple[str, ...]) -> StoredAnswers | None:
    run = RunFolder(runs_home() / answers.run)
    file = run.earlier / answers.earlier / run.predictions.name if answers.earlier else run.predictions
    return read_answers(run, classes, file)


def _judge(pair: Pair, margin: float, read: _Reads) -> Judged:
    runs = [RunFolder(runs_home() / one.run) for one in (pair.a, pair.b)]
    classes = common_classes(runs)
    a, b = read(pair.a, classes), read(pair.b, classes)
    if a is None or b is None:
        raise InputError(f"{name_of(runs[0 if a is None else 1])} has no stored answers to validation rows")
    if not np.array_equal(a.hashes, b.hashes) or not np.array_equal(a.labels, b.labels):
        raise InputError(f"{name_of(runs[0])} and {name_of(runs[1])} were measured on different rows")
    kept = a.labels >= 0
    for run in runs:
        kept &= ~np.isin(a.hashes, train_hashes(run))
    if not kept.any():
        raise InputError("one of them was trained on each of their validation rows")
    right = [one.logits.argmax(axis=1)[kept] == one.labels[kept] for one in (a, b)]
    found = compare_accuracy(count_outcomes(*right))
    rows = int(kept.sum())
    return Judged(
        sentence=sentence(found, found.p_value, margin, f"on {rows:,} validation {'row' if rows == 1 else 'rows'}"),
        verdict=judge(found, found.p_value, margin).value,
    )
