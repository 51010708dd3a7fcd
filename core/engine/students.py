"""The forecast of students, before anything is trained."""

from __future__ import annotations

from collections.abc import Callable

from core.base.errors import InputError
from core.data.lengths import length_report
from core.distillation.reviews import read_lesson
from core.distillation.teacher import teacher_of
from core.distillation.variants import count_variants
from core.engine.data_requests import ForecastStudents, StudentsForecast
from core.forecast.gather import gather, with_calibration
from core.forecast.student import student_forecast
from core.models.tokenizer import load_tokenizer

Progress = Callable[[str, float | None], None]


def forecast_students(request: ForecastStudents, progress: Progress) -> StudentsForecast:
    """Check that students could start, and return what they will probably need.

    Raises:
        InputError: They could not start.
    """
    asked = request.request.distillation
    if asked is None:
        raise InputError("This request names no teacher.")
    teacher = teacher_of(asked)
    lesson = read_lesson(request.request, teacher, lambda fraction: progress("reading", fraction))
    data, folder = lesson.data, str(teacher.model)
    settings = request.request.settings.changed({"model": folder})
    lengths = length_report(
        data.train,
        load_tokenizer(teacher.model, folder),
        folder,
        settings.batch_size,
        lambda fraction: progress("tokenizing", fraction),
    )
    reviews = len(data.train_rows) + len(lesson.unlabelled_rows)
    reviews += count_variants(reviews, asked.variants)
    gathered = gather(lengths, len(data.labels), settings, reviews, len(data.validation_rows))
    facts = with_calibration(gathered, settings, progress)
    each, seconds = student_forecast(facts, settings, request.layers)
    return StudentsForecast(student=each, teacher_seconds=seconds)
