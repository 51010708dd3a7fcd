"""The charts whose curves go along the training: loss, accuracy, learning rate, gradient norm and speed."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Literal

from core.runs.history import RunHistory
from core.runs.records import EvaluationRecord, StepRecord
from tui.screens.train.chart_data import Axis, ChartData, Charted
from tui.widgets.chart.series import Series

NO_LOSS = "No loss yet: the first step has not been made."
_NO_STEP = "The first step has not been made."
_NO_EVALUATION = "Not evaluated yet."
_NO_STEPS_AT_ALL = "A baseline makes no steps, so there is no curve."


def loss_chart(of: Charted) -> ChartData:
    """Return the training loss of every step and the validation loss of every evaluation."""
    if _makes_no_steps(of):
        return ChartData("Loss", [], [], _NO_STEPS_AT_ALL)
    series = [_of_steps(of, "training", lambda one: one.loss)]
    if of.history.evaluations:
        series.append(_points(of.history, of.axis, "validation"))
    for other in of.others:
        series.append(_of_steps(of, other.name, lambda one: one.loss, other.history))
        if other.history.evaluations:
            series.append(_points(other.history, of.axis, f"{other.name}, validation"))
    best = of.history.best
    references = [("baseline", of.baseline.loss)] if of.baseline is not None else []
    return ChartData("Loss" if best is None else f"Loss · kept: step {best.step}", series, references, NO_LOSS)


def accuracy_chart(of: Charted) -> ChartData:
    """Return accuracy and macro F1 on the validation rows, of every evaluation, beside the guess and the baseline."""
    history = of.history
    if _makes_no_steps(of):
        return ChartData("Accuracy", [], [], _NO_STEPS_AT_ALL)
    others = [one for one in of.others if one.history.evaluations]
    if not history.evaluations and not others:
        return ChartData("Accuracy", [], [], _NO_EVALUATION)
    series = [_of_evaluations(history, of.axis, "accuracy", lambda one: one.accuracy)]
    if not others:
        series.append(_of_evaluations(history, of.axis, "macro F1", lambda one: one.macro_f1, colour="success"))
    series += [_of_evaluations(one.history, of.axis, one.name, lambda one: one.accuracy) for one in others]
    references = [("baseline", of.baseline.accuracy)] if of.baseline is not None else []
    majority = history.plan.majority if history.plan is not None else None
    if majority is not None:
        references.append(("majority guess", majority.accuracy))
    return ChartData(f"Accuracy on {_rows(of)}", series, references, _NO_EVALUATION)


def learning_rate_chart(of: Charted) -> ChartData:
    """Return the learning rate of every step."""
    if _makes_no_steps(of):
        return ChartData("Learning rate", [], [], _NO_STEPS_AT_ALL)
    return ChartData("Learning rate", _of_all(of, "learning rate", lambda one: one.learning_rate), [], _NO_STEP)


def gradient_chart(of: Charted) -> ChartData:
    """Return the gradient norm of every step before clipping, and how many steps were clipped."""
    if _makes_no_steps(of):
        return ChartData("Gradient norm", [], [], _NO_STEPS_AT_ALL)
    steps, most = of.history.steps, of.max_grad_norm
    series = _of_all(of, "gradient norm", lambda one: one.gradient_norm)
    if not most or not steps:
        return ChartData("Gradient norm", series, [], _NO_STEP)
    clipped = sum(one.gradient_norm > most for one in steps) / len(steps)
    title = f"Gradient norm · {clipped:.0%} of steps clipped"
    return ChartData(title, series, [("clipped above", most)], _NO_STEP)


def speed_chart(of: Charted) -> ChartData:
    """Return the reviews per second of every step but a worker's first; evaluations and checkpoints do not count."""
    if _makes_no_steps(of):
        return ChartData("Speed", [], [], _NO_STEPS_AT_ALL)
    runs = [("reviews/s", of.history), *((one.name, one.history) for one in of.others)]
    series = [_speeds(history, of.axis, name) for name, history in runs if len(history.steps) > 1]
    return ChartData("Reviews per second", series, [], _NO_STEP)


def along(history: RunHistory, axis: Axis) -> Sequence[float]:
    """Return where each step of a run lies on an axis."""
    steps = history.steps
    if axis == "reviews":
        return list(accumulate(one.reviews for one in steps))
    if axis == "epoch":
        return [one.epoch for one in steps]
    return [one.seconds for one in steps] if axis == "seconds" else [one.step for one in steps]


def _places(history: RunHistory, axis: Axis, evaluations: Sequence[EvaluationRecord]) -> Sequence[float]:
    """Return where evaluations lie on an axis: where the steps before them do."""
    if axis == "step":
        return [one.step for one in evaluations]
    if axis == "epoch":
        return [one.epoch for one in evaluations]
    numbers, places = [one.step for one in history.steps], along(history, axis)
    found = (min(bisect_left(numbers, one.step), len(places) - 1) for one in evaluations)
    return [places[place] if place >= 0 else 0.0 for place in found]


def _points(history: RunHistory, axis: Axis, name: str) -> Series:
    """Return the validation losses as points."""
    found = history.evaluations
    colour: Literal["warning"] | None = "warning" if name == "validation" else None
    return Series(name, _places(history, axis, found), [one.loss for one in found], style="points", colour=colour)


def _of_evaluations(
    history: RunHistory,
    axis: Axis,
    name: str,
    figure: Callable[[EvaluationRecord], float],
    colour: Literal["success"] | None = None,
) -> Series:
    found = history.evaluations
    return Series(name, _places(history, axis, found), [figure(one) for one in found], colour=colour)


def _of_all(of: Charted, name: str, figure: Callable[[StepRecord], float]) -> list[Series]:
    """Return a figure of every step, of the run and of those beside it."""
    others = [_of_steps(of, other.name, figure, other.history) for other in of.others]
    return [_of_steps(of, name, figure), *others]


def _of_steps(
    of: Charted, name: str, figure: Callable[[StepRecord], float], history: RunHistory | None = None
) -> Series:
    history = history or of.history
    return Series(name, along(history, of.axis), [figure(one) for one in history.steps])


def _speeds(history: RunHistory, axis: Axis, name: str) -> Series:
    speeds = [_speed(before, after) for before, after in pairwise(history.steps)]
    return Series(name, along(history, axis)[1:], speeds)


def _speed(before: StepRecord, after: StepRecord) -> float | None:
    seconds = after.seconds - before.seconds
    return after.reviews / seconds if seconds > 0 and after.step == before.step + 1 else None


def _makes_no_steps(of: Charted) -> bool:
    return of.history.plan is not None and of.history.plan.method == "baseline"


def _rows(of: Charted) -> str:
    plan = of.history.plan
    return f"{plan.validation_rows:,} reviews" if plan is not None else "the validation reviews"
