"""Classifies reviews with a trained model in batches of similar length, and returns results in the order given.

In fp32 the probabilities equal those of `transformers.pipeline("text-classification")` for the same folder to 1e-4. In
bf16, on a processor that supports it, classification is a few times faster and probabilities differ by about 0.01. On a
CPU, BERT, RoBERTa and DistilBERT are computed by `core/encoder`, everything else by the Hugging Face module.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.base.errors import InputError
from core.base.text import clean_line
from core.data.batches import length_sorted
from core.data.tokens import collate, encode, special_tokens_of
from core.data.unknown import unknown_id
from core.encoder.architecture import architecture_of
from core.encoder.forward import Forward
from core.encoder.layout import pack
from core.encoder.weights import Weights
from core.inference.classification import Classification
from core.inference.metrics import probabilities_of
from core.models.classifier import load_classifier, load_native_classifier
from core.models.device import autocast, choose_device, choose_precision
from core.models.safety import check_model_folder
from core.planning.architecture import UnsupportedModelError

_TOKENS, _REVIEWS = 4096, 512
"""Limits of a batch in the native encoder."""
_PADDED_TOKENS, _PADDED_REVIEWS = 8192, 32
"""Limits of a batch in the Hugging Face module on a CPU."""
_GPU_TOKENS, _GPU_REVIEWS = 1 << 15, 1024
"""Limits of a batch on a GPU."""


class Predictor:
    """A trained model, loaded from its folder."""

    def __init__(self, folder: Path, device: str = "auto", precision: str = "fp32") -> None:
        """Load a model folder.

        Args:
            folder: A classifier in Hugging Face format.
            device: `cpu`, `cuda`, …, or `auto`.
            precision: `fp32`, `bf16`, or `auto` for the fastest on this device.

        Raises:
            InputError: The folder is refused as unsafe, is not a classifier, or cannot be loaded.
        """
        config = check_model_folder(folder, str(folder))
        heads = config.get("architectures")
        if not isinstance(heads, list) or not any(str(head).endswith("ForSequenceClassification") for head in heads):
            raise InputError(f"The model {clean_line(folder, 160)} is not a trained classifier; train it first.")
        self.folder = folder
        self.device = choose_device(device)
        self.precision = choose_precision(precision, self.device)
        native = self.device.type == "cpu" and self.precision in ("fp32", "bf16")
        classifier = load_native_classifier(folder) if native else None
        self.classifier = classifier or load_classifier(folder)
        self._network = self._native_network() if native else None
        if self._network is None:
            self.classifier.model.to(self.device)
        self.special_tokens = special_tokens_of(
            self.classifier.tokenizer, self.classifier.max_length, self.classifier.truncation
        )

    @property
    def labels(self) -> tuple[str, ...]:
        return self.classifier.labels

    @property
    def tokenizer(self) -> Any:
        return self.classifier.tokenizer

    def logits(
        self, texts: Sequence[str], progress: Callable[[float], None] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return fp32 logits [N, C] and token counts [N] of N texts. Counts include special tokens and what is cut."""
        ids = self._encoded(texts)
        return self.logits_of(ids, progress), self._counts(ids)

    def examine(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the same, and how many tokens of each text stand for something that the tokenizer does not know."""
        ids, unknown = self._encoded(texts), unknown_id(self.classifier.tokenizer)
        found = np.array([0 if unknown is None else np.count_nonzero(one == unknown) for one in ids], dtype=np.int64)
        return self.logits_of(ids), self._counts(ids), found

    def _encoded(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Return the token ids of whole texts, without special tokens."""
        # Text typed with bytes that are not UTF-8 contains surrogates, which the tokenizer rejects.
        valid = [text.encode("utf-8", "replace").decode() for text in texts]
        return [np.asarray(one, dtype=np.int64) for one in encode(self.classifier.tokenizer, valid)]

    def _counts(self, ids: Sequence[np.ndarray]) -> np.ndarray:
        """Return how many tokens whole texts have, with special tokens [N]."""
        added = len(self.special_tokens.before) + len(self.special_tokens.after)
        return np.array([len(one) for one in ids], dtype=np.int64) + added

    def logits_of(
        self,
        reviews: Sequence[np.ndarray],
        progress: Callable[[float], None] | None = None,
        most_tokens: int | None = None,
    ) -> np.ndarray:
        """Return fp32 logits [N, C] of N reviews as token ids, without special tokens.

        Args:
            reviews: N arrays of ids; too long ones are truncated.
            progress: Called with the fraction done after each batch; an exception from it ends the work.
            most_tokens: A lower limit of a batch, for work that may be cancelled.
        """
        counts = np.array([len(one) for one in reviews], dtype=np.int64)
        logits = np.zeros((len(reviews), len(self.labels)), dtype=np.float32)
        done = 0
        tokens, most = (_PADDED_TOKENS, _PADDED_REVIEWS) if self.device.type == "cpu" else (_GPU_TOKENS, _GPU_REVIEWS)
        if self._network is not None:
            tokens, most = _TOKENS, _REVIEWS
        tokens = min(tokens, most_tokens or tokens)
        for positions in length_sorted(self.special_tokens.length(counts), tokens, most):
            logits[positions] = self._forward([reviews[i] for i in positions]).cpu().numpy()
            done += len(positions)
            if progress is not None:
                progress(done / len(reviews))
        return logits

    def _forward(self, reviews: Sequence[np.ndarray]) -> torch.Tensor:
        """Return fp32 logits [B, C] for B arrays of token ids."""
        if self._network is not None:
            shape, dtype = self._network.architecture, self._network.dtype
            whole = [self.special_tokens.encode(ids) for ids in reviews]
            batch = pack(whole, shape.heads, shape.padding, offset_positions=shape.offset_positions, dtype=dtype)
            return self._network.logits(batch)
        input_ids, mask = (torch.from_numpy(array).to(self.device) for array in collate(reviews, self.special_tokens))
        with torch.inference_mode(), autocast(self.device, self.precision):
            logits: torch.Tensor = self.classifier.model(input_ids=input_ids, attention_mask=mask).logits
        return logits.float()

    def _native_network(self) -> Forward | None:
        """Return the native encoder with this model's weights; None if it does not support the model."""
        try:
            architecture = architecture_of(self.classifier.model)
        except UnsupportedModelError:
            return None
        dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32
        return Forward(Weights(self.classifier.model, architecture, dtype))

    def classify(self, texts: Sequence[str], progress: Callable[[float], None] | None = None) -> list[Classification]:
        """Return the classification of each text, in order."""
        if not texts:
            return []
        logits, counts = self.logits(texts, progress)
        found = []
        for text, row, count in zip(texts, probabilities_of(logits), counts, strict=True):
            best = int(row.argmax())
            probabilities = {label: float(p) for label, p in zip(self.labels, row, strict=True)}
            truncated = bool(count > self.special_tokens.max_length)
            found.append(
                Classification(text, self.labels[best], float(row[best]), probabilities, int(count), truncated)
            )
        return found
