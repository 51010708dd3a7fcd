"""The forecast of a student: a run with fewer layers, and its teacher's pass over all reviews before it."""

from __future__ import annotations

from core.forecast import duration
from core.forecast.facts import Facts
from core.forecast.forecast import Forecast, forecast
from core.forecast.run import Run
from core.planning import loads
from core.planning.run_plan import UNLIMITED
from core.planning.sizes import EVALUATION_TOKENS
from core.settings.schema import Settings


def student_forecast(facts: Facts, settings: Settings, layers: int) -> tuple[Forecast, float]:
    """Return what a student needs, and the seconds that its teacher takes to answer all reviews.

    Its rates are those of its teacher, whose layers have the same sizes.

    Args:
        facts: Of the teacher.
        layers: Of the student.
    """
    fewer = facts.shape.layers - layers
    weights = facts.shape.weights - fewer * facts.shape.layer
    shape = facts.shape.model_copy(update={"layers": layers, "weights": weights})
    teacher = Run(facts, settings)
    load = loads.work(teacher.table, settings.batch_size, EVALUATION_TOKENS, UNLIMITED)
    asking = duration.operations(teacher, load, facts.shape.layers) * teacher.per_review
    seconds = asking / teacher.calibration.forward_rate
    return forecast(facts.model_copy(update={"shape": shape}), settings), seconds
