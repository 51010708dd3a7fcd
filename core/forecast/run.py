"""One run: facts under settings, and the micro-batches that it computes."""

from __future__ import annotations

from core.forecast import autograd
from core.forecast.calibration import calibration_of
from core.forecast.facts import Calibration, Facts
from core.planning import loads
from core.planning.run_plan import UNLIMITED, MicroBatchLimits, evaluation_tokens
from core.planning.sizes import EVALUATION_REVIEWS, EVALUATION_TOKENS
from core.settings.optimizers import optimizer_spec
from core.settings.schema import Settings

_PARTIAL_SHAPES = 2
"""Shapes of the last micro-batch of a step and of an evaluation, which have fewer reviews than the others."""
_KEPT_SHAPES = 12
"""Micro-batch shapes whose kernels the library keeps at the same time (measured)."""
_SAME_LENGTHS = 0.1
"""Relative difference of mean lengths up to which two runs are taken to read the same reviews: a worker estimates them
from bytes, a forecast counts them."""


def padded(length: int) -> int:
    """Return the padded length of a micro-batch on the transformers path whose longest review has `length` tokens."""
    return -(-length // 8) * 8


class Run:
    """A run with given facts and settings."""

    def __init__(self, facts: Facts, settings: Settings, *, reuses: bool | None = None) -> None:
        """Args:
        reuses: Whether an earlier run has computed the frozen layers; None to ask the calibrations of earlier runs.
        """
        self.facts, self.settings, self.shape = facts, settings, facts.shape
        self.plan = facts.plan(settings)
        self.path, self.precision = self.plan.path.name, self.plan.precision
        self.native = self.plan.native
        self.on_gpu = facts.device != "cpu"
        self.counted_on_gpu = self.on_gpu and self.shape.family != "other"
        self.lora = autograd.Lora(settings.lora_rank, settings.lora_dropout > 0) if settings.lora else None
        self.item = 4 if self.precision == "fp32" else 2
        self.num_frozen, self.head_only = self.plan.num_frozen, self.plan.head_only
        whole = loads.cut(facts.table, min(settings.max_length, facts.limit))
        counted = max(sum(count for _, count in whole), 1)
        held_out = facts.validation if facts.validation is not None else facts.reviews * settings.validation_fraction
        self.rows = facts.reviews if facts.validation is not None else facts.reviews - held_out
        self.table = whole
        self.mean_tokens = sum(length * count for length, count in whole) / counted
        self.calibration: Calibration = calibration_of(facts, settings, self.mean_tokens)
        self.per_review = self.rows / counted
        self.held_out_rows = held_out
        self.held_out = held_out / counted
        per_epoch = -(-round(self.rows) // settings.batch_size)
        self.steps = settings.max_steps or settings.epochs * per_epoch
        self.epochs = self.steps / max(per_epoch, 1)
        self.per_epoch = per_epoch
        self.reuses = self._left_behind() if reuses is None else reuses and bool(self.prepares)
        """Whether the frozen layers need not be computed, because an earlier run has left their output behind."""

    @property
    def requested(self) -> MicroBatchLimits:
        """The limits that the settings ask for."""
        budget = self.facts.budgets.get(self.precision, max(self.facts.budgets.values(), default=2048))
        return self.plan.limits(self.settings, budget)

    @property
    def longest_batch(self) -> list[int]:
        """Lengths of the reviews of the most expensive batch, ascending."""
        return loads.longest(self.table, min(self.settings.batch_size, max(round(self.rows), 1)))

    def largest_part(self, plan: MicroBatchLimits) -> list[int]:
        """Return the lengths of the most expensive micro-batch."""
        return loads.largest_part(self.longest_batch, plan.tokens, plan.reviews)

    def frozen_parts(self) -> list[list[int]]:
        """Return the lengths of the most demanding batches of the pass that computes frozen layers for all reviews."""
        rows = max(round(self.rows), 1)
        if sum(length * count for length, count in self.table) * self.per_review <= EVALUATION_TOKENS:
            return [loads.representative(self.table, rows)]
        longest = loads.longest(self.table, min(EVALUATION_TOKENS, rows))
        return [loads.largest_part(longest, EVALUATION_TOKENS, UNLIMITED), self._typical(EVALUATION_TOKENS)]

    def passes(self, plan: MicroBatchLimits) -> tuple[list[list[int]], list[int]]:
        """Return the lengths of the most demanding micro-batches of a step, and of an evaluation's largest batch."""
        largest = self.largest_part(plan)
        full = min(plan.tokens, sum(loads.longest(self.table, self.settings.batch_size)))
        typical = self._typical(full)[: min(plan.reviews, self.settings.batch_size)]
        tokens = evaluation_tokens(plan, self.settings.max_length)
        held_out = loads.longest(self.table, EVALUATION_REVIEWS)
        return [largest, typical], loads.largest_part(held_out, tokens, EVALUATION_REVIEWS)

    def _typical(self, tokens: int) -> list[int]:
        """Return the lengths of as many medium-length reviews as `tokens` allow, and no more than the run has."""
        length = self.table[len(self.table) // 2][0] if self.table else 1
        return [length] * max(min(tokens // max(length, 1), round(self.rows)), 1)

    def shapes(self, plan: MicroBatchLimits) -> int:
        """Return how many micro-batch shapes have kernels of their own at once; 0 natively, as nothing is padded."""
        if self.native:
            return 0
        load = loads.work(self.table, self.settings.batch_size, plan.tokens, plan.reviews)
        learned = self.epochs * load.micro_batches * self.per_review
        measured = self.held_out * load.tokens / EVALUATION_TOKENS
        shares: dict[int, float] = {}
        for length, count in self.table:
            shares[padded(length)] = shares.get(padded(length), 0.0) + count * self.per_review / max(self.rows, 1)
        met = sum(min(share * batches, 1.0) for share in shares.values() for batches in (learned, measured))
        return min(round(met) + _PARTIAL_SHAPES, _KEPT_SHAPES)

    @property
    def prepares(self) -> str:
        """Identifies the output of the frozen layers, which the next run on the same reviews reuses; empty for none."""
        if not self.native or self.num_frozen <= 0:
            return ""
        settings = self.settings
        words = [round(self.rows + self.held_out_rows), self.num_frozen, self.precision]
        return " ".join(map(str, [*words, settings.max_length, settings.truncation]))

    def _left_behind(self) -> bool:
        """Return whether a run of any kind that read the same reviews has computed the same layers."""
        if not (wanted := self.prepares):
            return False
        observed = [one.observed for one in self.facts.calibrations.values() if one.observed is not None]
        same = [one for one in observed if abs(one.tokens / self.mean_tokens - 1) <= _SAME_LENGTHS]
        return any(one.prepared == wanted for one in same)

    @property
    def rest_bytes(self) -> int:
        """Memory outside of the formulas. That of a run that reuses frozen layers is much the same in all such runs."""
        if self.reuses:
            like = f"{self.facts.probe_name(self.settings)} frozen={self.num_frozen} "
            others = [one for name, one in self.facts.calibrations.items() if name.startswith(like)]
            for one in (self.calibration, *others):
                if one.kept_rest_bytes is not None:
                    return one.kept_rest_bytes
        return self.calibration.rest_bytes

    # Weights that learn

    @property
    def learned_layers(self) -> int:
        """Layers with a backward pass on the transformers path."""
        return self.shape.layers if self.settings.lora else self.shape.layers - max(self.num_frozen, 0)

    @property
    def learned_bytes(self) -> int:
        """Bytes of the weights with gradients. On the native path only the words that occur have any."""
        learn = self.shape.learning(self.settings)
        if self.native and self.num_frozen < 0:
            learn -= self.shape.words - min(self.facts.distinct, self.shape.vocabulary) * self.shape.hidden_size
        return 4 * learn

    @property
    def moment_bytes(self) -> int:
        """Bytes of the optimizer's state."""
        return len(optimizer_spec(self.settings).state) * self.learned_bytes

    @property
    def best_bytes(self) -> int:
        """Bytes of the copy of the best weights; 0 if the only evaluation is at the end."""
        goes_on = self.epochs > 1 or (self.settings.evaluate_every or self.steps) < self.steps
        return self.learned_bytes if goes_on else 0
