"""Distillation: students of one teacher that begin with different layers of it; the better one is kept.

The result is what a person has to know to replace the teacher: whether the student is not worse by more than a margin,
how often the two agree on reviews that nobody has labelled, and what is saved.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from core.base.errors import InputError, ReviewtuiError
from core.base.units import in_bytes
from core.comparison.arms import arm_of_run
from core.comparison.compare import compare_runs
from core.comparison.report import ComparisonReport, RunReport
from core.distillation.agreement import agreement
from core.distillation.layers import beginnings, layers_of
from core.distillation.reviews import read_lesson
from core.distillation.teacher import teacher_of
from core.experiments.making import Step, Train
from core.experiments.state import GroupState, MemberState
from core.inference.predictor import Predictor
from core.runs.folder import RunFolder
from core.runs.group import read_base_request
from core.runs.outline import Distillation
from core.statistics.difference import Difference
from core.statistics.noninferiority import inferiority_sentence, judge_inferiority

_WHY = {
    "lower": "begins with the lower layers of its teacher",
    "alternating": "begins with evenly spaced layers of its teacher",
}


class DistillationSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a distillation wants to know, as `group.toml` holds it."""

    layers: int
    """Of each student."""
    margin: float
    """By how much a student may be less accurate than its teacher, as a fraction."""


def spec_of(state: GroupState) -> tuple[DistillationSpec, Distillation]:
    """Return what a distillation wants to know, and what its students imitate.

    Raises:
        InputError: `group.toml` holds something else.
    """
    try:
        spec = msgspec.convert(state.outline.spec, DistillationSpec)
    except msgspec.ValidationError as error:
        raise InputError(f"{state.group.id} cannot continue: its group.toml is damaged ({error}).") from error
    asked = state.outline.request.distillation
    if asked is None:
        raise InputError(f"{state.group.id} cannot continue: its group.toml does not name a teacher.")
    return spec, asked


def next_steps(state: GroupState) -> Sequence[Step]:
    """Return one student for each way to begin."""
    if state.members:
        return ()
    spec, asked = spec_of(state)
    of = layers_of(teacher_of(asked).model)
    return [
        Train(f"{state.outline.name}-{beginning}", {}, role=beginning, why=_WHY[beginning], layers=layers)
        for beginning, layers in beginnings(of, spec.layers).items()
    ]


def conclude(state: GroupState) -> dict[str, Any]:
    """Return the better student, and how it compares with its teacher."""
    spec, asked = spec_of(state)
    students = [one for one in state.members if one.summary is not None and one.summary.validation is not None]
    found: dict[str, Any] = {"teacher": asked.teacher, "students": [_facts(one) for one in students], "winner": None}
    metric = read_base_request(state.group).settings.best_metric
    best = best_student(students, metric)
    if best is None or best.run is None:
        return {**found, "sentence": "No student has scores, so there is nothing to compare."}
    found |= {"winner": _facts(best), "metric": metric}
    try:
        return {**found, **_against_teacher(best.run, teacher_of(asked), spec, asked)}
    except ReviewtuiError as error:
        return {**found, "sentence": f"The student cannot be compared with its teacher: {error}"}


def best_student(students: Sequence[MemberState], metric: str) -> MemberState | None:
    """Return the student with the best validation scores; of equal ones, that with the lower loss, then the first."""

    def worth(one: MemberState) -> tuple[float, float, int]:
        assert one.summary is not None and one.summary.validation is not None
        scores = one.summary.validation
        figure = -scores.loss if metric == "loss" else getattr(scores, metric)
        return figure, -scores.loss, -one.number

    return max(students, key=worth, default=None)


def _facts(one: MemberState) -> dict[str, Any]:
    summary = one.summary
    assert summary is not None and summary.validation is not None
    return {
        "number": one.number,
        "run": one.member.run,
        "name": summary.name,
        "begins_with": one.member.role,
        "layers": list(one.member.layers),
        "validation": summary.validation.to_json(),
        "seconds": summary.duration_seconds,
    }


def _against_teacher(
    student: RunFolder, teacher: RunFolder, spec: DistillationSpec, asked: Distillation
) -> dict[str, Any]:
    """Return the comparison of a student with its teacher, and what it says in a sentence."""
    loaded: dict[str, Predictor] = {}

    def load(run: RunFolder) -> Predictor:
        return loaded.setdefault(run.id, Predictor(run.model))

    arms = [arm_of_run(student), arm_of_run(teacher)]
    report = compare_runs(arms, asked.test or None, None, spec.margin, lambda *_: None, load)
    same, of = _agreement(student, teacher, report, load)
    mine, theirs = report.runs
    pair = report.pairs[0]
    difference = Difference(pair.difference, pair.low, pair.high, pair.p_value)
    speed = 1 / pair.speed_ratio if pair.speed_ratio else None
    figures = {
        "data": report.data,
        "rows": report.rows,
        "both_right": pair.both_right,
        "only_student": pair.only_a,
        "only_teacher": pair.only_b,
        "neither": pair.neither,
        "difference": pair.difference,
        "low": pair.low,
        "high": pair.high,
        "margin": spec.margin,
        "outcome": judge_inferiority(difference, spec.margin).value,
        "retained": mine.accuracy / theirs.accuracy if theirs.accuracy else None,
        "speed": speed,
        "agreed": same,
        "asked": of,
        "asked_about": "unlabelled reviews" if asked.unlabelled else "compared rows",
        "student": _costs(student, mine),
        "teacher": _costs(teacher, theirs),
        "notes": list(report.notes),
    }
    about = f"{of:,} {figures['asked_about']}"
    parts = [
        f"student: {_size(student, mine)} (teacher: {_size(teacher, theirs)})",
        f"accuracy {inferiority_sentence(difference, spec.margin, report.rows)}",
        f"{speed:.1f}× the speed" if speed is not None else "the machine was too busy to measure the speed",
        f"agrees with its teacher on {same / of:.1%} of {about}" if of else "there is nothing to ask both about",
    ]
    return {"comparison": figures, "sentence": "; ".join(parts) + ".", "sentences": parts}


def _agreement(student: RunFolder, teacher: RunFolder, report: ComparisonReport, load: Any) -> tuple[int, int]:
    """Return how often both agree, on the unlabelled reviews if there are some, else on the compared rows."""
    request = student.request()
    if request.distillation is not None and request.distillation.unlabelled:
        lesson = read_lesson(request, teacher, lambda fraction: None)
        if lesson.unlabelled is not None and len(lesson.unlabelled_rows):
            return agreement(load(student), load(teacher), lesson.unlabelled, lesson.unlabelled_rows)
    return report.rows - report.pairs[0].answered_differently, report.rows


def _costs(run: RunFolder, one: RunReport) -> dict[str, Any]:
    return {
        "run": one.run,
        "layers": layers_of(run.model),
        "parameters": one.parameters,
        "model_bytes": one.model_bytes,
        "accuracy": one.accuracy,
        "macro_f1": one.macro_f1,
        "reviews_per_second": one.reviews_per_second,
        "one_review_seconds": one.one_review_seconds,
    }


def _size(run: RunFolder, one: RunReport) -> str:
    layers = layers_of(run.model)
    return f"{layers} {'layer' if layers == 1 else 'layers'}, {in_bytes(one.model_bytes)}"
