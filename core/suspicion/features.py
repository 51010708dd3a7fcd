"""What a frozen encoder makes of each review: the mean over its tokens of the output of two of its layers.

A baseline reads the first token alone, because its regression becomes the head of a model, and a head reads nothing
else. No model is made here, and the mean knows more: benchmarks/SUSPICIONS.md has both. The layers are two thirds and
five sixths up: what the top of an encoder has forgotten is often still known below it.

Shapes: N reviews, B of them in a batch, H hidden size, F features.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import torch

from core.base.errors import ReviewtuiError
from core.base.out_of_memory import Attempt, OutOfMemoryError
from core.data.batches import length_sorted
from core.data.examples import Examples
from core.data.tokenization import tokenize
from core.data.tokens import collate, special_tokens_of, tokenizer_sha256
from core.encoder.architecture import architecture_of
from core.encoder.forward import Forward
from core.encoder.layout import pack
from core.encoder.weights import Weights
from core.learners.features import FeatureStore, Shape, keep, key_of
from core.models.classifier import Classifier, build_classifier, build_native_classifier
from core.models.device import autocast, choose_device, choose_precision
from core.models.native_model import NativeModel
from core.models.sources import ModelSource
from core.planning.sizes import EVALUATION_REVIEWS, EVALUATION_TOKENS
from core.reviews.reading import Reviews
from core.settings.baseline import baseline_settings
from core.settings.schema import Settings

Progress = Callable[[str, float | None], None]
_LEAST_TOKENS = 64
"""The fewest tokens to which batches are reduced when memory runs out."""


def features_of(source: ModelSource, reviews: Reviews, progress: Progress) -> FeatureStore:
    """Return the features [N, F] of all reviews, one row each, computed now or found where they are kept.

    Args:
        source: The model.
        reviews: The reviews.
        progress: Called with what is being done and the share done, 0 to 1; an exception from it ends the work.

    Raises:
        InputError: The model cannot be loaded.
        ReviewtuiError: There is room for the features neither on the disk nor in memory.
    """
    progress("loading the model", None)
    settings = baseline_settings(Settings(model=source.name))
    built = build_native_classifier(source, reviews.label_names, settings)
    classifier = built if built is not None else build_classifier(source, reviews.label_names, settings)
    tokens = tokenize(reviews, classifier.tokenizer, lambda share: progress("tokenizing", share))
    try:
        rows = np.arange(len(reviews))
        return _kept(source, classifier, settings, Examples(tokens, rows, reviews.labels[rows], reviews), progress)
    finally:
        tokens.close()


def layers_read(depth: int) -> list[int]:
    """Return the layers of an encoder of `depth` layers whose output is read, from 1; 0 is its embeddings."""
    return sorted({min(round(depth * share), depth - 1) for share in (2 / 3, 5 / 6)})


def _kept(
    source: ModelSource, classifier: Classifier, settings: Settings, examples: Examples, progress: Progress
) -> FeatureStore:
    device = choose_device(settings.device)
    # On a processor, whether bf16 is faster takes longer to find out than most reviews take.
    precision = "fp32" if device.type == "cpu" else choose_precision(settings.precision, device)
    means = _Means(classifier, device, precision)
    special_tokens = means.special_tokens
    reviews = examples.reviews
    assert reviews is not None
    key = key_of(
        means=means.layers,
        weights=source.weights_sha256(),
        path="native" if means.is_native else "transformers",
        device=str(device),
        precision=precision,
        special_tokens=asdict(special_tokens),
        tokenizer=tokenizer_sha256(classifier.tokenizer),
        data=reviews.report.data_hash,
    )
    shape = Shape(np.ones(len(reviews), dtype=np.int64), means.width, torch.float32)
    lengths = examples.lengths(examples.rows, special_tokens)
    most_tokens = EVALUATION_TOKENS

    def compute() -> Iterator[tuple[np.ndarray, torch.Tensor]]:
        done, total = 0, int(lengths.sum())
        for positions in length_sorted(lengths, most_tokens, EVALUATION_REVIEWS):
            yield positions, means.of(examples.ids(positions))
            done += int(lengths[positions].sum())
            progress("computing the encoder's output", done / total)

    while (attempt := Attempt(lambda: keep(reviews.folder, key, shape, compute))).failed:
        if most_tokens <= _LEAST_TOKENS:
            raise OutOfMemoryError("Out of memory: the encoder cannot be computed even for a single review.")
        most_tokens //= 2
    if attempt.result is None:
        size = f"{shape.bytes / 1e9:.1f} GB"
        raise ReviewtuiError(f"What the model makes of the reviews, {size}, fits neither on the disk nor in memory.")
    return attempt.result


class _Means:
    """Computes the features of batches."""

    def __init__(self, classifier: Classifier, device: torch.device, precision: str) -> None:
        self._model: Any = classifier.model
        self._device, self._precision = device, precision
        self.special_tokens = special_tokens_of(classifier.tokenizer, classifier.max_length, classifier.truncation)
        config: Any = self._model.config
        self.layers = layers_read(int(config.num_hidden_layers))
        self.width = int(config.hidden_size) * len(self.layers)
        self._network: Forward | None = None
        if isinstance(self._model, NativeModel):
            self._network = Forward(Weights(self._model, architecture_of(self._model), torch.float32))
        else:
            self._model.to(device).eval()

    @property
    def is_native(self) -> bool:
        """Whether the native encoder computes them."""
        return self._network is not None

    def of(self, reviews: Sequence[np.ndarray]) -> torch.Tensor:
        """Return the features [B, F] of B arrays of token ids, in fp32 on the CPU."""
        if self._network is not None:
            shape = self._network.architecture
            whole = [self.special_tokens.encode(ids) for ids in reviews]
            batch = pack(whole, shape.heads, shape.padding, offset_positions=shape.offset_positions)
            return self._network.means(batch, self.layers)
        input_ids, mask = (torch.from_numpy(array).to(self._device) for array in collate(reviews, self.special_tokens))
        with torch.inference_mode(), autocast(self._device, self._precision):
            found = self._model.base_model(input_ids=input_ids, attention_mask=mask, output_hidden_states=True)
        states = torch.cat([found.hidden_states[layer] for layer in self.layers], dim=2).float()
        weights = mask.unsqueeze(2).float()
        return ((states * weights).sum(dim=1) / weights.sum(dim=1)).cpu()
