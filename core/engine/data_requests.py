"""Engine requests about data, and their answers; see `core/engine/requests.py`."""

from __future__ import annotations

from typing import Literal

import msgspec

from core.comparison.arms import Arm
from core.comparison.foresight import Foresight
from core.comparison.judged import Judged, Pair
from core.comparison.report import DEFAULT_MARGIN, ComparisonReport
from core.data.length_report import LengthReport
from core.engine.requests import EngineRequest
from core.forecast.facts import Facts
from core.forecast.forecast import Forecast, Saving
from core.inference.evaluation_report import EvaluationReport
from core.reviews.options import ReadingOptions
from core.reviews.page import Page, Row
from core.reviews.report import ReadingReport
from core.runs.figures import Count
from core.runs.request import Request
from core.settings.schema import Settings


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of a source of reviews."""

    report: ReadingReport
    trainable: str
    """Why a run cannot be trained on the source; empty if it can."""


class Inspect(EngineRequest[Inspection], frozen=True, kw_only=True):
    """Read a source, and report what it contains."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    count_classes: bool = False
    """Whether progress has a third argument: class → reviews so far, as if there were no more rows."""


class FirstRows(msgspec.Struct, frozen=True, kw_only=True):
    """What the first rows of a large file show, before all of it is read."""

    report: ReadingReport | None
    """Figures of the first rows only; None if the file is small, or cannot be looked at so."""
    rows: tuple[Row, ...] = ()


class Glance(EngineRequest[FirstRows], frozen=True, kw_only=True):
    """Look at the first rows of a large file."""

    source: str
    reading: ReadingOptions = ReadingOptions()


class MeasureLengths(EngineRequest[LengthReport], frozen=True, kw_only=True, tag="lengths"):
    """Count the tokens of a source's reviews."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    model: str = "auto"
    batch_size: int = 32
    """Reviews per batch, for the cost of padding."""


class Rows(EngineRequest[Page], frozen=True, kw_only=True):
    """Read a page of `limit` reviews (500 at most), starting at `offset`, or those `at` some rows."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    offset: Count = 0
    limit: Count = 50
    without_labels: bool = False
    """Whether to read it without labels, so that no row is left out for its label."""
    at: tuple[Count, ...] = ()
    """The rows to read, instead of those from `offset` on, in the order in which they are wanted."""

    @property
    def needs_no_model(self) -> bool:
        return self.without_labels


class Prepare(EngineRequest[None], frozen=True, kw_only=True):
    """Read a run's data and find its model; fail if the run could not start."""

    request: Request


class GatherFacts(EngineRequest[Facts], frozen=True, kw_only=True, tag="facts"):
    """Collect the facts that forecasts are based on."""

    lengths: LengthReport
    classes: int
    settings: Settings
    measure: bool = False
    """Whether to measure a few steps of such a run now, if none have been measured before."""


class RunForecast(msgspec.Struct, frozen=True, kw_only=True):
    """The forecast of a run, the facts it is based on, and ways to save memory."""

    facts: Facts
    forecast: Forecast
    savings: tuple[Saving, ...]
    cannot_learn: str
    """What no model with this tokenizer can learn from the reviews; empty if there is nothing to say."""
    shows: Foresight
    """What its validation rows can show."""


class MakeForecast(EngineRequest[RunForecast], frozen=True, kw_only=True, tag="forecast"):
    """Forecast the memory and time of a run, and what it can show."""

    request: Request
    difference: float | None = None
    """The difference in accuracy that it should show, as a fraction."""


class Foresee(EngineRequest[Foresight], frozen=True, kw_only=True):
    """Say what the validation rows of a source can show."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    validation_fraction: float


class StudentsForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What students of one teacher need."""

    student: Forecast
    """Of each; the teacher's pass is not part of it. Its rates are those of the teacher."""
    teacher_seconds: float
    """Time for the teacher's answers, which are computed once for all students."""


class ForecastStudents(EngineRequest[StudentsForecast], frozen=True, kw_only=True):
    """Forecast students before anything is trained."""

    request: Request
    layers: int
    """Of each student."""


class BulkClassified(msgspec.Struct, frozen=True, kw_only=True):
    """The result of classifying a source into a file."""

    output: str
    rows: int
    resumed_at: int
    """Rows that an earlier call had already classified."""
    left_out: dict[str, int]
    """Reason → number of rows left out."""
    labels: dict[str, int]
    """Label → number of reviews classified as it."""
    seconds: float
    reviews_per_second: float


class ClassifyFile(EngineRequest[BulkClassified], frozen=True, kw_only=True):
    """Classify every review of a source into a file. `folder` and `model` name the model as in `Classify`."""

    source: str
    output: str
    reading: ReadingOptions = ReadingOptions()
    folder: str | None = None
    model: str | None = None
    precision: Literal["auto", "fp32", "bf16"] = "auto"
    keep: str = "short"
    """The columns of the source to write too: the short ones, `all`, `none`, or names separated by commas."""


class Evaluate(EngineRequest[EvaluationReport], frozen=True, kw_only=True):
    """Measure a run's model on labelled reviews."""

    run: str
    """The folder of the run."""
    source: str
    reading: ReadingOptions | None = None
    """How to read the source; None reads it like the run's own data."""


class Compare(EngineRequest[ComparisonReport], frozen=True, kw_only=True):
    """Compare runs, or groups of seeds, on identical rows; the comparison is kept."""

    arms: tuple[Arm, ...]
    source: str | None = None
    """Labelled reviews; None takes the validation rows that all runs share."""
    reading: ReadingOptions | None = None
    """How to read the source; None reads it like the data of the first run."""
    margin: float = DEFAULT_MARGIN
    """The largest difference in accuracy that counts as none, as a fraction."""


class Verdicts(msgspec.Struct, frozen=True, kw_only=True):
    """What stored answers say of pairs of models, in their order."""

    judged: tuple[Judged, ...]


class JudgePairs(EngineRequest[Verdicts], frozen=True, kw_only=True):
    """Judge pairs of models by the answers to validation rows that are stored with their runs."""

    pairs: tuple[Pair, ...]
