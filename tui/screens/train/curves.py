"""The charts whose curves go along the training: loss, accuracy, learning rate, gradient norm, speed, and layers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Literal

from core.runs.history import RunHistory
from core.runs.records import EvaluationRecord
from core.runs.steps import Column
from tui.screens.train.chart_data import AXIS_KINDS, Axis, ChartData, Charted, Overlaid
from tui.widgets.chart.series import Colour, Series, bundle

NO_LOSS = "No loss yet: the first step has not been made."
_NO_STEP = "The first step has not been made."
_NO_EVALUATION = "Not evaluated yet."
_NO_STEPS_AT_ALL = "A baseline makes no steps, so there is no curve."
_OWN = "this run"
_NO_LAYERS = "No step has been looked at by layer."


def loss_chart(of: Charted) -> ChartData:
    """Return the training loss of every step and the validation loss of every evaluation."""
    if of.makes_no_steps:
        return ChartData("Loss", [], [], _NO_STEPS_AT_ALL)
    series = [replace(_of_steps(of.history, of.axis, "training", "loss", "primary", 0), of=_OWN)]
    if of.history.evaluations:
        colour: Colour = "primary" if of.others else "warning"
        points = _of_evaluations(of.history, of.axis, "validation", _loss, colour, 0, "points")
        series.append(replace(points, of=_OWN, kind="validation"))
    for other in of.others:
        series.append(_of_others(of, other, "loss"))
        if any(one.evaluations for one in other.histories):
            series += _points_of_others(of, other)
    best = of.history.best
    references = [("baseline", of.baseline.loss)] if of.baseline is not None else []
    return ChartData("Loss" if best is None else f"Loss · kept: step {best.step}", series, references, NO_LOSS)


def accuracy_chart(of: Charted) -> ChartData:
    """Return accuracy and macro F1 on the validation rows, of every evaluation, beside the guess and the baseline."""
    history = of.history
    if of.makes_no_steps:
        return ChartData("Accuracy", [], [], _NO_STEPS_AT_ALL)
    others = [one for one in of.others if any(history.evaluations for history in one.histories)]
    if not history.evaluations and not others:
        return ChartData("Accuracy", [], [], _NO_EVALUATION)
    series = [_of_evaluations(history, of.axis, "accuracy", _accuracy, "primary", 0)]
    if not others:
        series.append(_of_evaluations(history, of.axis, "macro F1", lambda one: one.macro_f1, "success", 1))
    series += [
        _together(one, [_of_evaluations(each, of.axis, one.name, _accuracy) for each in one.histories])
        for one in others
    ]
    references = [("baseline", of.baseline.accuracy)] if of.baseline is not None else []
    majority = history.plan.majority if history.plan is not None else None
    if majority is not None:
        references.append(("majority guess", majority.accuracy))
    return ChartData(f"Accuracy on {_rows(of)}", series, references, _NO_EVALUATION)


def learning_rate_chart(of: Charted) -> ChartData:
    """Return the learning rate of every step."""
    return _of_all("Learning rate", of, "learning rate", "learning_rate")


def gradient_chart(of: Charted) -> ChartData:
    """Return the gradient norm of every step before clipping, and how many steps were clipped."""
    found, steps, most = (
        _of_all("Gradient norm", of, "gradient norm", "gradient_norm"),
        of.history.steps,
        of.max_grad_norm,
    )
    if not most or not steps:
        return found
    clipped = of.samples.clipped.share(steps, most)
    return replace(found, title=f"Gradient norm · {clipped:.0%} of steps clipped", references=[("clipped above", most)])


def speed_chart(of: Charted) -> ChartData:
    """Return the reviews per second of every step but a worker's first; evaluations and checkpoints do not count."""
    return _of_all("Reviews per second", of, "reviews/s", "reviews_per_second")


def layers_chart(of: Charted, figure: Literal["gradient_norm", "update_ratio"], title: str) -> ChartData:
    """Return a figure of each part of the model, of the steps that were looked at so closely, as a heat map."""
    if of.makes_no_steps:
        return ChartData(title, [], [], _NO_STEPS_AT_ALL)
    looked_at = of.history.layers
    places = _places(of.history, of.axis, [(one.step, None, one.time) for one in looked_at])
    names = [part.name for part in looked_at[-1].parts] if looked_at else []
    series = []
    for name in names:
        values = [next((getattr(part, figure) for part in one.parts if part.name == name), None) for one in looked_at]
        series.append(Series(name, places, values, "heat", gaps=True))
    return ChartData(title, series, [], _NO_LAYERS)


def _loss(one: EvaluationRecord) -> float:
    return one.loss


def _accuracy(one: EvaluationRecord) -> float:
    return one.accuracy


def _of_all(title: str, of: Charted, name: str, column: Column) -> ChartData:
    """Return a figure of every step, of the run and of those beside it."""
    if of.makes_no_steps:
        return ChartData(title, [], [], _NO_STEPS_AT_ALL)
    series = [_of_steps(of.history, of.axis, name, column, "primary", 0)]
    return ChartData(title, [*series, *(_of_others(of, other, column) for other in of.others)], [], _NO_STEP)


def _of_steps(
    history: RunHistory, axis: Axis, name: str, column: Column, colour: Colour | None = None, mark: int | None = None
) -> Series:
    steps = history.steps
    gaps = column == "reviews_per_second"
    return Series(name, steps.column(AXIS_KINDS[axis].column), steps.column(column), "line", colour, mark, gaps=gaps)


def _of_others(of: Charted, other: Overlaid, column: Column) -> Series:
    return _together(other, [_of_steps(history, of.axis, other.name, column) for history in other.histories])


def _points_of_others(of: Charted, other: Overlaid) -> list[Series]:
    """Return the validation losses of another run as points, or those of several as their mean and range."""
    name = f"{other.name}, validation"
    found = [_of_evaluations(history, of.axis, name, _loss) for history in other.histories]
    if len(found) > 1:
        together = bundle(name, found, other.colour, other.number)
        return [replace(together, of=other.name, kind="validation")]
    points = replace(found[0], style="points", colour=other.colour, mark=other.number)
    return [replace(points, of=other.name, kind="validation")]


def _together(other: Overlaid, series: list[Series]) -> Series:
    """Return a curve of another run, or those of several as one, with the colour and the mark that they have."""
    if len(series) > 1:
        return bundle(other.name, series, other.colour, other.number)
    return replace(series[0], colour=other.colour, mark=other.number)


def _of_evaluations(
    history: RunHistory,
    axis: Axis,
    name: str,
    figure: Callable[[EvaluationRecord], float],
    colour: Colour | None = None,
    mark: int | None = None,
    style: Literal["line", "points"] = "line",
) -> Series:
    found = history.evaluations
    places = _places(history, axis, [(one.step, one.epoch, one.time) for one in found])
    return Series(name, places, [figure(one) for one in found], style, colour, mark)


def _places(history: RunHistory, axis: Axis, at: Sequence[tuple[int, float | None, float]]) -> Sequence[float]:
    """Return where something lies on an axis that happened after some steps: where those steps do.

    Args:
        history: The run.
        axis: The axis.
        at: Step, epoch and time of each; None for an epoch that is that of the step.
    """
    if axis == "step":
        return [step for step, _, _ in at]
    if axis == "epoch" and all(epoch is not None for _, epoch, _ in at):
        return [epoch or 0.0 for _, epoch, _ in at]
    if axis == "clock":
        return [time for _, _, time in at]
    numbers, places = history.steps.column("step"), history.steps.column(AXIS_KINDS[axis].column)
    found = (min(bisect_left(numbers, step), len(places) - 1) for step, _, _ in at)
    return [places[place] if place >= 0 else 0.0 for place in found]


def _rows(of: Charted) -> str:
    plan = of.history.plan
    return f"{plan.validation_rows:,} reviews" if plan is not None else "the validation reviews"
