"""Classifying reviews with a finished model: in fp32, sorted into batches of like length, answered in the order given.

The probabilities are those that `transformers.pipeline("text-classification")` gives on the same folder.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from core.clean import clean_line
from core.errors import InputError
from core.models.classifier import load_classifier
from core.models.device import choose_device
from core.models.safety import check_model_folder
from core.training.batches import length_sorted
from core.training.metrics import probabilities_of
from core.training.tokens import collate, encode, frame_of

_BATCH = 32


@dataclass(frozen=True)
class Classification:
    """What a model says of one review."""

    text: str
    label: str
    probability: float
    """Of `label`, 0 to 1."""
    probabilities: dict[str, float]
    tokens: int
    """Tokens that the review has, special tokens included, before any cut."""
    truncated: bool
    """Whether it was cut to what the model reads."""

    def to_json(self) -> dict[str, Any]:
        return dict(vars(self))


class Predictor:
    """A loaded model folder."""

    def __init__(self, folder: Path, device: str = "auto") -> None:
        """Load a model folder.

        Raises:
            InputError: it is refused or cannot be loaded.
        """
        config = check_model_folder(folder, str(folder))
        if not any(str(name).endswith("ForSequenceClassification") for name in config.get("architectures") or ()):
            raise InputError(f"The model {clean_line(folder, 160)} was never trained to classify; train it first.")
        self.folder = folder
        self.classifier = load_classifier(folder)
        self.device = choose_device(device)
        self.classifier.model.to(self.device)
        self.frame = frame_of(self.classifier.tokenizer, self.classifier.max_length, self.classifier.truncation)

    @property
    def labels(self) -> tuple[str, ...]:
        return self.classifier.labels

    def logits(
        self, texts: Sequence[str], progress: Callable[[float], None] | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """[N, C] fp32 logits and [N] token counts (special tokens included, uncut) of N texts, in their order."""
        sound = [text.encode("utf-8", "replace").decode() for text in texts]  # bytes that are no text may be typed
        ids = [np.asarray(one, dtype=np.int64) for one in encode(self.classifier.tokenizer, sound)]
        counts = np.array([len(one) for one in ids], dtype=np.int64)
        logits = np.zeros((len(texts), len(self.labels)), dtype=np.float32)
        done = 0
        with torch.inference_mode():
            for positions in length_sorted(self.frame.length(counts), _BATCH):
                input_ids, mask = collate((ids[i] for i in positions), self.frame)
                output = self.classifier.model(
                    input_ids=torch.from_numpy(input_ids).to(self.device),
                    attention_mask=torch.from_numpy(mask).to(self.device),
                ).logits
                logits[positions] = output.float().cpu().numpy()
                done += len(positions)
                if progress is not None:
                    progress(done / len(texts))
        return logits, counts + len(self.frame.before) + len(self.frame.after)

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        """What the model says of each text."""
        if not texts:
            return []
        logits, counts = self.logits(texts)
        found = []
        for text, row, count in zip(texts, probabilities_of(logits), counts, strict=True):
            best = int(row.argmax())
            probabilities = {label: float(p) for label, p in zip(self.labels, row, strict=True)}
            truncated = bool(count > self.frame.max_length)
            found.append(
                Classification(text, self.labels[best], float(row[best]), probabilities, int(count), truncated)
            )
        return found
