"""All that a forecast is made from, as plain data: collected once by the engine, held by whoever shows a gauge."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.base.contention import MAX_LOST
from core.planning.model_shape import ModelShape
from core.planning.run_plan import RunPlan, plan_run
from core.settings.schema import Settings

TOUCH = 5e-10
"""Seconds that a byte takes that is written to for the first time, where that was not measured."""


class Observed(BaseModel):
    """The run whose steps, evaluations and peak a calibration is made of."""

    model_config = ConfigDict(frozen=True)

    tokens: float
    """Of the mean review. Reviews of another length make micro-batches of another speed."""
    prepared: str = ""
    """The reviews and settings for which it has left behind what the frozen layers make of them; see
    `Run.prepares`."""
    seconds: float = 0.0
    """Training time that was looked at."""


class Calibration(BaseModel):
    """What real steps on this machine have shown of one way to compute one model: those of a probe, or of a run."""

    model_config = ConfigDict(frozen=True)

    rest_bytes: int
    """Memory that no formula explains: libraries, allocator."""
    kernel_bytes: int = 0
    """Memory that kernels for one more shape of a micro-batch take; see `Run.shapes`."""
    factor: float = 1.0
    """Activations as they were, by what the formula says of them."""
    rate: float
    """Floating-point operations a second in a training step."""
    overhead: float
    """Seconds that a micro-batch takes besides."""
    forward_rate: float
    update: float
    """Seconds of the optimizer's part of a step, for each byte of weights that learn and of their moments."""
    touch: float = TOUCH
    """Seconds that a byte takes that is written to for the first time."""
    start: float
    """Seconds from the start of a worker to its first step, besides what has to be tokenized."""
    first_evaluation: float = 1.0
    """Seconds that the first evaluation takes besides: libraries are loaded for it."""
    disk_rate: float = 4e8
    """Bytes a second that get onto the disk of the runs."""
    measured: bool = True
    """False where it is a guess."""
    lost: float = 0.0
    """The share of the processors that others had while it was measured; see `core/base/contention.py`."""
    observed: Observed | None = None
    """Of which run it is; None for a probe's."""

    @property
    def is_busy(self) -> bool:
        """Whether its times are those of a busy machine: they are a guess, and not kept."""
        return self.lost > MAX_LOST


class Facts(BaseModel):
    """A model, reviews, and a machine."""

    model_config = ConfigDict(frozen=True)

    model: str
    shape: ModelShape
    limit: int
    """Tokens that the model reads at most."""
    mapped: bool = True
    """Whether its file holds fp32: what does not learn then stays in it, mapped; else all of it is made in memory."""
    reviews: int
    """Labelled reviews of the source."""
    validation: int | None = None
    """Reviews of a file to measure on; None where some of the source are held out."""
    table: list[tuple[int, int]]
    """Lengths in tokens, with special tokens, uncut and ascending, with the number of reviews of each; see loads.py."""
    distinct: int
    """Different tokens that occur."""
    device: str = "cpu"
    auto_precision: str = "fp32"
    """What the precision `auto` means here."""
    budgets: dict[str, int] = {}
    """Tokens that suit a micro-batch of the native encoder, by precision."""
    calibrations: dict[str, Calibration] = {}
    """By `way_of` what a probe measured, by `kind_of` what runs did."""
    free_bytes: int = 0
    """Memory that a run could take now."""
    postponed: bool = False
    """Whether steps could not be measured because a run is being trained."""

    def precision(self, settings: Settings) -> str:
        return self.auto_precision if settings.precision == "auto" else settings.precision

    def plan(self, settings: Settings) -> RunPlan:
        """How a run with `settings` is computed."""
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
        """native or transformers."""
        return self.plan(settings).path.name

    def way_of(self, settings: Settings) -> str:
        """The name of how a run is computed: what of its settings a calibration depends on."""
        words = [self.path(settings), self.precision(settings)]
        if words[0] == "transformers":
            words += ["lora"] * settings.lora + ["recompute"] * settings.gradient_checkpointing
        if self.plan(settings).head_only:
            words.append("head")
        return " ".join(words)

    def kind_of(self, settings: Settings) -> str:
        """The name of runs that take as long for a token, and whose memory is the same but for what is counted."""
        words = [self.way_of(settings), f"frozen={self.shape.num_frozen(settings)}", settings.optimizer]
        words += [f"batch={settings.batch_size}", f"micro={settings.micro_batch_size}"]
        return " ".join(words + ["recompute"] * settings.gradient_checkpointing)
