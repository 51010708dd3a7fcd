"""What a teacher says of reviews: its logits, and the first tokens' output of the layers that are imitated.

They are computed once, in evaluation mode, and kept next to the reviews (`core/learners/features.py`), named by the
hash of all that determines them: the teacher's weights, the reviews and how they are read. Every student of the same
teacher finds them, and so does a run that is resumed; the teacher is not even loaded then.

Shapes: N reviews, C classes, H hidden size, K layers; a row has C + K·H numbers in fp32.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

import numpy as np
import torch

from core.base.errors import ReviewtuiError
from core.base.units import in_bytes
from core.data.examples import Examples
from core.data.tokens import SpecialTokens, tokenizer_sha256
from core.learners.base import Learner
from core.learners.choose import build_learner
from core.learners.features import FeatureStore, Shape, keep, key_of
from core.models.classifier import Classifier, build_classifier, build_native_classifier
from core.models.sources import ModelSource
from core.planning.sizes import EVALUATION_TOKENS
from core.settings.schema import Settings
from core.training.evaluator import Evaluator

_CHUNK = 4096
"""Reviews whose answers are held in memory before they are written."""


@dataclass(frozen=True)
class Questions:
    """Reviews for the teacher to answer."""

    examples: Examples
    variants: str = ""
    """What made them from the reviews of `examples`, if they are not those themselves."""


@dataclass(frozen=True)
class Teacher:
    """A trained classifier, and how its answers are computed."""

    source: ModelSource
    labels: tuple[str, ...]
    layers: tuple[int, ...]
    """The layers whose output is kept, in ascending order, counted from 1."""
    hidden_size: int
    settings: Settings
    """Of which only those about the machine matter here."""
    device: torch.device
    precision: str

    @property
    def width(self) -> int:
        """Numbers per review."""
        return len(self.labels) + len(self.layers) * self.hidden_size


class KeptAnswers:
    """A teacher's answers to the reviews of one or several sources, one after the other."""

    def __init__(self, stores: Sequence[FeatureStore], width: int) -> None:
        self._stores, self._width = stores, width
        self._starts = np.cumsum([0, *(len(store) for store in stores)])

    @property
    def found(self) -> bool:
        """Whether an earlier run has computed all of them."""
        return all(store.found for store in self._stores)

    @property
    def bytes(self) -> int:
        return sum(store.bytes for store in self._stores)

    def __len__(self) -> int:
        return int(self._starts[-1])

    def take(self, positions: np.ndarray) -> np.ndarray:
        """Return the rows [B, C + K·H] at [B] `positions`."""
        out = np.empty((len(positions), self._width), dtype=np.float32)
        for store, start in zip(self._stores, self._starts, strict=False):
            inside = (positions >= start) & (positions < start + len(store))
            if inside.any():
                rows = torch.empty(int(inside.sum()), self._width)
                out[inside] = store.take(positions[inside] - start, rows).numpy()
        return out


def answers_of(
    teacher: Teacher,
    tokenizer: Any,
    special_tokens: SpecialTokens,
    sources: Sequence[Questions],
    progress: Callable[[float], None],
    heartbeat: Callable[[], None] = lambda: None,
) -> KeptAnswers:
    """Return the answers to all reviews of `sources`, found or computed.

    Args:
        tokenizer: The teacher's, which is the student's, too.
        special_tokens: How the teacher reads a review.
        progress: Called with the share computed, 0 to 1; an exception from it ends the work.
        heartbeat: Called before every forward pass; see `core/runs/heartbeat.py`.

    Raises:
        OutOfMemoryError: Not even one review fits.
        ReviewtuiError: There is no room for the answers.
    """
    asked = _Asked(teacher, special_tokens, sum(len(one.examples.rows) for one in sources), progress, heartbeat)
    weights, hashed = teacher.source.weights_sha256(), tokenizer_sha256(tokenizer)
    stores = []
    for source in sources:
        one = source.examples
        key = key_of(
            teacher=weights,
            layers=teacher.layers,
            precision=[teacher.precision, teacher.device.type],
            special_tokens=asdict(special_tokens),
            tokenizer=hashed,
            data=one.reviews.report.data_hash if one.reviews is not None else None,
            variants=source.variants,
            rows=sha256(np.ascontiguousarray(one.rows, dtype=np.int64).data).hexdigest(),
        )
        shape = Shape(np.ones(len(one.rows), dtype=np.int64), teacher.width, torch.float32)
        folder = one.reviews.folder if one.reviews is not None else None

        def compute(one: Examples = one) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
            return asked.answers(one)

        store = keep(folder, key, shape, compute)
        if store is None:
            raise ReviewtuiError(
                f"The teacher's answers take {in_bytes(shape.bytes)}, for which there is room neither on the disk "
                "nor in memory; make room, or give fewer unlabelled reviews."
            )
        stores.append(store)
    asked.dismiss()
    return KeptAnswers(stores, teacher.width)


class _Asked:
    """A teacher that is loaded when the first answer has to be computed."""

    def __init__(
        self,
        teacher: Teacher,
        special_tokens: SpecialTokens,
        total: int,
        progress: Callable[[float], None],
        heartbeat: Callable[[], None],
    ) -> None:
        self._teacher, self._special_tokens, self._heartbeat = teacher, special_tokens, heartbeat
        self._total, self._done, self._progress = total, 0, progress
        self._learner: Learner | None = None

    def answers(self, examples: Examples) -> Iterator[tuple[np.ndarray, torch.Tensor]]:
        """Yield positions in `examples`, and the teacher's answers to the reviews there."""
        evaluator = self._evaluator()
        for start in range(0, len(examples.rows), _CHUNK):
            positions = np.arange(start, min(start + _CHUNK, len(examples.rows)))
            begun = self._done

            def within(fraction: float, begun: int = begun, count: int = len(positions)) -> None:
                self._progress((begun + fraction * count) / self._total)

            yield positions, torch.from_numpy(evaluator.logits(examples, positions, within))
            self._done += len(positions)

    def dismiss(self) -> None:
        """Free the teacher's memory."""
        if self._learner is not None:
            self._learner.finish()
            self._learner = None
            gc.collect()

    def _evaluator(self) -> Evaluator:
        if self._learner is None:
            self._learner = self._load()
        answering: Any = _Answering(self._learner, self._teacher.layers)
        return Evaluator(
            answering, self._special_tokens, self._teacher.width, EVALUATION_TOKENS, lambda reviews: None,
            self._heartbeat,
        )  # fmt: skip

    def _load(self) -> Learner:
        teacher = self._teacher
        machine = ("device", "precision", "deterministic", "seed")
        settings = Settings().changed(
            {**{name: getattr(teacher.settings, name) for name in machine}, "freeze_layers": "encoder"}
        )
        classifier: Classifier | None = build_native_classifier(teacher.source, teacher.labels, settings)
        if classifier is None:
            classifier = build_classifier(teacher.source, teacher.labels, settings)
        return build_learner(classifier, self._special_tokens, settings, teacher.device, teacher.precision, steps=0)


class _Answering:
    """A learner whose logits are a teacher's answers."""

    def __init__(self, learner: Learner, layers: tuple[int, ...]) -> None:
        self._learner, self._layers = learner, layers
        self.free = learner.free

    def logits(self, examples: Examples, positions: np.ndarray) -> torch.Tensor:
        return torch.cat(self._learner.outputs(examples, positions, self._layers), dim=1)
