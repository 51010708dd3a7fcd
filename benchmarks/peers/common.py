"""Code that contestants share: the timed span, reading reviews, a model with a new head, accuracy, printing the result.

This project's own contestant uses only the span and the reviews from here, not the model or the training.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks.data import Row, read_rows
from benchmarks.jobs import Job, Measurement

_EVALUATION_BATCH = 32


class Span:
    """The timed part of a process: wall and CPU seconds, and resident memory at its start."""

    def __init__(self) -> None:
        self.seconds = self.cpu_seconds = 0.0
        self.baseline_bytes = 0
        self._began: tuple[float, float] | None = None

    @property
    def begun(self) -> bool:
        return self._began is not None

    def begin(self) -> None:
        self.baseline_bytes = resident_bytes()
        self._began = time.perf_counter(), _cpu_seconds()

    def end(self) -> None:
        """Set the end to now; a later call moves it."""
        if self._began is None:
            raise RuntimeError("the span ended before it began")
        self.seconds, self.cpu_seconds = time.perf_counter() - self._began[0], _cpu_seconds() - self._began[1]


def _cpu_seconds() -> float:
    """Return the user and system time of this process, its threads, and its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def resident_bytes() -> int:
    """Return the resident memory of this process; with a GPU, the memory allocated there."""
    if torch.cuda.is_available():
        return int(torch.cuda.memory_allocated())
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """Return the peak of `resident_bytes` since the start of the process."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return max(highest, resident_bytes())  # the kernel updates the two at different times


def rows_sha256(rows: Sequence[Row]) -> str:
    """Return a hash of reviews and labels that does not depend on their order."""
    digest = hashlib.sha256()
    for text, label in sorted(rows):
        digest.update(f"{label}\t{text}\n".encode())
    return digest.hexdigest()


def texts_and_labels(file: str) -> tuple[list[str], list[int]]:
    """Return the reviews of a file and their classes."""
    rows = read_rows(Path(file))
    return [text for text, _ in rows], [int(label) for _, label in rows]


def load_tokenizer(folder: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def load_model(job: Job, **options: Any) -> Any:
    """Return the encoder in fp32 with a new head for two classes. The head depends only on the seed."""
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(job.seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        job.model, num_labels=2, local_files_only=True, dtype=torch.float32, **options
    )
    freeze(model, job.trained.freeze_layers)
    return model


def freeze(model: Any, choice: int | str) -> None:
    """Freeze the embeddings and the `choice` lowest layers, or all layers, but never the pooler and the classifier."""
    if choice == "none":
        return
    base = model.base_model
    layers = base.transformer.layer if hasattr(base, "transformer") else base.encoder.layer
    count = len(layers) if choice == "encoder" else int(choice)
    for module in (base.embeddings, *layers[:count]):
        module.requires_grad_(False)


def accuracy(model: Any, tokenizer: Any, file: str, max_length: int) -> float:
    """Return the share of reviews in `file` that the model labels correctly, in evaluation mode and fp32."""
    texts, labels = texts_and_labels(file)
    model.eval()
    right = 0
    with torch.inference_mode():
        for start in range(0, len(texts), _EVALUATION_BATCH):
            part = slice(start, start + _EVALUATION_BATCH)
            batch = tokenizer(texts[part], truncation=True, max_length=max_length, padding=True, return_tensors="pt")
            found = model(**batch.to(model.device)).logits.argmax(-1).cpu()
            right += int((found == torch.tensor(labels[part])).sum())
    return right / len(texts)


def take_part(contestant: Callable[[Job], Measurement]) -> None:
    """Read a job from the command line, run it, and print the measurement as the last line."""
    job = Job.from_json(sys.argv[1])
    torch.set_num_threads(job.threads)
    found = contestant(job)
    sys.stdout.flush()
    print(found.to_json(), flush=True)
