"""Everything a forecast is made from, as plain data: collected once by the engine, held by whatever shows a gauge."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.base.contention import MAX_LOST
from core.planning.model_shape import ModelShape
from core.planning.run_plan import RunPlan, plan_run
from core.settings.schema import Settings

TOUCH = 5e-10
"""Seconds per byte of memory that is written to for the first time, if that is not measured."""


class Observed(BaseModel):
    """The run that a calibration was taken from."""

    model_config = ConfigDict(frozen=True)

    tokens: float
    """Mean tokens of a review. The speed of micro-batches depends on the length of the reviews."""
    prepared: str = ""
    """Identifies the output of the frozen layers that the run has left behind; see `Run.prepares`."""
    seconds: float = 0.0
    """Training time that was observed."""


class Calibration(BaseModel):
    """Measurements of one way to compute one model on this machine, taken from a probe's steps or from a run."""

    model_config = ConfigDict(frozen=True)

    rest_bytes: int
    """Memory outside of the formulas: libraries and allocator."""
    kept_rest_bytes: int | None = None
    """The same for a run whose frozen layers an earlier run has computed; None if no such run is known."""
    kernel_bytes: int = 0
    """Memory that the kernels of one more micro-batch shape take; see `Run.shapes`."""
    factor: float = 1.0
    """Measured activations divided by counted ones."""
    rate: float
    """Floating-point operations per second of a training step."""
    overhead: float
    """Fixed seconds per micro-batch."""
    forward_rate: float
    """Floating-point operations per second of a forward pass."""
    update: float
    """Seconds of the optimizer's part of a step, per byte of trainable weights and their moments."""
    touch: float = TOUCH
    """Seconds per byte of memory that is written to for the first time."""
    start: float
    """Seconds from the start of a worker to its first step, without tokenizing."""
    first_evaluation: float = 1.0
    """Seconds that the first evaluation takes longer than others, because it loads libraries."""
    disk_rate: float = 4e8
    """Bytes per second written to the disk of the runs."""
    measured: bool = True
    """False for a guess."""
    lost: float = 0.0
    """Share of the processors that other processes had during the measurement; see `core/base/contention.py`."""
    observed: Observed | None = None
    """The run it was taken from; None for a probe."""

    @property
    def is_busy(self) -> bool:
        """Whether the machine was busy during the measurement: its times are then a guess, and are not kept."""
        return self.lost > MAX_LOST


class Facts(BaseModel):
    """A model, its reviews, and a machine."""

    model_config = ConfigDict(frozen=True)

    model: str
    shape: ModelShape
    limit: int
    """Maximum tokens that the model can read."""
    mapped: bool = True
    """Whether its file holds fp32. Weights that do not learn then stay in the mapped file; otherwise all are copied
    into memory."""
    reviews: int
    """Labelled reviews of the source."""
    validation: int | None = None
    """Reviews of a separate validation file; None if some reviews of the source are held out."""
    table: list[tuple[int, int]]
    """(tokens, reviews) by ascending length, special tokens included and uncut; see `core/planning/loads.py`."""
    distinct: int
    """Different tokens that occur."""
    device: str = "cpu"
    auto_precision: str = "fp32"
    """The precision that `auto` stands for."""
    budgets: dict[str, int] = {}
    """Tokens per micro-batch that suit the native encoder, by precision."""
    calibrations: dict[str, Calibration] = {}
    """Those of probes by `probe_name`, those of runs by `run_kind`."""
    free_bytes: int = 0
    """Memory that a run could take now; 0 if unknown."""
    postponed: bool = False
    """Whether measuring has to wait because a run is being trained."""

    def precision(self, settings: Settings) -> str:
        return self.auto_precision if settings.precision == "auto" else settings.precision

    def plan(self, settings: Settings) -> RunPlan:
        """Return how a run with `settings` is computed."""
        family = self.shape.family
        on_cpu = self.device == "cpu" and settings.device in ("auto", "cpu")
        return plan_run(
            settings,
            device="cpu" if on_cpu else "cuda",
            precision=self.precision(settings),
            layers=self.shape.layers,
            family=None if family == "other" else family,
        )

    def path(self, settings: Settings) -> str:
        """Return `native` or `transformers`."""
        return self.plan(settings).path.name

    def probe_name(self, settings: Settings) -> str:
        """Return the name of a probe's calibration: the settings that decide how a run is computed."""
        words = [self.path(settings), self.precision(settings)]
        if words[0] == "transformers":
            words += ["lora"] * settings.lora + ["recompute"] * settings.gradient_checkpointing
        if self.plan(settings).head_only:
            words.append("head")
        return " ".join(words)

    def run_kind(self, settings: Settings) -> str:
        """Return the name shared by runs with the same time per token and the same memory outside of the formulas."""
        words = [self.probe_name(settings), f"frozen={self.shape.num_frozen(settings)}", settings.optimizer]
        words += [f"batch={settings.batch_size}", f"micro={settings.micro_batch_size}"]
        return " ".join(words + ["recompute"] * settings.gradient_checkpointing)
