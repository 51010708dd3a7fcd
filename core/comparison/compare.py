"""Compares runs: the figures of `reviewtui compare`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import combinations
from math import isfinite

import numpy as np

from core.base.errors import InputError
from core.base.memory import free_bytes
from core.base.units import in_bytes
from core.comparison.answers import Answers, answers_of
from core.comparison.arms import Arm, checked_arms
from core.comparison.kept import MOST_DIFFERENT, DifferentAnswers, Said, keep
from core.comparison.pairs import compare_pairs
from core.comparison.prices import Costs, costs_of, differing_settings
from core.comparison.report import ArmReport, ComparisonReport, RunReport
from core.comparison.rows import ComparedRows, Progress, rows_of_file, shared_validation_rows
from core.comparison.settings import compare_settings
from core.comparison.speed import Speeds, measure_speeds
from core.comparison.stored import common_classes, name_of, read_answers
from core.inference.metrics import ece_null_band, expected_calibration_error, measure, probabilities_of
from core.inference.predictor import Predictor
from core.reviews.options import ReadingOptions
from core.runs.active import is_training
from core.runs.folder import RunFolder
from core.statistics.seeds import Question

_ROOM = 2.0
"""Memory that a loaded model takes, in sizes of its folder."""
_SAMPLE = 256
"""Reviews that speeds are measured on, at most."""


def compare_runs(
    asked: Sequence[Arm],
    source: str | None,
    options: ReadingOptions | None,
    margin: float,
    progress: Progress,
    load: Callable[[RunFolder], Predictor] = lambda run: Predictor(run.model),
) -> ComparisonReport:
    """Compare runs, or groups of runs that differ in their seed, on identical rows; the result is kept.

    Args:
        asked: At least two.
        source: Labelled reviews; None takes the validation rows that all runs share.
        options: How to read them; None reads them like the data of the first run.
        margin: The largest difference in accuracy that counts as none, as a fraction.
        load: Loads the model of a run.

    Raises:
        InputError: They cannot be compared; the sentence says why.
    """
    if not (isfinite(margin) and 0 <= margin < 1):
        raise InputError("The margin is a number of points from 0 to below 100.")
    arms = checked_arms(asked)
    by_settings = all(arm.seeds and len(arm.runs) > 1 for arm in arms)
    arm_of = {run: number for number, arm in enumerate(arms) for run in arm.folders}
    runs = list(arm_of)
    classes = common_classes(runs)
    stored = [read_answers(run, classes) for run in runs]
    rows = (
        rows_of_file(runs, classes, source, options, progress)
        if source is not None
        else shared_validation_rows(runs, stored, progress)
    )
    models = _Models(load, progress)
    answers = [
        answers_of(run, rows, classes, its, partial(models.of, run), progress)
        for run, its in zip(runs, stored, strict=True)
    ]
    notes = _notes(rows, source, arms)
    speeds, why = _speeds(models, runs, rows, progress)
    notes += [why] if why else []
    reports = [
        _run_report(run, arm_of[run], one, rows, classes, speeds, number)
        for number, (run, one) in enumerate(zip(runs, answers, strict=True))
    ]
    predicted = [one.predicted for one in answers]
    told = [ArmReport(id=arm.id, name=arm.name, kind="seeds" if arm.seeds else "run") for arm in arms]
    report = ComparisonReport(
        time=round(time.time(), 3),
        question=(Question.SETTINGS if by_settings else Question.MODELS).value,
        data=rows.source,
        rows=len(rows.hashes),
        excluded=sum(rows.left_out.values()),
        left_out=rows.left_out,
        trained_on=rows.trained_on,
        labels=classes,
        margin=margin,
        arms=tuple(told),
        runs=tuple(reports),
        pairs=()
        if by_settings
        else compare_pairs(rows.labels, predicted, reports, len(classes), margin, speeds, progress),
        settings=compare_settings(told, reports, margin, _ratios(speeds, reports, len(arms))) if by_settings else (),
        differing_settings=differing_settings(arms),
        speed=speeds.report if speeds is not None else None,
        notes=tuple(notes),
    )
    return keep(report, _different(rows, answers, classes))


class _Models:
    """The models that were loaded. They stay loaded, because speeds are measured in turns."""

    def __init__(self, load: Callable[[RunFolder], Predictor], progress: Progress) -> None:
        self._load, self._progress = load, progress
        self._loaded: dict[str, Predictor] = {}

    def of(self, run: RunFolder) -> Predictor:
        """Return the model of a run.

        Raises:
            InputError: It cannot be loaded.
        """
        if run.id not in self._loaded:
            self._progress(f"loading {name_of(run)}", None)
            self._loaded[run.id] = self._load(run)
        return self._loaded[run.id]


def _run_report(
    run: RunFolder,
    arm: int,
    answers: Answers,
    rows: ComparedRows,
    classes: tuple[str, ...],
    speeds: Speeds | None,
    number: int,
) -> RunReport:
    figures = measure(answers.logits, rows.labels, classes)
    probabilities = probabilities_of(answers.logits)
    costs: Costs = costs_of(run)
    return RunReport(
        run=run.id,
        name=name_of(run),
        arm=arm,
        accuracy=figures["accuracy"],
        macro_f1=figures["macro_f1"],
        loss=figures["loss"],
        ece=expected_calibration_error(probabilities, rows.labels),
        ece_null_95=ece_null_band(probabilities)[1],
        classified=answers.classified,
        **costs._asdict(),
        reviews_per_second=round(speeds.reviews_per_second(number), 1) if speeds is not None else None,
        one_review_seconds=round(speeds.one_review_seconds(number), 6) if speeds is not None else None,
    )


def _speeds(
    models: _Models, runs: Sequence[RunFolder], rows: ComparedRows, progress: Progress
) -> tuple[Speeds | None, str]:
    """Return the speeds and what is to be noted about them; None if they cannot be measured."""
    missing = [name_of(run) for run in runs if not (run.model / "config.json").is_file()]
    if missing:
        return None, f"Speeds were not measured: {missing[0]} has no model any more."
    if rows.texts is None:
        return None, f"Speeds were not measured: {rows.no_texts.rstrip('.')}."
    need = int(_ROOM * sum(costs_of(run).model_bytes or 0 for run in runs))
    if need > (free := free_bytes()):
        return None, f"Speeds were not measured: all models at once take {in_bytes(need)}, {in_bytes(free)} are free."
    chosen = np.random.default_rng(0).permutation(len(rows.hashes))[:_SAMPLE]
    try:
        loaded = [models.of(run) for run in runs]
    except InputError as error:
        return None, f"Speeds were not measured: {error}"
    speeds = measure_speeds(loaded, rows.texts[chosen], progress, busy=is_training)
    if not speeds.report.comparable:
        return speeds, (
            f"The machine was busy while speeds were measured ({speeds.report.lost:.0%} of the time was lost to other "
            "processes), so they do not say which model is faster."
        )
    return speeds, ""


def _ratios(speeds: Speeds | None, runs: Sequence[RunReport], arms: int) -> dict[tuple[int, int], float]:
    """Return how much longer each arm takes than each later one; one run of a setting stands for all."""
    first = [next(number for number, run in enumerate(runs) if run.arm == arm) for arm in range(arms)]
    found = {}
    for a, b in combinations(range(arms), 2):
        ratio = speeds.ratio(first[a], first[b]) if speeds is not None else None
        if ratio is not None:
            found[a, b] = ratio
    return found


def _notes(rows: ComparedRows, source: str | None, arms: Sequence[Arm]) -> list[str]:
    notes = []
    if source is None:
        notes.append("The validation rows also chose which weights each run kept, so all scores are a little too good.")
    if any(arm.seeds for arm in arms) and not all(arm.seeds and len(arm.runs) > 1 for arm in arms):
        notes.append("A setting is known by several seeds of both sides; so these runs are compared one by one.")
    if rows.no_texts:
        notes.append(f"The reviews that are answered differently cannot be listed: {rows.no_texts.rstrip('.')}.")
    return notes


def _different(rows: ComparedRows, answers: Sequence[Answers], classes: Sequence[str]) -> Iterator[DifferentAnswers]:
    """Yield the reviews to which two models give different classes, MOST_DIFFERENT at most."""
    if rows.texts is None:
        return
    predicted = np.stack([one.predicted for one in answers])
    chosen = np.flatnonzero((predicted != predicted[0]).any(axis=0))[:MOST_DIFFERENT]
    probabilities = [probabilities_of(one.logits[chosen]) for one in answers]
    for place, (row, text) in enumerate(zip(chosen.tolist(), rows.texts[chosen], strict=True)):
        said = tuple(
            Said(classes[one[row]], float(shares[place, one[row]]))
            for one, shares in zip(predicted, probabilities, strict=True)
        )
        clean_text = text.encode("utf-8", "replace").decode()
        yield DifferentAnswers(text=clean_text, label=classes[rows.labels[row]], answers=said)
