"""What a run will compute, decided once: the forecast asks before the run, the learner and the loop ask in it.

Nothing here needs torch. What only a machine can tell (a precision for `auto`, a token budget) is passed in.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

from core.planning.sizes import EVALUATION_TOKENS, HEAD_TOKENS, TRANSFORMERS_REVIEWS, TRANSFORMERS_TOKENS
from core.settings.schema import Settings

UNLIMITED = 1 << 62
"""Stands for no limit."""
_MIN_TOKENS = 64


@dataclass(frozen=True)
class ComputePath:
    """What computes a run, and the reason."""

    name: str
    """native or transformers."""
    why: str


@dataclass(frozen=True)
class MicroBatchLimits:
    """The largest micro-batch."""

    tokens: int
    reviews: int
    recompute: bool = False
    """Whether activations are recomputed in the backward pass instead of kept."""

    def halved(self) -> MicroBatchLimits | None:
        """Return limits of half the size; None if they cannot be smaller."""
        if self.tokens < UNLIMITED:
            smaller = MicroBatchLimits(self.tokens // 2, self.reviews, self.recompute)
            return smaller if self.tokens > _MIN_TOKENS else None
        smaller = MicroBatchLimits(self.tokens, self.reviews // 2, self.recompute)
        return smaller if self.reviews > 1 else None


@dataclass(frozen=True)
class RunPlan:
    """How one run is computed."""

    path: ComputePath
    device: str
    """cpu or cuda."""
    precision: str
    """fp32, bf16 or fp16."""
    layers: int
    num_frozen: int
    """The lowest layers that do not learn; -1 if not even the embeddings are frozen."""

    @property
    def native(self) -> bool:
        """Whether the native encoder computes it."""
        return self.path.name == "native"

    @property
    def head_only(self) -> bool:
        """Whether only the head learns."""
        return self.num_frozen == self.layers

    def limits(self, settings: Settings, token_budget: int) -> MicroBatchLimits:
        """Return the size of micro-batches that the settings ask for.

        Args:
            token_budget: Tokens per micro-batch that suit the native encoder on this machine, if the size is auto.
        """
        size, recompute = settings.micro_batch_size, settings.gradient_checkpointing
        if size != "auto":
            return MicroBatchLimits(UNLIMITED, size, recompute)
        if self.native:
            tokens = HEAD_TOKENS if self.head_only else token_budget
            return MicroBatchLimits(tokens, settings.batch_size, recompute)
        reviews = settings.batch_size if self.device != "cpu" else min(settings.batch_size, TRANSFORMERS_REVIEWS)
        return MicroBatchLimits(TRANSFORMERS_TOKENS, reviews, recompute)


def plan_run(
    settings: Settings, *, device: str, precision: str, layers: int, family: str | None, unsupported: str = ""
) -> RunPlan:
    """Decide how a run is computed.

    Args:
        device: cpu or cuda.
        precision: The one that is used, never `auto`.
        layers: Layers of the model.
        family: The family that the native encoder knows the model as; None if it does not support it.
        unsupported: Why it does not.
    """
    if settings.lora:
        path = ComputePath("transformers", "LoRA adds matrices beside the layers")
    elif device != "cpu":
        path = ComputePath("transformers", "the native encoder is for the CPU")
    elif precision not in ("fp32", "bf16"):
        path = ComputePath("transformers", f"the native encoder does not compute in {precision}")
    elif family is None:
        path = ComputePath("transformers", unsupported)
    else:
        path = ComputePath("native", f"the model is in the {family} family")
    return RunPlan(path, device, precision, layers, num_frozen(settings, layers))


def num_frozen(settings: Settings, layers: int) -> int:
    """Return how many of the lowest layers are frozen along with the embeddings; -1 if nothing is frozen."""
    choice = settings.freeze_layers
    if isinstance(choice, str):
        return {"none": -1, "embeddings": 0, "encoder": layers}[choice]
    return min(choice, layers)


def evaluation_tokens(limits: MicroBatchLimits, max_length: int) -> int:
    """Return the most tokens in a batch of an evaluation, which needs no more memory than the requested steps.

    Args:
        max_length: Tokens of the longest review, as it is read.
    """
    tokens = limits.tokens if limits.tokens < UNLIMITED else limits.reviews * max_length
    return min(EVALUATION_TOKENS, tokens)


def cpu_threads() -> int:
    """Return the number of processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
