"""Evaluates a run's model on labelled reviews: the figures of `reviewtui evaluate`."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
import numpy as np

from core.base.errors import InputError
from core.base.text import clean_line
from core.data.run_data import read_for_run, train_hashes
from core.inference.cut_counts import count_cut
from core.inference.cut_report import cut_report
from core.inference.evaluation_report import EvaluationReport
from core.inference.metrics import confusion, ece_null_band, expected_calibration_error, measure, probabilities_of
from core.inference.predictor import Predictor
from core.reviews.options import ReadingOptions
from core.reviews.split import find_leak
from core.runs.folder import RunFolder
from core.runs.one_class import only_class

_CHUNK = 2048


def evaluate_run(
    run: RunFolder,
    predictor: Predictor,
    source: str,
    options: ReadingOptions | None,
    progress: Callable[[str, float | None], None],
) -> EvaluationReport:
    """Evaluate a run's model on the labelled reviews of a source: on its test data if it names some, else on its
    validation data, else on all.

    Args:
        options: How to read the source; None reads it like the run's own data, or detects the format if that fails.

    Raises:
        InputError: The source holds no review with a label that the model knows.
    """
    evaluated, reviews = read_for_run(
        run, predictor.labels, source, options, lambda fraction: progress("reading", fraction)
    )
    rows = np.flatnonzero(reviews.labels >= 0)
    if not len(rows):
        names = ", ".join(clean_line(label, 40) for label in predictor.labels)
        raise InputError(f"{clean_line(source, 120)} has no review labelled {names}; name the column with --label.")
    labels = reviews.labels[rows]
    began = time.perf_counter()
    parts, counts = [], []
    for start in range(0, len(rows), _CHUNK):
        part = rows[start : start + _CHUNK]
        base = start

        def within(fraction: float, base: int = base, count: int = len(part)) -> None:
            progress("evaluating", (base + fraction * count) / len(rows))

        some, lengths = predictor.logits(reviews.texts(part), within)
        parts.append(some)
        counts.append(lengths)
    logits, tokens = np.concatenate(parts), np.concatenate(counts)
    seconds = time.perf_counter() - began
    probabilities = probabilities_of(logits)
    mean, high = ece_null_band(probabilities)
    found = {
        "run": run.id,
        "data": source,
        "part": evaluated,
        "rows": len(rows),
        "left_out": reviews.report.left_out,
        "labels": predictor.labels,
        **measure(logits, labels, predictor.labels),
        "confusion": confusion(logits, labels, len(predictor.labels)),
        "ece": expected_calibration_error(probabilities, labels),
        "ece_null_mean": mean,
        "ece_null_95": high,
        "leak": None,
        "cut": None,
        "only_class": None,
        "seconds": round(seconds, 3),
        "reviews_per_second": round(len(rows) / seconds, 1),
    }
    report = msgspec.convert(found, EvaluationReport)
    return msgspec.structs.replace(
        report,
        leak=find_leak(train_hashes(run), reviews),
        cut=cut_report(count_cut(logits, labels, tokens, predictor.special_tokens.max_length)),
        only_class=only_class(report.per_class),
    )
