"""The output of frozen layers where disk or memory have no room for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from core.learners import features as module
from core.reviews.reading import Reviews
from tests.core.learners.feature_runs import FROZEN, Make, equal, prepare, stores


@pytest.mark.parametrize("frozen", FROZEN)
def test_a_full_disk_keeps_it_in_memory(
    frozen: Any, make: Make, reviews: Reviews, streams: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    on_disk = make(freeze_layers=frozen)
    prepare(on_disk)
    on_disk.run()
    for name in stores(reviews):
        shutil.rmtree(reviews.folder / name)
    monkeypatch.setattr(module, "_SPARE", 1 << 60)
    loop = make(freeze_layers=frozen)
    sentence = prepare(loop)
    assert "held in memory, because the disk has no room" in sentence and not stores(reviews)
    streams.clear()
    loop.run()
    assert not streams and equal(loop.learner.weights(), on_disk.learner.weights())


def test_a_disk_that_fills_up_on_the_way_keeps_it_in_memory(
    make: Make, reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    loop = make()
    monkeypatch.setattr(os, "fsync", full)
    assert "held in memory" in loop.prepare(lambda fraction: None) and loop.learner.cached_layers == 1
    assert not stores(reviews)


def test_a_folder_that_cannot_be_written_keeps_it_in_memory(
    make: Make, reviews: Reviews, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    loop = make()
    monkeypatch.setattr(Path, "mkdir", refused)
    assert "held in memory" in prepare(loop) and not stores(reviews)


@pytest.mark.parametrize("frozen", FROZEN)
def test_without_any_room_it_is_computed_in_every_step(
    frozen: Any, make: Make, streams: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SPARE", 1 << 60)
    monkeypatch.setattr(module, "_SHARE", 1 << 60)
    loop = make(freeze_layers=frozen)
    sentence = prepare(loop)
    assert "computed in every step, because their output" in sentence
    assert "fits neither on the disk nor in memory" in sentence
    assert loop.learner.cached_layers == 0 and not streams
    assert loop.run() == "finished" and streams
