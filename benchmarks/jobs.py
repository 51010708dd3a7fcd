"""What a contestant is asked (`Job`, one JSON argument) and what it answers (`Measurement`, one JSON line, its last).

Light: both the command that starts the contestants and the contestants themselves import this.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Task = Literal["train", "bulk", "one", "peak"]
"""Fine-tune; classify all reviews; classify one review at a time, warm; the machine's fastest matrix product."""


@dataclass(frozen=True)
class Training:
    """How to train; every contestant of a case is given the same."""

    epochs: int
    batch_size: int = 32
    max_length: int = 256
    """Tokens, special tokens included."""
    optimizer: Literal["adamw", "sgd"] = "adamw"
    learning_rate: float = 5e-5
    schedule: Literal["linear", "constant"] = "linear"
    warmup_ratio: float = 0.1
    weight_decay: float = 0.01
    max_grad_norm: float = 1.0
    """0 means: no clipping."""
    freeze_layers: int | Literal["none", "encoder"] = "none"
    """A number freezes the embeddings and so many of the lowest layers; `encoder` all but the head."""
    evaluate_each_epoch: bool = False
    """Measure on the held-out reviews after each epoch, within the time; else once, after it."""


@dataclass(frozen=True)
class Job:
    """One measurement to make."""

    peer: str
    """Module in `benchmarks.peers`."""
    task: Task
    model: str = ""
    """Folder of an encoder (train) or of a classifier (bulk, one)."""
    data: str = ""
    """CSV file with `text` and `label`: the reviews to train on or to classify."""
    held_out: str = ""
    """CSV file of the reviews to measure accuracy on."""
    seed: int = 1
    threads: int = 1
    training: Training | None = None
    max_length: int = 256
    calls: int = 50
    """Reviews to time one by one (task `one`)."""
    options: dict[str, Any] = field(default_factory=dict)
    """Of this contestant alone."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Job:
        facts = json.loads(text)
        if facts["training"] is not None:
            facts["training"] = Training(**facts["training"])
        return cls(**facts)

    @property
    def trained(self) -> Training:
        """How to train, for the task `train`."""
        if self.training is None:
            raise ValueError(f"the job {self.task} of {self.peer} says nothing of training")
        return self.training


@dataclass(frozen=True)
class Measurement:
    """What a contestant found. Imports, reading, tokenizing for training, and building the model are not timed."""

    seconds: float
    """Wall time of the work; for the task `one` the median of the calls."""
    cpu_seconds: float
    """User and system time of the process and its children over the same span (all calls, for the task `one`)."""
    peak_bytes: int
    """Highest resident memory of the process from its start to the end of the work."""
    baseline_bytes: int
    """Resident memory when the work began."""
    reviews: int
    """Reviews read: rows of the training file, or reviews classified."""
    rows_sha256: str = ""
    """Of the reviews (and labels, where it trains) that were read, whatever their order."""
    tokens: int | None = None
    """Real tokens trained on, all epochs together, padding not counted."""
    padding_share: float | None = None
    """Padding among all token positions that were computed, where known."""
    accuracy: float | None = None
    """On the held-out reviews, in fp32, after training."""
    probabilities: list[float] | None = None
    """Of the second class, for each review classified."""
    tflops: float | None = None
    """Of the task `peak`."""
    notes: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Measurement:
        return cls(**json.loads(text))
