"""Runs with frozen layers, for the tests of what is kept of them."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data.examples import Examples
from core.data.tokenization import tokenize
from core.data.tokens import special_tokens_of
from core.models.classifier import build_classifier
from core.models.sources import ModelSource
from core.reviews.reading import Reviews
from core.runs.control import ControlRequest
from core.settings.schema import Settings
from core.training.checkpoints import Checkpoint
from core.training.loop import TrainingLoop

ROWS = 40


TRAIN = 30


LABELS = ("negative", "positive")


FROZEN = [1, "encoder"]


Tensors = dict[str, torch.Tensor]


Make = Callable[..., TrainingLoop]


class Silent:
    """An observer that keeps checkpoints, and stops after a step where it was told one."""

    def __init__(self, stop: int | None = None) -> None:
        self.checkpoints: list[Checkpoint] = []
        self._stop, self._steps = stop, 0

    def on_step(self, record: Any) -> None:
        self._steps += 1

    def on_layers(self, record: Any) -> None:
        pass

    def on_time(self, record: Any) -> None:
        pass

    def on_evaluation(self, record: Any) -> None:
        pass

    def on_evaluating(self, fraction: float) -> None:
        pass

    def settle(self) -> None: ...
    def on_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.checkpoints.append(copy.deepcopy(checkpoint))

    def on_pause(self, paused: bool) -> None:
        pass

    def on_memory(self, record: Any) -> None:
        pytest.fail(f"out of memory: {record}")

    def control_requests(self) -> list[ControlRequest]:
        return ["stop_and_save"] if self._steps == self._stop else []


def build(model: Path, reviews: Reviews, observer: Silent | None = None, **changes: Any) -> TrainingLoop:
    """A loop over the first reviews, which measures on the others."""
    given = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-3, "device": "cpu", "checkpoint_seconds": 1e9}
    precision = changes.pop("precision", "fp32")
    settings = Settings.model_validate({**given, "max_length": 24, "freeze_layers": 1, **changes})
    classifier = build_classifier(ModelSource("tiny", model), LABELS, settings)
    tokens = tokenize(reviews, classifier.tokenizer)
    rows = np.arange(len(reviews))
    train, held_out = rows[:TRAIN], rows[TRAIN:]
    return TrainingLoop(
        classifier,
        special_tokens_of(classifier.tokenizer, classifier.max_length, classifier.truncation),
        Examples(tokens, train, reviews.labels[train], reviews),
        Examples(tokens, held_out, reviews.labels[held_out], reviews),
        settings,
        torch.device("cpu"),
        precision,
        None,
        observer or Silent(),
    )


def prepare(loop: TrainingLoop) -> str:
    shares: list[float] = []
    sentence = loop.prepare(shares.append)
    assert shares == sorted(shares) and (not shares or shares[-1] == 1.0)
    return sentence


def stores(reviews: Reviews) -> list[str]:
    return sorted(name for name in os.listdir(reviews.folder) if "features-" in name)


def equal(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
