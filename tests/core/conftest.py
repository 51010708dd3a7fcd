"""A training loop on a tiny model: reviews in memory, an observer that writes all down, a clock that is told."""

from __future__ import annotations

import copy
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from core.data.examples import Examples
from core.data.tokens import SpecialTokens, encode, special_tokens_of
from core.distillation.imitation import Imitation
from core.learners import budgets, choose
from core.models.classifier import Classifier, build_classifier
from core.models.sources import ModelSource
from core.planning.run_plan import ComputePath, RunPlan
from core.runs.control import ControlReader, ControlRequest, send
from core.runs.folder import RunFolder
from core.runs.history import RunHistory
from core.runs.journal import JournalWriter
from core.runs.lock import living_worker
from core.runs.outline import Distillation
from core.runs.records import EvaluationRecord, LayersRecord, OutOfMemoryRecord, StepRecord, TimeRecord
from core.runs.status import OVER
from core.runs.summary import summarize
from core.settings.schema import Settings
from core.training.checkpoints import Checkpoint
from core.training.loop import TrainingLoop
from core.training.loss import class_weights
from core.worker import work as work_module
from core.worker.methods import work_of
from tests.core.made import history_of

LABELS = ("negative", "positive")


class MemoryStore:
    """Token ids of N reviews, as a `TokenStore` gives them."""

    def __init__(self, ids: list[list[int]]) -> None:
        self._ids = [np.array(one, dtype=np.uint16) for one in ids]
        self.counts = np.array([len(one) for one in ids])

    def __len__(self) -> int:
        return len(self._ids)

    def __getitem__(self, row: int) -> np.ndarray:
        return self._ids[row]

    def lengths(self, rows: np.ndarray, special_tokens: SpecialTokens) -> np.ndarray:
        lengths: np.ndarray = special_tokens.length(self.counts[rows])
        return lengths


@dataclass
class Recorder:
    """An observer that writes everything down, and asks for what it was told to ask for."""

    steps: list[StepRecord] = field(default_factory=list)
    layers: list[LayersRecord] = field(default_factory=list)
    times: list[TimeRecord] = field(default_factory=list)
    evaluations: list[EvaluationRecord] = field(default_factory=list)
    checkpoints: list[Checkpoint] = field(default_factory=list)
    pauses: list[bool] = field(default_factory=list)
    memory: list[OutOfMemoryRecord] = field(default_factory=list)
    asks: dict[int, list[ControlRequest]] = field(default_factory=dict)
    """Step → what is asked for after it."""
    later: list[list[ControlRequest]] = field(default_factory=list)
    """What is asked for at each look once a pause has begun."""

    def on_step(self, record: StepRecord) -> None:
        self.steps.append(record)

    def on_layers(self, record: LayersRecord) -> None:
        self.layers.append(record)

    def on_time(self, record: TimeRecord) -> None:
        self.times.append(record)

    def on_evaluation(self, record: EvaluationRecord) -> None:
        self.evaluations.append(record)

    def on_evaluating(self, fraction: float) -> None:
        assert 0 <= fraction <= 1

    def on_checkpoint(self, checkpoint: Checkpoint) -> None:
        self.checkpoints.append(copy.deepcopy(checkpoint))

    def settle(self) -> None:
        pass  # a checkpoint is copied as soon as it is given

    def on_memory(self, record: OutOfMemoryRecord) -> None:
        self.memory.append(record)

    def on_pause(self, paused: bool) -> None:
        self.pauses.append(paused)

    def control_requests(self) -> list[ControlRequest]:
        if self.pauses and self.pauses[-1] and self.later:
            return self.later.pop(0)
        return self.asks.pop(self.steps[-1].step, [])

    @property
    def losses(self) -> list[float]:
        return [step.loss for step in self.steps]


MakeLoop = Callable[..., tuple[TrainingLoop, Recorder]]


@pytest.fixture(autouse=True)
def known_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test waits for the probe of the machine, and none depends on it."""
    monkeypatch.setattr(budgets, "measured_budget", lambda *_: 2048)


def on_transformers(
    classifier: Classifier, settings: Settings, device: torch.device, precision: str, planned: Any = choose.plan_of
) -> RunPlan:
    """The plan of a run that the native encoder could compute, but does not."""
    plan: RunPlan = planned(classifier, settings, device, precision)
    return replace(plan, path=ComputePath("transformers", "asked for"))


@pytest.fixture(params=["native", "transformers"])
def path(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """What computes the model: each test runs on both."""
    if request.param == "transformers":
        monkeypatch.setattr(choose, "plan_of", on_transformers)
    name: str = request.param
    return name


class RandomAnswers:
    """Answers of a teacher that says anything."""

    def __init__(self, rows: int, width: int) -> None:
        self.all = torch.randn(rows, width, generator=torch.Generator().manual_seed(1)).numpy()

    def take(self, positions: np.ndarray) -> np.ndarray:
        return self.all[positions]


def made_imitation(labels: np.ndarray, settings: Settings, layers: tuple[int, ...] = (1, 2), **parts: Any) -> Imitation:
    """The objective of a tiny student, whose teacher says anything."""
    return Imitation(
        Distillation(teacher="none", **parts),
        labels,
        len(LABELS),
        RandomAnswers(len(labels), len(LABELS) + 32 * len(layers)),
        layers,
        class_weights(labels[labels >= 0], len(LABELS), settings.class_weights),
        settings.label_smoothing,
        torch.device("cpu"),
    )


@pytest.fixture
def make_loop(path: str, tiny_models: dict[str, Path], reviews_of: Callable[..., list[tuple[str, str]]]) -> MakeLoop:
    """`make_loop(family="bert", rows=22, precision="fp32", recorder=…, clock=…, sleep=…, imitates=…, **settings)`.

    With `imitates`, the parts of a `Distillation`, a third of the reviews has no label, and a teacher is imitated.
    """

    def make(
        family: str = "bert",
        rows: int = 22,
        precision: str = "fp32",
        recorder: Recorder | None = None,
        clock: Callable[[], float] | None = None,
        sleep: Callable[[float], None] | None = None,
        imitates: dict[str, Any] | None = None,
        **settings: Any,
    ) -> tuple[TrainingLoop, Recorder]:
        given = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-3, "device": "cpu", "checkpoint_seconds": 1e9}
        wanted = Settings.model_validate({**given, **settings})
        classifier = build_classifier(ModelSource("tiny", tiny_models[family]), LABELS, wanted)
        reviews = reviews_of(rows + 10, 5)
        store: Any = MemoryStore(encode(classifier.tokenizer, [text for text, _ in reviews]))
        labels = np.array([LABELS.index(label) for _, label in reviews])
        labels[:rows:5] = 0  # so that the classes are not balanced
        recorder = recorder or Recorder()
        train, held_out = np.arange(rows), np.arange(rows, rows + 10)
        objective = None
        if imitates is not None:
            labels[1:rows:3] = -1
            objective = made_imitation(labels[train], wanted, **imitates)
        loop = TrainingLoop(
            classifier,
            special_tokens_of(classifier.tokenizer, classifier.max_length, classifier.truncation),
            Examples(store, train, labels[train]),
            Examples(store, held_out, labels[held_out]),
            wanted,
            torch.device("cpu"),
            precision,
            objective,
            recorder,
            clock or (lambda: 0.0),
            sleep or (lambda seconds: pytest.fail("slept")),
        )
        return loop, recorder

    return make


@pytest.fixture
def recorder() -> Callable[..., Recorder]:
    """`recorder(asks=…, later=…)`: a new observer."""
    return Recorder


@pytest.fixture
def weights_of() -> Callable[[TrainingLoop], dict[str, torch.Tensor]]:
    """A copy of all weights of a loop's model, by name."""

    def weights(loop: TrainingLoop) -> dict[str, torch.Tensor]:
        found = {name: weight.detach().clone() for name, weight in loop.classifier.model.named_parameters()}
        learned = loop.learner.weights()
        for name in found.keys() & learned.keys():
            if f"{name}/words" in learned:  # only the rows of words in use
                found[name] *= learned[f"{name}/unseen"].float()
                found[name][learned[f"{name}/words"]] = learned[name]
            else:
                found[name] = learned[name]
        return found

    return weights


@pytest.fixture
def one_processor() -> Iterator[None]:
    """Workers started here get one processor: the same figures on every machine, and no fight over busy ones."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    yield
    os.sched_setaffinity(0, before)


@pytest.fixture
def over(until: Callable[..., Any]) -> Callable[[RunFolder], RunHistory]:
    """Wait until a run's worker has said its last word and is gone; returns the run's history."""

    def wait(run: RunFolder) -> RunHistory:
        until(lambda: summarize(run).state in OVER and living_worker(run.lock) is None, 90, "the end of the run")
        return history_of(run)

    return wait


@pytest.fixture
def at_step(until: Callable[..., Any]) -> Callable[[RunFolder, int], None]:
    """Wait until a run has made that many steps."""

    def wait(run: RunFolder, step: int) -> None:
        until(lambda: history_of(run).step >= step or summarize(run).state in OVER, 90, f"step {step}")
        assert summarize(run).state not in OVER, summarize(run)

    return wait


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Callable[..., RunHistory]:
    """Do a run's work here, as its worker would; returns its history. `wishes` are made before it begins."""
    monkeypatch.setattr(work_module, "cpu_threads", lambda: 1)

    def do(run: RunFolder, *, resume: bool = False, control_requests: tuple[Any, ...] = ()) -> RunHistory:
        journal = JournalWriter(run.journal)
        control = ControlReader(run.control)
        for wish in control_requests:
            send(run.control, wish)
        try:
            work_of(run, journal, control, threading.Event()).work(resume=resume)
        finally:
            journal.close()
        return history_of(run)

    return do
