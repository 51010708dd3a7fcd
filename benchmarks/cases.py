"""The benchmark as data: its cases and its goals.

A case compares this project and its peers on the same model, reviews and settings. A goal is a limit on the ratios of
one or more cases.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from benchmarks.jobs import Task, Training

OURS = "ours"


@dataclass(frozen=True)
class Peer:
    """A contestant that this project is compared with."""

    name: str
    """Its name in the table."""
    module: str
    """Its module in `benchmarks.peers`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    search: bool = False
    """Whether to search for its best options first (`benchmarks/search.py`)."""
    measured_epochs: int | None = None
    """Train only this many epochs, and scale the time to all of them; `--full` trains them all."""


@dataclass(frozen=True)
class Case:
    """One comparison."""

    name: str
    title: str
    task: Task
    model: Literal["starter", "starter-shape", "distilbert-shape", "bert-base-shape"]
    data: Literal["short", "long"]
    peers: tuple[Peer, ...]
    training: Training | None = None
    max_length: int = 256
    reviews: int = 2000
    """Reviews to classify (task `bulk`); the file is repeated to reach this number."""
    calls: int = 100
    """Reviews to classify one by one (task `one`)."""
    precision: str = "fp32"
    """Our precision for classification: fp32 as in `classify TEXT`, or auto as in `classify --file`."""


@dataclass(frozen=True)
class Goal:
    """A limit on ratios.

    If `at_least`, the peer's figure divided by ours must be at least `limit`; otherwise ours divided by the peer's must
    be at most `limit`.
    """

    title: str
    cases: tuple[str, ...]
    peer: str
    quantity: Literal["seconds", "peak_bytes"]
    across: Literal["geometric mean", "worst"]
    limit: float
    at_least: bool = True


TUNED = Peer("hf_tuned", "hf_tuned", search=True)
DEFAULT = Peer("hf_default", "hf_default")
LAB = Peer("lab_loop", "lab_loop", measured_epochs=1)
PIPELINE_32 = Peer("pipeline_32", "pipeline", {"batch_size": 32})
PIPELINE_1 = Peer("pipeline_1", "pipeline", {"batch_size": 1})

SHORT, LONG, ONCE = Training(epochs=3), Training(epochs=2), Training(epochs=1)
LAB_RECIPE = Training(
    epochs=10,
    batch_size=16,
    max_length=512,
    optimizer="sgd",
    learning_rate=0.005,
    schedule="constant",
    warmup_ratio=0,
    weight_decay=0,
    max_grad_norm=0,
    freeze_layers="encoder",
    evaluate_each_epoch=True,
)

CASES = (
    Case("lab", "lab recipe, 10 epochs", "train", "starter", "long", (LAB,), LAB_RECIPE),
    Case("starter-short", "full fine-tuning, 3 epochs", "train", "starter", "short", (TUNED, DEFAULT), SHORT),
    Case("starter-long", "full fine-tuning, 2 epochs", "train", "starter", "long", (TUNED, DEFAULT), LONG),
    Case("distilbert-short", "full fine-tuning, 1 epoch", "train", "distilbert-shape", "short", (TUNED, DEFAULT), ONCE),
    Case("distilbert-long", "full fine-tuning, 1 epoch", "train", "distilbert-shape", "long", (TUNED, DEFAULT), ONCE),
    Case(
        "freeze",
        "lower half frozen, 3 epochs",
        "train",
        "starter",
        "long",
        (TUNED,),
        Training(epochs=3, freeze_layers=3),
    ),
    Case("bulk", "classify 2000 reviews", "bulk", "starter", "long", (PIPELINE_32, PIPELINE_1), precision="auto"),
    Case("one", "classify one review, warm", "one", "starter", "long", (PIPELINE_1,)),
    Case("one-fast", "the same in the fastest format", "one", "starter", "long", (PIPELINE_1,), precision="auto"),
)

FULL = tuple(case.name for case in CASES if case.task == "train" and case.training in (SHORT, LONG, ONCE))
TRAINED = (*FULL, "bert-base-short", "bert-base-long")
"""All cases with full fine-tuning."""

GOALS = (
    Goal("lab recipe against the lab's loop", ("lab",), LAB.name, "seconds", "worst", 50),
    Goal("full fine-tuning against hf_tuned", FULL, TUNED.name, "seconds", "geometric mean", 2.0),
    Goal("full fine-tuning against hf_tuned, the worst case", FULL, TUNED.name, "seconds", "worst", 1.5),
    Goal("full fine-tuning against hf_default", FULL, DEFAULT.name, "seconds", "geometric mean", 4.0),
    Goal("lower half frozen against hf_tuned", ("freeze",), TUNED.name, "seconds", "worst", 2.5),
    Goal("bulk classification against pipeline, batch 32", ("bulk",), PIPELINE_32.name, "seconds", "worst", 4.0),
    Goal("one review against pipeline", ("one",), PIPELINE_1.name, "seconds", "worst", 0.6, at_least=False),
    Goal("peak memory against hf_tuned, the worst case", FULL, TUNED.name, "peak_bytes", "worst", 0.7, at_least=False),
)

ACCURACY = ("starter-short", "starter-long", "freeze")
"""Cases whose accuracy is meaningful: the encoder is pretrained, and both sides train all epochs."""


def smoke_cases() -> tuple[Case, ...]:
    """Return a tiny version in which every contestant runs once. It tests correctness; its times mean nothing."""
    wanted = ("lab", "starter-short", "bulk", "one")
    return tuple(_tiny(case) for case in CASES if case.name in wanted)


def _tiny(case: Case) -> Case:
    training = case.training and replace(case.training, epochs=2, batch_size=16, max_length=64)
    peers = case.peers[:1] if case.task == "bulk" else case.peers
    peers = tuple(replace(peer, search=False) for peer in peers)
    return replace(case, training=training, peers=peers, max_length=64, reviews=64, calls=5)
