"""The output of frozen layers is found again where nothing that decides it has changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data.stores import MANIFEST
from core.learners.features import FEATURES, PLACES
from core.reviews.reading import Reviews, read_reviews
from tests.core.learners.feature_runs import FROZEN, ROWS, Make, build, prepare, stores


@pytest.mark.parametrize("frozen", FROZEN)
def test_a_second_run_computes_nothing(frozen: Any, make: Make, reviews: Reviews, streams: list[int]) -> None:
    loop = make(freeze_layers=frozen)
    assert prepare(loop) and sum(streams) == ROWS
    names = stores(reviews)
    assert len(names) == 2
    streams.clear()
    again = make(freeze_layers=frozen, seed=9, learning_rate=0.1, batch_size=4)
    prepare(again)
    again.run()
    assert not streams and stores(reviews) == names


@pytest.mark.parametrize(
    "change",
    [
        {"max_length": 20},
        {"truncation": "tail"},
        {"precision": "bf16"},
        {"freeze_layers": 2},
    ],
    ids=str,
)
def test_what_decides_the_bits_decides_the_store(change: Any, make: Make, reviews: Reviews, streams: list[int]) -> None:
    prepare(make())
    streams.clear()
    prepare(make(**change))
    assert sum(streams) == ROWS and len(stores(reviews)) == 4


@pytest.mark.parametrize("layer", ["embeddings.word_embeddings", "encoder.layer.0.output.dense"])
def test_another_frozen_weight_is_another_store(layer: str, make: Make, streams: list[int]) -> None:
    prepare(make())
    streams.clear()
    loop = make()
    with torch.no_grad():
        loop.classifier.model.get_parameter(f"bert.{layer}.weight")[3, 5] += 1e-3
    prepare(loop)
    assert sum(streams) == ROWS


def test_a_weight_that_learns_makes_no_other_store(make: Make, streams: list[int]) -> None:
    prepare(make())
    streams.clear()
    loop = make()
    with torch.no_grad():
        loop.classifier.model.get_parameter("bert.encoder.layer.1.output.dense.weight").add_(1)
    prepare(loop)
    assert not streams


def test_a_changed_review_is_computed(tiny_model: Path, reviews_csv: Callable[..., Path], streams: list[int]) -> None:
    file = reviews_csv(ROWS)
    prepare(build(tiny_model, read_reviews(file)))
    streams.clear()
    text = file.read_text()
    file.write_text(text.replace("great", "lovely", 1) if "great" in text else text.replace("the", "a", 1))
    prepare(build(tiny_model, read_reviews(file)))
    assert sum(streams) == ROWS


@pytest.mark.parametrize("name", [FEATURES, PLACES, MANIFEST])
@pytest.mark.parametrize("damage", ["cut", "longer", "gone"])
def test_a_damaged_store_is_made_anew(name: str, damage: str, make: Make, reviews: Reviews, streams: list[int]) -> None:
    loop = make()
    prepare(loop)
    expected = loop.predict(loop.train)
    for store in stores(reviews):
        file = reviews.folder / store / name
        content = file.read_bytes()
        if damage == "gone":
            file.unlink()
        else:
            file.write_bytes(content[:-1] if damage == "cut" else content + b"x")
    streams.clear()
    again = make()
    prepare(again)
    assert sum(streams) == ROWS
    np.testing.assert_array_equal(again.predict(again.train), expected)
    streams.clear()
    prepare(make())
    assert not streams
