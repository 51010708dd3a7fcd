"""The result of `core/inference/evaluation.py`: how good a run's model is on labelled reviews. It loads no torch."""

from __future__ import annotations

import msgspec

from core.inference.cut_report import CutReport
from core.reviews.report import Leak
from core.runs.figures import ClassFigures


class EvaluationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of `reviewtui evaluate`; `--json` prints all of them."""

    run: str
    data: str
    part: str | None
    """The part of the source that it was, `test` or `validation`; None if the source names neither."""
    rows: int
    """Number of labelled reviews that were classified."""
    left_out: dict[str, int]
    """Reason → number of rows left out."""
    labels: tuple[str, ...]
    loss: float
    """Mean cross-entropy, in nats."""
    accuracy: float
    macro_f1: float
    per_class: dict[str, ClassFigures]
    confusion: tuple[tuple[int, ...], ...]
    """Confusion matrix [C, C]: row = true class, column = predicted class."""
    ece: float
    """Expected calibration error."""
    ece_null_mean: float
    """The mean `ece` that a perfectly calibrated model would show on as many reviews."""
    ece_null_95: float
    """The 95th percentile of the same distribution."""
    leak: Leak | None
    """Reviews that are also in the training data; None if there are none."""
    cut: CutReport | None
    """Accuracy on reviews that the model's limit cuts, against whole ones; None if there are not both."""
    only_class: str | None
    """The class that the model gives to every review, although they are of several; None if it gives others too."""
    seconds: float
    reviews_per_second: float
