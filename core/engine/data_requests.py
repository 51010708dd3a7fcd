"""What the engine can be asked about data, and what it answers; see `core/engine/requests.py`."""

from __future__ import annotations

from typing import Literal

import msgspec

from core.data.length_report import LengthReport
from core.engine.requests import EngineRequest
from core.forecast.facts import Facts
from core.forecast.forecast import Forecast, Saving
from core.inference.evaluation_report import EvaluationReport
from core.reviews.options import ReadingOptions
from core.reviews.page import Page
from core.reviews.report import ReadingReport
from core.runs.records import Count
from core.runs.request import Request
from core.settings.schema import Settings


class Inspection(msgspec.Struct, frozen=True, kw_only=True):
    """What a source holds."""

    report: ReadingReport
    trainable: str
    """Why a run could not learn from it; empty if it could."""


class Inspect(EngineRequest[Inspection], frozen=True, kw_only=True):
    """Read a source."""

    source: str
    reading: ReadingOptions = ReadingOptions()


class MeasureLengths(EngineRequest[LengthReport], frozen=True, kw_only=True, tag="lengths"):
    """Count the tokens of a source's reviews."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    model: str = "auto"
    batch_size: int = 32
    """For the cost of padding."""


class Rows(EngineRequest[Page], frozen=True, kw_only=True):
    """Read a page of reviews: at most 500, from `offset` on."""

    source: str
    reading: ReadingOptions = ReadingOptions()
    offset: Count = 0
    limit: Count = 50


class Prepare(EngineRequest[None], frozen=True, kw_only=True):
    """Fail if a run could not start: read its data, find its model."""

    request: Request


class GatherFacts(EngineRequest[Facts], frozen=True, kw_only=True, tag="facts"):
    """Collect what forecasts are made from."""

    lengths: LengthReport
    classes: int
    settings: Settings
    measure: bool = False
    """Whether the steps that such a run is made of are measured now, if they never were."""


class RunForecast(msgspec.Struct, frozen=True, kw_only=True):
    """What a run would need."""

    facts: Facts
    forecast: Forecast
    savings: tuple[Saving, ...]


class MakeForecast(EngineRequest[RunForecast], frozen=True, kw_only=True, tag="forecast"):
    """Forecast a run before anything is trained."""

    request: Request


class BulkClassified(msgspec.Struct, frozen=True, kw_only=True):
    """A source that was classified into a file."""

    output: str
    rows: int
    resumed_at: int
    """Rows that an earlier call had done."""
    left_out: dict[str, int]
    """Reason → rows left out."""
    labels: dict[str, int]
    """Label → reviews that got it."""
    seconds: float
    reviews_per_second: float


class ClassifyFile(EngineRequest[BulkClassified], frozen=True, kw_only=True):
    """Classify every review of a source into a file, with a model as `Classify` names it."""

    source: str
    output: str
    reading: ReadingOptions = ReadingOptions()
    folder: str | None = None
    model: str | None = None
    precision: Literal["auto", "fp32", "bf16"] = "auto"


class Evaluate(EngineRequest[EvaluationReport], frozen=True, kw_only=True):
    """Measure a run's model on labelled reviews."""

    run: str
    """The run's folder."""
    source: str
    reading: ReadingOptions | None = None
    """None reads the source as the run's own data was read."""
