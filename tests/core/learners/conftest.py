"""Reviews, and loops over them with frozen layers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.encoder.network import Network
from core.reviews.reading import Reviews, read_reviews
from tests.core.learners.feature_runs import ROWS, Make, build


@pytest.fixture
def reviews(reviews_csv: Callable[..., Path]) -> Reviews:
    return read_reviews(reviews_csv(ROWS))


@pytest.fixture
def make(tiny_model: Path, reviews: Reviews) -> Make:
    return lambda observer=None, **changes: build(tiny_model, reviews, observer, **changes)


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Filled with the number of reviews of every batch whose frozen layers are computed."""
    found: list[int] = []
    stream = Network.hidden_states

    def counted(self: Network, batch: Any, layers: int) -> torch.Tensor:
        if layers:  # 0 are the embeddings, as part of something else
            found.append(len(batch.lengths))
        return stream(self, batch, layers)

    monkeypatch.setattr(Network, "hidden_states", counted)
    return found
