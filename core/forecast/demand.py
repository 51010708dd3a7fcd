"""What one run needs, counted: bytes by what they are for, and seconds.

Bytes are anonymous memory of the worker on a CPU, and what torch's allocator gives out on a GPU: what a run's journal
calls `process_peak` and `device_peak`.

    baseline     libraries, allocator and kernels: measured (calibration.py)
    weights      fp32, all of them; a copy in the products' format
    gradients    fp32, of the weights that learn; on the native path only the words that occur
    optimizer    two moments of them (AdamW), none (SGD)
    activations  what the backward pass needs of the most expensive micro-batch
    workspace    what passes need besides; kernels; dropout masks; tables of the reviews
    copies       the best weights so far; what saving the model at the end needs beyond all of that
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from core.encoder import footprint
from core.forecast import autograd, loads
from core.forecast.calibration import calibration_of
from core.forecast.facts import Calibration, Facts
from core.settings import Settings
from core.training.sizes import (
    EVALUATION_REVIEWS,
    EVALUATION_TOKENS,
    HEAD_POOL_ELEMENTS,
    HEAD_TOKENS,
    POOL_ELEMENTS,
    TRANSFORMERS_REVIEWS,
    TRANSFORMERS_TOKENS,
)

UNLIMITED = 1 << 62
_FEWEST_TOKENS = 64
_ROW_BYTES = 64
"""Of each review in the tables of a run."""
_READING, _READING_REUSED = 40 << 20, 24 << 20
"""What reading and tokenizing reviews adds to a worker; where more than a head is trained, some of it is used again
(measured)."""
_BESIDE = 0.5
"""Of the time that a checkpoint takes, what the steps beside it take longer (measured, two processors)."""
_CHECKPOINT_SECONDS = 0.01
"""Of a checkpoint however small: files are made, synced and renamed (measured)."""
_HASH_RATE = 1.2e9
"""Bytes a second of sha256."""
_PIECES = 60 << 20
"""What the allocator at most keeps in pieces of what passes have left (measured)."""
_FEWER_REVIEWS = 2
"""Shapes of a last part of a step, and of an evaluation, which have fewer reviews."""
_KEPT_SHAPES = 12
"""Of micro-batches, whose kernels the library keeps at the same time (measured)."""
_LATE_KERNELS = 20 << 20, 25 << 20
"""Kernels of bf16 products for shapes that the steps of a calibration have not met, where all reviews are of the same
length; what they take besides where all are of different ones (measured)."""
_FROZEN_KERNELS = 40 << 10
"""The same of fp32 where frozen layers are computed once, for each element of the width (measured)."""


class Parts(BaseModel):
    """Bytes by what they are for."""

    model_config = ConfigDict(frozen=True)

    baseline: int
    weights: int
    gradients: int
    optimizer: int
    activations: int
    workspace: int
    copies: int

    @property
    def total(self) -> int:
        return sum(self.model_dump().values())


class Plan(BaseModel):
    """Limits of a micro-batch."""

    model_config = ConfigDict(frozen=True)

    tokens: int
    reviews: int


def padded(length: int) -> int:
    """Tokens of a review on the transformers path that is the longest of its micro-batch."""
    return -(-length // 8) * 8


class Run:
    """One run: facts under settings."""

    def __init__(self, facts: Facts, settings: Settings) -> None:
        self.facts, self.settings, self.shape = facts, settings, facts.shape
        self.path, self.precision = facts.path(settings), facts.precision(settings)
        self.calibration: Calibration = calibration_of(facts, settings)
        self.native = self.path == "native"
        self.item = 4 if self.precision == "fp32" else 2
        self.boundary = self.shape.boundary(settings)
        self.head_only = self.boundary == self.shape.layers
        whole = loads.cut(facts.table, min(settings.max_length, facts.limit))
        counted = max(sum(count for _, count in whole), 1)
        held_out = facts.validation if facts.validation is not None else facts.reviews * settings.validation_fraction
        self.rows = facts.reviews if facts.validation is not None else facts.reviews - held_out
        self.table = whole
        self._per_review = self.rows / counted
        self._held_out = held_out / counted
        per_epoch = -(-round(self.rows) // settings.batch_size)
        self.steps = settings.max_steps or settings.epochs * per_epoch
        self.epochs = self.steps / max(per_epoch, 1)
        self._per_epoch = per_epoch

    # Micro-batches

    @property
    def asked(self) -> Plan:
        """As the settings ask for them."""
        size, batch = self.settings.micro_batch_size, self.settings.batch_size
        if size != "auto":
            return Plan(tokens=UNLIMITED, reviews=size)
        if not self.native:
            most = batch if self.facts.device != "cpu" else min(batch, TRANSFORMERS_REVIEWS)
            return Plan(tokens=TRANSFORMERS_TOKENS, reviews=most)
        budget = self.facts.budgets.get(self.precision, max(self.facts.budgets.values(), default=2048))
        return Plan(tokens=HEAD_TOKENS if self.head_only else budget, reviews=batch)

    def smaller(self, plan: Plan) -> Plan | None:
        """Half of it; None where it cannot be smaller."""
        if plan.tokens < UNLIMITED:
            return Plan(tokens=plan.tokens // 2, reviews=plan.reviews) if plan.tokens > _FEWEST_TOKENS else None
        return Plan(tokens=plan.tokens, reviews=plan.reviews // 2) if plan.reviews > 1 else None

    def largest_part(self, plan: Plan) -> list[int]:
        """Lengths of the most expensive micro-batch."""
        longest = loads.longest(self.table, min(self.settings.batch_size, max(round(self.rows), 1)))
        return loads.largest_part(longest, plan.tokens, plan.reviews)

    def frozen_parts(self) -> list[list[int]]:
        """Lengths of the batches that need most of something where frozen layers are computed once, for all reviews."""
        rows = max(round(self.rows), 1)
        if sum(length * count for length, count in self.table) * self._per_review <= EVALUATION_TOKENS:
            return [loads.some(self.table, rows)]
        longest = loads.longest(self.table, min(EVALUATION_TOKENS, rows))
        return [loads.largest_part(longest, EVALUATION_TOKENS, UNLIMITED), self._usual(EVALUATION_TOKENS)]

    def largest_micro_batch(self, room: int) -> int:
        """Reviews of the longest kind that fit into a micro-batch."""
        low, high = 0, min(self.settings.batch_size, max(round(self.rows), 1))
        while low < high:
            middle = (low + high + 1) // 2
            if self.parts(Plan(tokens=UNLIMITED, reviews=middle)).total <= room:
                low = middle
            else:
                high = middle - 1
        return low

    def passes(self, plan: Plan) -> tuple[list[list[int]], list[int]]:
        """Lengths of micro-batches of a step that need most of something, and of the largest part of an evaluation."""
        largest = self.largest_part(plan)
        full = min(plan.tokens, sum(loads.longest(self.table, self.settings.batch_size)))
        usual = self._usual(full)[: min(plan.reviews, self.settings.batch_size)]
        tokens = min(EVALUATION_TOKENS, plan.tokens)
        if plan.tokens >= UNLIMITED:
            tokens = min(EVALUATION_TOKENS, plan.reviews * self.settings.max_length)
        held_out = loads.longest(self.table, EVALUATION_REVIEWS)
        return [largest, usual], loads.largest_part(held_out, tokens, EVALUATION_REVIEWS)

    def _usual(self, tokens: int) -> list[int]:
        """Lengths of as many reviews of a middling length as have so many tokens, and as there are."""
        usual = self.table[len(self.table) // 2][0] if self.table else 1
        return [usual] * max(min(tokens // max(usual, 1), round(self.rows)), 1)

    def shapes(self, plan: Plan) -> int:
        """Of micro-batches, that have kernels of their own at the same time; reviews are padded, so not natively."""
        if self.native:
            return 0
        load = loads.work(self.table, self.settings.batch_size, plan.tokens, plan.reviews)
        learned = self.epochs * load.micro_batches * self._per_review
        measured = self._held_out * load.tokens / EVALUATION_TOKENS
        shares: dict[int, float] = {}
        for length, count in self.table:
            shares[padded(length)] = shares.get(padded(length), 0.0) + count * self._per_review / max(self.rows, 1)
        met = sum(min(share * batches, 1.0) for share in shares.values() for batches in (learned, measured))
        return min(round(met) + _FEWER_REVIEWS, _KEPT_SHAPES)

    # Memory

    def parts(self, plan: Plan, *, begun: bool = True) -> Parts:
        """Bytes of the peak, by what they are for.

        Args:
            begun: the run is well under way; after its first steps alone there are no copies and fewer kernels.
        """
        learn = 4 * self._learning()
        moments = 2 * learn if self.settings.optimizer == "adamw" else 0
        if self.native:
            weights, activations, workspace = self._native_weights(), *self._native_passes(plan)
            if begun and self.item == 2 and not self.head_only:
                workspace += round(_LATE_KERNELS[0] + _LATE_KERNELS[1] * self._unlike)
        else:
            weights, activations, workspace = self._autograd_weights(), *self._autograd_passes(plan)
        passes = activations + workspace
        if begun:
            workspace += self.calibration.kernel_bytes * self.shapes(plan)
        return Parts(
            baseline=self.calibration.rest_bytes + (self._reading if begun and self.facts.device == "cpu" else 0),
            weights=weights,
            gradients=learn,
            optimizer=moments,
            activations=activations,
            workspace=workspace + round(self.rows * _ROW_BYTES),
            copies=self._copies(learn, moments, passes) if begun else 0,
        )

    @property
    def _unlike(self) -> float:
        """The share of reviews that are not of the most common length."""
        counts = [count for _, count in self.table]
        return 1 - max(counts, default=0) / max(sum(counts), 1)

    @property
    def _reading(self) -> int:
        return _READING if self.head_only else _READING_REUSED

    def _copies(self, learn: int, moments: int, passes: int) -> int:
        """What copies add to the peak: of the best weights, and of the model that is saved at the end.

        Args:
            learn: bytes of the weights that learn. moments: of the optimizer. passes: of what micro-batches need.
        """
        best, saved = self._best(learn), 0
        if self.settings.lora:  # matrices are merged into a copy; of what passes left, the allocator keeps pieces
            saved = best + 4 * self.shape.weights - max(passes // 2, passes - _PIECES)
        elif self.native:  # gradients and moments are gone, the word table is the module's again
            saved = best - moments - passes
            saved += 4 * self.shape.words if self.boundary < 0 and self.facts.mapped else 0
            saved += (
                4 * (self.shape.layers - max(self.boundary, 0)) * self.shape.width * self.shape.inner
            )  # as files do
        return max(best, saved)

    def _best(self, learn: int) -> int:
        """Bytes of the copy of the best weights; none where there is but one evaluation, at the end."""
        goes_on = self.epochs > 1 or (self.settings.evaluate_every or self.steps) < self.steps
        return learn if goes_on else 0

    def _learning(self) -> int:
        """Weights whose gradients are kept: of the words only those that occur, on the native path."""
        learn = self.shape.learning(self.settings)
        if self.native and self.boundary < 0:
            learn -= self.shape.words - min(self.facts.distinct, self.shape.vocabulary) * self.shape.width
        return learn

    def _native_weights(self) -> int:
        """Master weights, their copies in the products' format, and what of frozen layers is laid out anew.

        What does not learn otherwise stays in the model's file, which is mapped and not counted, if it can be.
        """
        shape, item = self.shape, self.item
        frozen = max(self.boundary, 0)
        size = 4 * self._learning()
        if not self.facts.mapped:
            size += 4 * (shape.words if self.boundary < 0 else shape.weights - shape.learning(self.settings))
        if item == 2:
            size += 2 * ((shape.layers - frozen) * shape.layer + shape.head)
        fixed = shape.width * shape.inner * 4  # the feed-forward's second weight, transposed
        fixed += shape.layer_products * 2 if item == 2 else 3 * shape.width**2 * 4
        return size + frozen * fixed

    def _native_passes(self, plan: Plan) -> tuple[int, int]:
        """What a backward pass needs, and all other buffers."""
        shape, item = self.shape, self.item
        pool = (HEAD_POOL_ELEMENTS if self.head_only else POOL_ELEMENTS) * item * self._dropouts
        train, evaluation = self.passes(plan)
        passes = [footprint.classifying(shape, evaluation, item, self.boundary, given=self.boundary > 0)]
        if self.boundary > 0:
            passes += [footprint.classifying(shape, lengths, item) for lengths in self.frozen_parts()]
        if self.head_only:
            kernels = _FROZEN_KERNELS * shape.width if item == 4 else 0
            return 0, footprint.total(passes[1:]) + pool + kernels
        for lengths in train:
            passes.append(
                footprint.learning(
                    shape,
                    lengths,
                    item,
                    self.boundary,
                    recompute=self.settings.gradient_checkpointing,
                    given=self.boundary > 0,
                )
            )
        largest = footprint.largest(passes)
        kept = sum(size for (name, _), size in largest.items() if name[0].isdigit())
        return kept, sum(largest.values()) - kept + pool

    @property
    def _dropouts(self) -> int:
        """Pools of masks: one for each probability."""
        own = self.settings.dropout
        return self.shape.dropouts if own is None else int(own > 0)

    def _autograd_weights(self) -> int:
        """Weights in memory: on a CPU those that learn, where the others stay in the model's mapped file."""
        shape, settings = self.shape, self.settings
        size = 4 * self._learning()
        if not self.facts.mapped or self.facts.device != "cpu":
            size += 4 * (shape.weights if settings.lora else shape.weights - self._learning())
        if settings.lora:
            size += 4 * shape.head  # it is kept as it was, too
        if self.item == 2:  # autocast's copies: until the end of a pass, or of LoRA's frozen weights of the way back
            once = settings.lora and settings.gradient_checkpointing
            size += 2 * (1 if once else self._learned) * shape.layer_products
        return size

    @property
    def _learned(self) -> int:
        """Layers that a backward pass on the transformers path goes through."""
        return self.shape.layers if self.settings.lora else self.shape.layers - max(self.boundary, 0)

    def _autograd_passes(self, plan: Plan) -> tuple[int, int]:
        """What autograd keeps of the most expensive micro-batch, and what a single layer needs besides."""
        shape, settings = self.shape, self.settings
        lora = autograd.Lora(settings.lora_rank, settings.lora_dropout > 0) if settings.lora else None
        train, evaluation = self.passes(plan)
        kept = passing = 0
        for lengths in train:
            size = autograd.kept(shape, lengths, self.item, lora)
            if settings.gradient_checkpointing and self._learned:
                size += self._learned * autograd.stream(shape, lengths)
            else:
                size *= self._learned
            if lora is None and self.boundary < 0:
                size += autograd.embedding(shape, lengths)
            kept, passing = max(kept, size), max(passing, autograd.passing(shape, lengths))
        factor = self.calibration.factor
        kept, passing = round(kept * factor), round(passing * factor)
        return kept, max(passing, autograd.forward(shape, evaluation) - kept)

    # Time

    def seconds(self, plan: Plan) -> tuple[float, float]:
        """Seconds of an epoch, and of all steps and evaluations."""
        calibration, settings = self.calibration, self.settings
        load = loads.work(self.table, settings.batch_size, plan.tokens, plan.reviews, square=not self.native)
        frozen = max(self.boundary, 0) if not settings.lora else 0
        learned = self.shape.layers - frozen
        passes = 4 if settings.gradient_checkpointing else 3
        operations = passes * self.operations(load, learned) if learned else 0.0
        if not self.native:
            operations += self.operations(load, frozen, top=learned == 0)
        training = operations * self._per_review / calibration.rate
        training += load.micro_batches * self._per_review * calibration.overhead + self._per_epoch * calibration.update
        measured = self.shape.layers if not self.native else learned
        evaluation = self.operations(load, measured) * self._held_out / calibration.forward_rate if measured else 0.0
        evaluations = self.steps / (settings.evaluate_every or max(self._per_epoch, 1))
        whole = training * self.epochs + evaluation * max(evaluations, 1) + calibration.first_evaluation
        learn = 4 * self._learning()
        whole += calibration.touch * ((2 * learn if settings.optimizer == "adamw" else 0) + self._best(learn))
        whole += self._checkpoints(training * self.epochs)
        return training + evaluation * max(evaluations, 1) / max(self.epochs, 1e-9), whole

    def _checkpoints(self, training: float) -> float:
        """Seconds that checkpoints add to steps that take so many: what is written beside them slows them down, and
        where checkpoints follow each other at once, steps wait for the disk."""
        best = self._best(4 * self._learning()) / 2  # they are the model's own for about half of the time
        writing = _CHECKPOINT_SECONDS + (self._checkpoint_bytes + best) / self.calibration.disk_rate
        every = max(self.settings.checkpoint_seconds, training / max(self.steps, 1))
        each = _BESIDE * min(writing, every) + max(writing - every, 0.0)
        return int(training / every) * each if training else 0.0

    def ending(self) -> float:
        """Seconds in which the last checkpoint and the model are written."""
        size = self._checkpoint_bytes + 4 * self.shape.weights
        return size / self.calibration.disk_rate + size / _HASH_RATE

    @property
    def _checkpoint_bytes(self) -> int:
        learn = 4 * self._learning()
        return learn * (3 if self.settings.optimizer == "adamw" else 1)

    def once(self, plan: Plan) -> float:
        """Seconds in which the frozen layers are computed, before the first step; 0 where that is done in every one."""
        if not self.native or self.boundary <= 0:
            return 0.0
        load = loads.work(self.table, self.settings.batch_size, plan.tokens, plan.reviews)
        below = self.operations(load, self.boundary, top=self.head_only)
        return below * (self._per_review + self._held_out) / self.calibration.forward_rate

    def operations(self, load: loads.Work, layers: int, *, top: bool = True) -> float:
        """Floating-point operations of one forward pass through so many layers, over what `load` says.

        Args:
            top: the last of all layers is among them, which the native encoder computes for first tokens alone.
        """
        if layers <= 0:
            return 0.0
        shape = self.shape
        per_token = 2.0 * layers * shape.layer_products
        whole = layers
        if self.native and top:
            per_token -= 2.0 * (shape.layer_products - 2 * shape.width**2)
            whole -= 1
        return load.tokens * per_token + load.squares * 4.0 * shape.width * whole
