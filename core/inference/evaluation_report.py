"""How good a run's model is on labelled reviews: what `core/inference/evaluation.py` finds. Light."""

from __future__ import annotations

import msgspec

from core.reviews.report import Leak
from core.runs.records import ClassFigures


class EvaluationReport(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of `reviewtui evaluate`; `--json` prints all of them."""

    run: str
    data: str
    rows: int
    """Labelled reviews that were measured."""
    left_out: dict[str, int]
    """Reason → rows left out."""
    labels: tuple[str, ...]
    loss: float
    """Mean cross-entropy, in nats."""
    accuracy: float
    macro_f1: float
    per_class: dict[str, ClassFigures]
    confusion: tuple[tuple[int, ...], ...]
    """[C, C]: row = true class, column = predicted class."""
    ece: float
    """Expected calibration error."""
    ece_null_mean: float
    """What a perfectly calibrated model would show on as many reviews; its 95th percentile is `ece_null_95`."""
    ece_null_95: float
    leak: Leak | None
    """Reviews that the model was trained on; None if there are none."""
    seconds: float
    reviews_per_second: float
