"""The functions that carry out the engine's requests, registered in `METHODS`.

Heavy libraries are imported by the method that needs them, so that looking at a file never waits for torch.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from core.base.errors import InputError
from core.engine.certificate_methods import CERTIFICATE_METHODS
from core.engine.data_requests import (
    BulkClassified,
    ClassifyFile,
    Compare,
    Evaluate,
    FirstRows,
    ForecastStudents,
    Foresee,
    GatherFacts,
    Glance,
    Inspect,
    Inspection,
    JudgePairs,
    MakeForecast,
    MeasureLengths,
    Prepare,
    RunForecast,
    StudentsForecast,
    Verdicts,
)
from core.engine.decision_methods import count_decisions, import_decisions, read_cells
from core.engine.decision_requests import CountDecisions, ImportDecisions, ReadCells
from core.engine.learning_methods import judge_lesson, make_lesson
from core.engine.learning_requests import JudgeLesson, MakeLesson
from core.engine.loaded_models import model_folder, predictor_in, share_processors
from core.engine.model_methods import classify, classify_by_each, explain, find_tokens, load
from core.engine.pile_methods import PILE_METHODS
from core.engine.reading_progress import CountingProgress, ReadingProgress
from core.engine.requests import (
    Classify,
    ClassifyByEach,
    Doctor,
    DoctorReport,
    EngineRequest,
    Explain,
    FindTokens,
    Load,
    method_of,
)
from core.engine.suspicion_methods import SUSPICION_METHODS

if TYPE_CHECKING:
    from numpy import ndarray

    from core.comparison.foresight import Foresight
    from core.comparison.report import ComparisonReport
    from core.data.length_report import LengthReport
    from core.forecast.facts import Facts
    from core.inference.evaluation_report import EvaluationReport
    from core.reviews.reading import Reviews

Progress = Callable[[str, float | None], None]
Method = Callable[[Any, CountingProgress], Any]


def glance(request: Glance, progress: Progress) -> FirstRows:
    """Look at the first rows of a large file."""
    from core.reviews.glance import glance

    found = glance(request.source, request.reading)
    return FirstRows(report=None) if found is None else FirstRows(report=found.report, rows=found.rows)


def inspect(request: Inspect, progress: CountingProgress) -> Inspection:
    """Read a source."""
    from core.data.run_data import divide
    from core.reviews.reading import read_reviews

    telling = ReadingProgress(progress, count_classes=request.count_classes)
    reviews = read_reviews(request.source, request.reading, progress=telling.read, counted=telling.counted)
    try:
        divide(reviews, request.source, request.reading)
    except InputError as error:
        return Inspection(report=reviews.report, trainable=str(error))
    return Inspection(report=reviews.report, trainable="")


def lengths(request: MeasureLengths, progress: Progress) -> LengthReport:
    """Count the tokens of a source's reviews."""
    from core.data.lengths import length_report
    from core.models.sources import resolve_model
    from core.models.tokenizer import load_tokenizer
    from core.reviews.reading import read_reviews

    reviews = read_reviews(request.source, request.reading)
    progress("loading the tokenizer", None)
    source = resolve_model(request.model)
    tokenizer = load_tokenizer(source.folder, source.name)
    return length_report(
        reviews, tokenizer, source.name, request.batch_size, lambda fraction: progress("tokenizing", fraction)
    )


def prepare(request: Prepare, progress: Progress) -> None:
    """Fail if a run could not start."""
    from core.data.run_data import read_run_data
    from core.models.sources import resolve_model

    def reading(fraction: float) -> None:
        progress("reading", fraction)

    if (asked := request.request.distillation) is not None:
        from core.distillation.reviews import read_lesson
        from core.distillation.teacher import teacher_of

        read_lesson(request.request, teacher_of(asked), reading)
        return
    read_run_data(request.request, reading)
    progress("looking for the model", None)
    resolve_model(request.request.settings.model)


def forecast(request: MakeForecast, progress: Progress) -> RunForecast:
    """Forecast a run before anything is trained."""
    from core.comparison.foresee import foresee
    from core.data.length_report import cannot_learn
    from core.data.lengths import length_report
    from core.data.run_data import read_run_data
    from core.forecast.forecast import forecast as forecast_of
    from core.forecast.forecast import savings
    from core.forecast.gather import gather, with_calibration
    from core.models.sources import resolve_model
    from core.models.tokenizer import load_tokenizer

    settings = request.request.settings
    data = read_run_data(request.request, lambda fraction: progress("reading", fraction))
    source = resolve_model(settings.model)
    tokenizer = load_tokenizer(source.folder, source.name)
    lengths = length_report(
        data.train, tokenizer, source.name, settings.batch_size, lambda fraction: progress("tokenizing", fraction)
    )
    facts = gather(lengths, len(data.labels), settings, len(data.train_rows), len(data.validation_rows))
    facts = with_calibration(facts, settings, progress)
    return RunForecast(
        facts=facts,
        forecast=forecast_of(facts, settings),
        savings=tuple(savings(facts, settings)),
        cannot_learn=cannot_learn(lengths),
        shows=foresee(_texts(data.validation, data.validation_rows), request.request.data, request.difference),
    )


def foresee(request: Foresee, progress: Progress) -> Foresight:
    """Say what validation rows can show."""
    from core.comparison.foresee import foresee
    from core.data.run_data import divide
    from core.reviews.reading import read_reviews

    reviews = read_reviews(request.source, request.reading, progress=lambda fraction: progress("reading", fraction))
    _, held_out, rows, _ = divide(reviews, request.source, request.reading, request.validation_fraction)
    return foresee(_texts(held_out, rows), request.source)


def _texts(reviews: Reviews, rows: ndarray) -> int:
    """Return how many different texts there are in some rows."""
    import numpy as np

    return len(np.unique(reviews.hashes[rows]))


def forecast_students(request: ForecastStudents, progress: Progress) -> StudentsForecast:
    """Forecast students before anything is trained."""
    from core.engine.students import forecast_students

    return forecast_students(request, progress)


def facts(request: GatherFacts, progress: Progress) -> Facts:
    """Collect the facts that forecasts are based on."""
    from core.forecast.gather import gather, with_calibration

    found = gather(request.lengths, request.classes, request.settings, request.lengths.reviews)
    return with_calibration(found, request.settings, progress) if request.measure else found


def classify_file(request: ClassifyFile, progress: Progress) -> BulkClassified:
    """Classify every review of a source into a file."""
    from core.bulk.classify import classify_into

    predictor = predictor_in(model_folder(request.folder, request.model), request.precision, progress)
    done = classify_into(predictor, request.source, request.reading, Path(request.output), progress, keep=request.keep)
    return msgspec.convert(done, BulkClassified)


def evaluate(request: Evaluate, progress: Progress) -> EvaluationReport:
    """Measure a run's model on labelled reviews."""
    from core.inference.evaluation import evaluate_run
    from core.runs.folder import RunFolder

    run = RunFolder(Path(request.run))
    predictor = predictor_in(run.model, "fp32", progress)
    return evaluate_run(run, predictor, request.source, request.reading, progress)


def compare(request: Compare, progress: Progress) -> ComparisonReport:
    """Compare runs on identical rows."""
    from core.comparison.compare import compare_runs

    share_processors()
    return compare_runs(request.arms, request.source, request.reading, request.margin, progress)


def judge_pairs(request: JudgePairs, progress: Progress) -> Verdicts:
    """Judge pairs of models by their stored answers."""
    from core.comparison.stored_pairs import judge_stored

    return Verdicts(judged=judge_stored(request.pairs, progress))


def doctor(request: Doctor, progress: Progress) -> DoctorReport:
    """Examine this machine."""
    from core.engine.doctor import examine

    return examine(progress)


METHODS: dict[type[EngineRequest[Any]], Method] = {
    Glance: glance,
    Inspect: inspect,
    MeasureLengths: lengths,
    Prepare: prepare,
    MakeForecast: forecast,
    ForecastStudents: forecast_students,
    GatherFacts: facts,
    Foresee: foresee,
    Load: load,
    Classify: classify,
    ClassifyByEach: classify_by_each,
    Explain: explain,
    FindTokens: find_tokens,
    ClassifyFile: classify_file,
    Evaluate: evaluate,
    Compare: compare,
    JudgePairs: judge_pairs,
    Doctor: doctor,
    CountDecisions: count_decisions,
    ImportDecisions: import_decisions,
    ReadCells: read_cells,
    **PILE_METHODS,
    MakeLesson: make_lesson,
    JudgeLesson: judge_lesson,
    **CERTIFICATE_METHODS,
    **SUSPICION_METHODS,
}


def method_named(name: str) -> tuple[type[EngineRequest[Any]], Method]:
    """Return the class of the request called `name` on the pipe, and the function that carries it out.

    Raises:
        InputError: There is no such request.
    """
    for kind, method in METHODS.items():
        if method_of(kind) == name:
            return kind, method
    raise InputError(f"The engine has no request '{name}'.")
