"""What frozen layers give is computed once: the same training as without, a store that is whole or not there, and a
run that goes on with the same bits whether it finds the store or computes it again."""

from __future__ import annotations

import copy
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

from core.data.examples import Examples
from core.data.stores import MANIFEST
from core.data.tokenization import tokenize
from core.data.tokens import special_tokens_of
from core.encoder.network import Network
from core.learners import features as module
from core.learners.features import FEATURES, PLACES, FeatureStore, Shape, keep
from core.models.classifier import build_classifier
from core.models.sources import ModelSource
from core.reviews.reading import Reviews, read_reviews
from core.runs.control import ControlReader, ControlRequest
from core.runs.folder import create_run
from core.runs.journal import JournalReader, JournalWriter
from core.runs.records import NoticeRecord, PhaseRecord, PlanRecord
from core.runs.request import Request
from core.settings.schema import Settings
from core.training.checkpoints import Checkpoint
from core.training.loop import TrainingLoop
from core.worker.session import Session, StoppedEarlyError

ROWS, TRAIN = 40, 30
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


def prepare(loop: TrainingLoop) -> str:
    shares: list[float] = []
    sentence = loop.prepare(shares.append)
    assert shares == sorted(shares) and (not shares or shares[-1] == 1.0)
    return sentence


def stores(reviews: Reviews) -> list[str]:
    return sorted(name for name in os.listdir(reviews.folder) if "features-" in name)


def equal(one: Tensors, other: Tensors) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


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
from tests.core.learners.test_features import build

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


# Where there is no room


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


# What is said


def test_the_sentence_says_what_was_done(make: Make) -> None:
    assert prepare(make(freeze_layers="none")) == prepare(make(freeze_layers="embeddings")) == ""
    loop = make(freeze_layers="encoder")
    assert prepare(loop) == (
        "The 2 frozen layers were computed once for 40 reviews (1 MB kept); dropout is off below them."
    )
    assert loop.learner.cached_layers == 2
    assert prepare(make(freeze_layers="encoder")) == (
        "The 2 frozen layers were computed by an earlier run for 40 reviews (1 MB kept); dropout is off below them."
    )
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
