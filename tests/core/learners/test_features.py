"""What frozen layers give is computed once: the same training as without, a store that is whole or not there, and a
run that goes on with the same bits whether it finds the store or computes it again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.data.stores import MANIFEST
from core.encoder.network import Network
from core.learners import features as module
from core.learners.features import FeatureStore, Shape, keep
from core.reviews.reading import Reviews
from core.runs.control import ControlReader
from core.runs.folder import create_run
from core.runs.journal import JournalReader, JournalWriter
from core.runs.records import NoticeRecord, PhaseRecord, PlanRecord
from core.runs.request import Request
from core.settings.schema import Settings
from core.worker.session import Session
from core.worker.work import StoppedEarlyError
from tests.core.learners.feature_runs import FROZEN, ROWS, Make, Silent, build, equal, prepare, stores

# The same training


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta"])
@pytest.mark.parametrize("frozen", FROZEN)
def test_training_on_what_is_kept_equals_training_without(
    family: str, frozen: Any, tiny_models: dict[str, Path], reviews: Reviews, streams: list[int]
) -> None:
    settings = {"freeze_layers": frozen, "optimizer": "sgd", "learning_rate": 0.05, "micro_batch_size": 3}
    plain, cached = (build(tiny_models[family], reviews, **settings) for _ in range(2))
    assert plain.run() == "finished" and len(streams) > 10
    prepare(cached)
    streams.clear()
    start = cached.learner.weights()
    assert cached.run() == "finished" and not streams
    final = cached.learner.weights()
    assert any(not torch.equal(start[name], final[name]) for name in final)
    for name, weight in plain.learner.weights().items():
        torch.testing.assert_close(final[name], weight, rtol=0, atol=1e-6, msg=name)
    np.testing.assert_allclose(cached.predict(cached.train), plain.predict(plain.train), atol=1e-5)


@pytest.mark.parametrize("frozen", FROZEN)
def test_training_in_bf16_keeps_bf16_and_comes_out_alike(frozen: Any, make: Make, reviews: Reviews) -> None:
    plain, cached = (make(precision="bf16", freeze_layers=frozen, optimizer="sgd") for _ in range(2))
    prepare(cached)
    kinds = {json.loads((reviews.folder / name / MANIFEST).read_bytes())["dtype"] for name in stores(reviews)}
    assert kinds == {"float32" if frozen == "encoder" else "bfloat16"}
    plain.run()
    cached.run()
    for name, weight in plain.learner.weights().items():
        torch.testing.assert_close(cached.learner.weights()[name], weight, rtol=0.02, atol=2e-3, msg=name)


def test_the_frozen_encoder_learns_as_the_whole_network_does(make: Make) -> None:
    """One micro-batch through `Network.learn`, which knows nothing of kept rows, and through the learner."""
    loop = make(freeze_layers="encoder", dropout=0.2)
    prepare(loop)
    learner: Any = loop.learner
    positions, labels = np.arange(6), torch.from_numpy(loop.train.labels[:6])

    def loss(logits: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.cross_entropy(logits, labels)

    batch = learner._pack(loop.train.ids(positions))
    whole = learner._network.learn(batch, learner._pool.masks(3, 0), loss, first=True)
    expected = learner._weights.grad.clone()
    mine = learner.learn(loop.train, positions, loss, (0, 3, 0), first=True)
    torch.testing.assert_close(mine, whole)
    torch.testing.assert_close(learner._weights.grad, expected)
    assert expected.abs().max() > 0


@pytest.mark.parametrize("frozen", FROZEN)
@pytest.mark.parametrize("found", [True, False])
def test_a_run_that_resumes_has_the_same_bits_with_the_store_and_without(
    frozen: Any, found: bool, make: Make, reviews: Reviews
) -> None:
    undisturbed = make(freeze_layers=frozen, epochs=3)
    prepare(undisturbed)
    undisturbed.run()
    observer = Silent(stop=5)
    first = make(observer, freeze_layers=frozen, epochs=3)
    prepare(first)
    assert first.run() == "stopped"
    if not found:
        for name in stores(reviews):
            shutil.rmtree(reviews.folder / name)
    second = make(freeze_layers=frozen, epochs=3)
    second.restore(observer.checkpoints[-1])
    assert ("by an earlier run" in prepare(second)) == found
    assert second.run() == "finished"
    assert equal(second.learner.weights(), undisturbed.learner.weights())


def test_the_pass_counts_as_training_time_once(make: Make, reviews: Reviews, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock that stands still but for the frozen layers, whose every batch takes a second."""
    now = [0.0]
    stream = Network.hidden_states

    def slow(self: Network, batch: Any, layers: int) -> torch.Tensor:
        now[0] += 1.0 if layers else 0.0
        return stream(self, batch, layers)

    monkeypatch.setattr(Network, "hidden_states", slow)
    observer = Silent(stop=2)
    first = make(observer)
    first._clock = lambda: now[0]
    prepare(first)
    spent = now[0]
    assert spent > 0 and first.progress.seconds == spent
    assert first.run() == "stopped" and first.progress.seconds == spent
    for name in stores(reviews):
        shutil.rmtree(reviews.folder / name)
    second = make()
    second._clock = lambda: now[0]
    second.restore(observer.checkpoints[-1])
    prepare(second)
    assert now[0] > spent
    assert second.progress.seconds == spent


# Found again, or not


def test_a_process_killed_while_it_writes_leaves_no_store(
    make: Make, tiny_model: Path, reviews: Reviews, until: Callable[..., Any], tmp_path: Path, streams: list[int]
) -> None:
    """A real process, killed between two batches of the first store."""
    reached = tmp_path / "reached"
    script = f"""
import time
from pathlib import Path
from core.reviews.reading import Reviews
from core.learners import native as native_learner
from tests.core.learners.feature_runs import build

def progress(fraction):
    Path({str(reached)!r}).touch()
    time.sleep(600)

native_learner.EVALUATION_TOKENS = 64
build(Path({str(tiny_model)!r}), Reviews(Path({str(reviews.folder)!r}))).prepare(progress)
"""
    root = Path(__file__).parents[3]
    process = subprocess.Popen([sys.executable, "-c", script], cwd=root)
    try:
        until(lambda: reached.exists() or process.poll() is not None, 90, "the first batch")
        assert process.poll() is None
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    left = stores(reviews)
    assert len(left) == 1 and left[0].startswith(".features-") and f".{process.pid}-" in left[0]
    loop = make()
    prepare(loop)
    assert sum(streams) == ROWS and len(stores(reviews)) == 2 and left[0] not in stores(reviews)


def test_a_stop_while_it_computes_leaves_nothing(make: Make, reviews: Reviews) -> None:
    def progress(fraction: float) -> None:
        calls.append(fraction)
        raise StoppedEarlyError

    calls: list[float] = []
    with pytest.raises(StoppedEarlyError):
        make().prepare(progress)
    assert len(calls) == 1 and not stores(reviews)


def test_files_are_private(make: Make, reviews: Reviews) -> None:
    prepare(make())
    for name in stores(reviews):
        folder = reviews.folder / name
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}


# What is said


def test_the_sentence_says_what_was_done(make: Make) -> None:
    assert prepare(make(freeze_layers="none")) == prepare(make(freeze_layers="embeddings")) == ""
    loop = make(freeze_layers="encoder")
    assert prepare(loop) == (
        "The 2 frozen layers were computed once for 40 reviews (1 MB kept); dropout is off below them."
    )
    assert loop.learner.cached_layers == 2 and not loop.learner.found_layers
    again = make(freeze_layers="encoder")
    assert prepare(again) == (
        "The 2 frozen layers were computed by an earlier run for 40 reviews (1 MB kept); dropout is off below them."
    )
    assert again.learner.found_layers
    assert prepare(make(freeze_layers=1)).startswith("The frozen layer was computed once for 40 reviews")


@pytest.mark.parametrize(
    ("frozen", "start"),
    [("none", ""), ("embeddings", ""), (1, "The frozen layer is"), ("encoder", "The 2 frozen layers are")],
)
def test_transformers_says_why_it_computes_them_again(frozen: Any, start: str, make: Make) -> None:
    loop = make(freeze_layers=frozen, precision="fp16")
    end = " computed in every step, because the native encoder does not compute in fp16."
    assert prepare(loop) == (start + end if start else "")
    assert loop.learner.plan.path.name == "transformers" and loop.learner.cached_layers == 0


def test_a_session_says_it_in_its_journal(tiny_model: Path, reviews_csv: Callable[..., Path]) -> None:
    given = {"model": str(tiny_model), "epochs": 2, "batch_size": 8, "max_length": 24, "freeze_layers": "encoder"}
    settings = Settings.model_validate({**given, "device": "cpu", "precision": "fp32"})
    request = Request(name="chairs", data=str(reviews_csv(ROWS)), settings=settings)
    found = []
    for _ in range(2):
        run = create_run(request)
        journal = JournalWriter(run.journal)
        Session(run, journal, ControlReader(run.control), threading.Event()).work(resume=False)
        journal.close()
        found.append(JournalReader(run.journal).read_new())
    for records, words, phases in zip(found, ("once", "by an earlier run"), (True, False), strict=True):
        assert records[-1].kind == "finished"
        assert [record.cached_layers for record in records if isinstance(record, PlanRecord)] == [2]
        texts = [record.text for record in records if isinstance(record, NoticeRecord)]
        assert any(text.startswith(f"The 2 frozen layers were computed {words} for 40 reviews") for text in texts)
        shares = [
            one.fraction
            for one in records
            if isinstance(one, PhaseRecord) and one.name == "computing the frozen layers"
        ]
        assert bool(shares) == phases and (not shares or shares[-1] == 1.0)
    assert found[0][-1].validation == found[1][-1].validation


# The store itself


@given(st.lists(st.integers(1, 5), min_size=1, max_size=12), st.randoms(use_true_random=False), st.booleans())
def test_a_store_gives_back_what_was_computed(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], random: Any, narrow: bool
) -> None:
    """Whatever the order of computing and of asking, from memory, from a small file and from a mapped one."""
    dtype = torch.bfloat16 if narrow else torch.float32
    shape = Shape(np.array(counts, dtype=np.int64), 3, dtype)
    rows = [torch.randn(count, 3).to(dtype).float() for count in counts]
    order = random.sample(range(len(counts)), len(counts))

    def compute() -> Any:
        for start in range(0, len(order), 2):
            part = order[start : start + 2]
            yield np.array(part), torch.cat([rows[position] for position in part])

    parent = tmp_path_factory.mktemp("store")
    asked = random.choices(range(len(counts)), k=5)
    expected = torch.cat([rows[position] for position in asked])
    small = module._SMALL
    for place, limit, found in ((parent, small, False), (parent, small, True), (parent, -1, True), (None, 0, False)):
        module._SMALL = limit
        try:
            store = keep(place, "k" * 64, shape, compute)
        finally:
            module._SMALL = small
        assert isinstance(store, FeatureStore) and store.found == found and store.on_disk == (place is not None)
        assert len(store) == len(counts) and store.bytes == shape.bytes
        out = store.take(np.array(asked), torch.full((len(expected) + 2, 3), float("nan")))
        assert torch.equal(out[:-2], expected) and not out[-2:].any()
