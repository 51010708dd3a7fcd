"""The learner on the native encoder; see `core/encoder`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import asdict
from functools import cached_property
from hashlib import sha256
from typing import Any

import numpy as np
import torch

from core.base.errors import ReviewtuiError
from core.base.out_of_memory import Attempt, OutOfMemoryError
from core.data.batches import length_sorted, micro_batches
from core.data.examples import Examples
from core.data.tokens import SpecialTokens, tokenizer_sha256
from core.encoder.architecture import architecture_of
from core.encoder.dropout import MaskPool
from core.encoder.layout import Packed, pack
from core.encoder.network import Network
from core.encoder.optimizer import FlatOptimizer
from core.encoder.weights import Weights
from core.encoder.workspace import Workspace
from core.learners.base import Loss, frozen_layers
from core.learners.budgets import token_budget
from core.learners.features import FeatureStore, Shape, frozen_sha256, keep, key_of
from core.learners.optimizer import grouping
from core.learners.parts import parts_of
from core.learners.tensor_files import Tensors
from core.learners.time_spent import TimeSpent
from core.models.classifier import Classifier
from core.planning.run_plan import RunPlan
from core.planning.sizes import EVALUATION_TOKENS, HEAD_POOL_ELEMENTS, POOL_ELEMENTS
from core.settings.optimizers import optimizer_spec
from core.settings.schema import Settings

_FEW_ROWS = 256
"""The head is computed by one thread if a micro-batch has at most this many reviews."""
_MIN_PREPARED = 64
"""The fewest tokens to which the batches of `prepare` are reduced when memory runs out."""


class NativeLearner:
    """See `core.learners.base.Learner`."""

    steps_ahead = 0
    cached_layers, found_layers = 0, False
    compiled = False

    def __init__(
        self,
        classifier: Classifier,
        special_tokens: SpecialTokens,
        settings: Settings,
        plan: RunPlan,
    ) -> None:
        self.plan = plan
        self._classifier, self._special_tokens, self._settings = classifier, special_tokens, settings
        self._dtype = torch.bfloat16 if plan.precision == "bf16" else torch.float32
        self._architecture = architecture_of(classifier.model)
        self._weights = Weights(classifier.model, self._architecture, self._dtype, grouping(classifier, settings))
        self._network = Network(
            self._weights, num_frozen=self.plan.num_frozen, recompute=settings.gradient_checkpointing
        )
        self._optimizer = FlatOptimizer(self._weights, optimizer_spec(settings))
        self.parts, self.spent = parts_of(classifier.model, self._weights.ranges()), TimeSpent()
        elements = HEAD_POOL_ELEMENTS if self.plan.head_only else POOL_ELEMENTS
        self._pool = MaskPool(settings.seed, self._dtype, elements)
        self._work = Workspace()
        self._prepared_tokens = EVALUATION_TOKENS
        self._words_at_first = 0
        """Words that were in use before this worker computed anything."""
        self._kept: dict[int, tuple[Examples, FeatureStore]] = {}
        """Features by the id() of their examples, which are kept alive so that no other object gets the same id."""

    @cached_property
    def token_budget(self) -> int:
        """The most tokens in a micro-batch that passes through the layers."""
        return token_budget(self._architecture, self._dtype)

    def prepare(self, examples: Sequence[Examples], progress: Callable[[float], None]) -> str:
        if self.plan.num_frozen < 1:
            return ""
        weights = frozen_sha256(self._classifier.model, self.plan.num_frozen)
        shapes = [self._shape(one) for one in examples]
        done = _Share(sum(int(one.lengths(_all(one), self._special_tokens).sum()) for one in examples), progress)
        stores: list[FeatureStore | None] = []
        for one, shape in zip(examples, shapes, strict=True):
            begun = done.tokens

            def compute(one: Examples = one, begun: int = begun) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
                done.tokens = begun
                return self._frozen(one, done)

            folder = one.reviews.folder if one.reviews is not None else None
            stores.append(self._kept_of(folder, self._key(one, weights), shape, compute))
            if stores[-1] is None:
                break
        self._kept = {id(one): (one, store) for one, store in zip(examples, stores, strict=False) if store is not None}
        if len(self._kept) < len(examples):
            self._kept = {}
        self.cached_layers = self.plan.num_frozen if self._kept else 0
        self.found_layers = bool(self._kept) and all(store.found for _, store in self._kept.values())
        size = _size(sum(shape.bytes for shape in shapes))
        return self._sentence([store for store in stores if store is not None], size)

    def _kept_of(self, folder: Any, key: str, shape: Shape, compute: Any) -> FeatureStore | None:
        """Call `keep`, again with smaller batches if memory runs out, and return its store; None if nothing has room.

        Raises:
            OutOfMemoryError: Not even the smallest batch fits.
        """
        while (done := Attempt(lambda: keep(folder, key, shape, compute))).failed:
            self.free()
            if self._prepared_tokens <= _MIN_PREPARED:
                raise OutOfMemoryError("Out of memory: the frozen layers cannot be computed even for a single review.")
            self._prepared_tokens //= 2
        return done.result

    def _sentence(self, stores: list[FeatureStore], size: str) -> str:
        """Return the message of `prepare` for the user about `stores` of `size`."""
        below = "below it" if self.plan.num_frozen == 1 else "below them"
        if not self._kept:
            why = f"their output, {size}, fits neither on the disk nor in memory"
            return f"{frozen_layers(self.plan.num_frozen)} computed in every step, because {why}."
        done = "computed by an earlier run" if self.found_layers else "computed once"
        kept = "kept" if all(store.on_disk for store in stores) else "held in memory, because the disk has no room"
        count = sum(map(len, stores))
        was = frozen_layers(self.plan.num_frozen, past=True)
        return f"{was} {done} for {count:,} reviews ({size} {kept}); dropout is off {below}."

    def _shape(self, examples: Examples) -> Shape:
        """Return the shape of the features: one row per review if only the head is trained, otherwise one per token."""
        if self.plan.head_only:
            return Shape(np.ones(len(examples.rows), dtype=np.int64), self._architecture.hidden_size, torch.float32)
        counts = examples.lengths(_all(examples), self._special_tokens).astype(np.int64)
        return Shape(counts, self._architecture.hidden_size, self._dtype)

    def _key(self, examples: Examples, weights: str) -> str:
        """Return the key of the features of `examples`; `weights` is the hash of the frozen weights."""
        special_tokens, shape = self._special_tokens, self._architecture
        return key_of(
            weights=weights,
            layers=self.plan.num_frozen,
            architecture=[
                *(shape.family, shape.layers, shape.heads),
                *(shape.epsilon, shape.padding, shape.offset_positions),
            ],
            precision=str(self._dtype),
            special_tokens=asdict(special_tokens),
            tokenizer=tokenizer_sha256(self._classifier.tokenizer),
            data=examples.reviews.report.data_hash if examples.reviews is not None else None,
            rows=sha256(np.ascontiguousarray(examples.rows, dtype=np.int64).data).hexdigest(),
        )

    def _frozen(self, examples: Examples, done: _Share) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
        """Yield positions, and the frozen layers' output for them, in an order independent of seed and epoch."""
        lengths = examples.lengths(_all(examples), self._special_tokens)
        for positions in length_sorted(lengths, self._prepared_tokens):
            batch = self._pack(examples.ids(positions))
            stream = self._network.hidden_states(batch, self.plan.num_frozen)
            yield positions, stream if self.plan.head_only else stream[: batch.tokens]
            done.add(batch.tokens)

    def _stream(self, examples: Examples, positions: np.ndarray, rows: int) -> torch.Tensor | None:
        """Return the cached output [rows, H] of the frozen layers; None if it is not cached."""
        kept = self._kept.get(id(examples))
        if kept is None:
            return None
        return kept[1].take(positions, self._work("kept", rows, self._architecture.hidden_size, dtype=torch.float32))

    def head_inputs(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        """See `Learner.head_inputs`; cached or computed in parts. Only the head may be trained."""
        rows = self._stream(examples, positions, len(positions))
        if rows is None:
            parts = micro_batches(examples.lengths(positions, self._special_tokens), self.token_budget)
            batches = (self._pack(examples.ids(positions[part])) for part in parts)
            rows = torch.cat([self._network.hidden_states(batch, self.plan.num_frozen).clone() for batch in batches])
        return rows

    def learn(
        self,
        examples: Examples,
        positions: np.ndarray,
        loss: Loss,
        key: tuple[int, int, int],
        *,
        first: bool,
        layers: Sequence[int] = (),
    ) -> torch.Tensor:
        _, step, part = key
        masks = self._pool.masks(step, part)
        if self.plan.head_only:
            rows = self.head_inputs(examples, positions)
            self.spent.switch("forward")
            with _one_thread(len(rows)):
                return self._network.learn_head(rows, masks, loss, first=first)
        batch = self._pack(examples.ids(positions))
        stream = self._stream(examples, positions, batch.rows)
        self.spent.switch("forward")
        return self._network.learn(batch, masks, loss, first=first, hidden=stream, layers=layers)

    def update(self, rate: float) -> torch.Tensor:
        with self._alone():
            return torch.tensor(self._optimizer.update(rate, self._settings.max_grad_norm or None))

    def gradient_norms(self) -> torch.Tensor:
        with self._alone():
            return self._optimizer.gradient_norms(self.parts.of)

    def update_ratios(self, rate: float) -> torch.Tensor:
        with self._alone():
            return self._optimizer.update_ratios(rate, self.parts.of)

    def _alone(self) -> AbstractContextManager[None]:
        """Compute what concerns all weights with one thread if these are only the head's."""
        return _one_thread(0) if self.plan.head_only else nullcontext()

    def logits(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        if self.plan.head_only:
            rows = self.head_inputs(examples, positions)
            with _one_thread(len(rows)):
                return self._network.head_logits(rows)
        batch = self._pack(examples.ids(positions))
        stream = self._stream(examples, positions, batch.rows)
        if stream is None:
            return self._network.logits(batch)
        return self._network.logits_above(batch, stream, self.plan.num_frozen)

    def outputs(self, examples: Examples, positions: np.ndarray, layers: Sequence[int]) -> tuple[torch.Tensor, ...]:
        return self._network.outputs(self._pack(examples.ids(positions)), layers)

    def _pack(self, reviews: Sequence[np.ndarray]) -> Packed:
        shape = self._architecture
        whole = [self._special_tokens.encode(ids) for ids in reviews]
        return pack(whole, shape.heads, shape.padding, offset_positions=shape.offset_positions, dtype=self._dtype)

    def weights(self, *, copies: bool = True) -> Tensors:
        return self._weights.snapshot(copies=copies)

    def moments(self) -> Tensors:
        return self._optimizer.tensors()

    def put(self, weights: Tensors) -> None:
        if not self._weights.fits(weights):
            raise ReviewtuiError("The checkpoint belongs to another model: settings.toml has changed since.")
        self._weights.restore(weights)
        self._words_at_first = self._weights.rows

    def put_moments(self, moments: Tensors) -> None:
        self._optimizer.restore(moments)

    def scaler_state(self) -> dict[str, Any]:
        return {}

    def put_scaler_state(self, state: dict[str, Any]) -> None:
        pass

    def discard_rehearsal(self) -> None:
        self._weights.forget_words(self._words_at_first)

    def recompute(self) -> bool:
        return not self.plan.head_only and self._network.recompute()

    def free(self) -> None:
        self._network.free()
        self._work.clear()

    def finish(self) -> None:
        for name in ("_network", "_optimizer"):  # frees gradients and moments before anything is copied
            self.__dict__.pop(name, None)
        self._weights.release(self._classifier.model)


@contextmanager
def _one_thread(rows: int) -> Iterator[None]:
    """Compute the block with one thread if there are few `rows`, because several would mostly wait for each other.

    The choice depends on `rows` alone, so the results of a run do not depend on the load of the machine.
    """
    threads = torch.get_num_threads()
    if threads == 1 or rows > _FEW_ROWS:
        yield
        return
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class _Share:
    """Reports the progress of `prepare` as the share of tokens done."""

    def __init__(self, total: int, progress: Callable[[float], None]) -> None:
        """Args: total: Tokens of all reviews."""
        self.tokens, self._total, self._progress = 0, total, progress

    def add(self, tokens: int) -> None:
        self.tokens += tokens
        self._progress(min(self.tokens / max(self._total, 1), 1.0))


def _all(examples: Examples) -> np.ndarray:
    """Return all positions in `examples`."""
    return np.arange(len(examples.rows))


def _size(count: int) -> str:
    """Format a number of bytes: `41 MB`."""
    if count >= 10**9:
        return f"{count / 1e9:.1f} GB"
    return f"{max(round(count / 1e6), 1)} MB"
