"""What a contestant receives (`Job`, a JSON argument) and returns (`Measurement`, a JSON line, the last of its output).

This module imports nothing heavy: the command that starts the contestants and the contestants themselves share it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Task = Literal["train", "bulk", "one", "peak"]
"""Fine-tune; classify all reviews; classify one review at a time, warm; time the machine's fastest matrix product."""


@dataclass(frozen=True)
class Training:
    """How to train, the same for every contestant of a case."""

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
    """0 disables clipping."""
    freeze_layers: int | Literal["none", "encoder"] = "none"
    """A number freezes the embeddings and that many of the lowest layers; `encoder` freezes all but the head."""
    evaluate_each_epoch: bool = False
    """Whether to evaluate after each epoch, within the measured time; otherwise once, after it."""


@dataclass(frozen=True)
class Job:
    """One measurement to make."""

    peer: str
    """A module in `benchmarks.peers`."""
    task: Task
    model: str = ""
    """Folder of an encoder (train) or of a classifier (bulk, one)."""
    data: str = ""
    """CSV file with the columns `text` and `label`: the reviews to train on or to classify."""
    held_out: str = ""
    """CSV file with the reviews to measure accuracy on."""
    seed: int = 1
    threads: int = 1
    training: Training | None = None
    max_length: int = 256
    calls: int = 50
    """Reviews to time one by one (task `one`)."""
    options: dict[str, Any] = field(default_factory=dict)
    """Options of this contestant only."""

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
        """How to train. Raises ValueError if the job does not say."""
        if self.training is None:
            raise ValueError(f"the job {self.task} of {self.peer} does not say how to train")
        return self.training


@dataclass(frozen=True)
class Measurement:
    """The result of a job. Imports, reading, tokenizing for training, and building the model are not timed."""

    seconds: float
    """Wall time of the work; for the task `one`, the median of the calls."""
    cpu_seconds: float
    """User and system time of the process and its children over the same span; for the task `one`, over all calls."""
    peak_bytes: int
    """Peak resident memory of the process from its start to the end of the work."""
    baseline_bytes: int
    """Resident memory at the start of the work."""
    reviews: int
    """Rows read from the training file, or reviews classified."""
    rows_sha256: str = ""
    """Hash of the reviews that were read (and their labels, for training), independent of their order."""
    tokens: int | None = None
    """Tokens trained on in all epochs together, without padding."""
    padding_share: float | None = None
    """Share of padding among all computed token positions, if known."""
    accuracy: float | None = None
    """Accuracy on the held-out reviews, in fp32, after training."""
    probabilities: list[float] | None = None
    """Probability of the second class, for each classified review."""
    tflops: float | None = None
    """Result of the task `peak`, in TFLOP/s."""
    notes: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Measurement:
        return cls(**json.loads(text))
