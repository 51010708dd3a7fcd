"""What the contestants share: the span that is timed, the reviews, a model with a new head, accuracy, the answer.

This project's own contestant takes only the span and the reviews from here; its model and its training are its own.
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
    """The part of a process that is timed: wall and processor seconds, and resident memory when it began."""

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
        """The work ended now; a later call moves the end."""
        if self._began is None:
            raise RuntimeError("the span ended before it began")
        self.seconds, self.cpu_seconds = time.perf_counter() - self._began[0], _cpu_seconds() - self._began[1]


def _cpu_seconds() -> float:
    """User and system time of this process, all its threads, and its children that ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def resident_bytes() -> int:
    """Memory of this process that is in RAM now; with a GPU, what it has been given there."""
    if torch.cuda.is_available():
        return int(torch.cuda.memory_allocated())
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def peak_bytes() -> int:
    """The most of that at once, since its start."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return max(highest, resident_bytes())  # the kernel counts the two on different occasions


def rows_sha256(rows: Sequence[Row]) -> str:
    """A hash of reviews and labels that their order does not change."""
    digest = hashlib.sha256()
    for text, label in sorted(rows):
        digest.update(f"{label}\t{text}\n".encode())
    return digest.hexdigest()


def texts_and_labels(file: str) -> tuple[list[str], list[int]]:
    """The reviews of a file and their classes."""
    rows = read_rows(Path(file))
    return [text for text, _ in rows], [int(label) for _, label in rows]


def load_tokenizer(folder: str) -> Any:
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, local_files_only=True)


def load_model(job: Job, **options: Any) -> Any:
    """The encoder with a new head for two classes, in fp32; the same head for the same seed."""
    from transformers import AutoModelForSequenceClassification

    torch.manual_seed(job.seed)
    model = AutoModelForSequenceClassification.from_pretrained(
        job.model, num_labels=2, local_files_only=True, dtype=torch.float32, **options
    )
    freeze(model, job.trained.freeze_layers)
    return model


def freeze(model: Any, choice: int | str) -> None:
    """Freeze the embeddings and the `choice` lowest layers, or all layers; pooler and classifier always learn."""
    if choice == "none":
        return
    base = model.base_model
    layers = base.transformer.layer if hasattr(base, "transformer") else base.encoder.layer
    count = len(layers) if choice == "encoder" else int(choice)
    for module in (base.embeddings, *layers[:count]):
        module.requires_grad_(False)


def accuracy(model: Any, tokenizer: Any, file: str, max_length: int) -> float:
    """Share of the reviews in `file` that the model labels rightly: evaluation mode, fp32."""
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
    """Read the job from the command line, do it, print the measurement as the last line."""
    job = Job.from_json(sys.argv[1])
    torch.set_num_threads(job.threads)
    found = contestant(job)
    sys.stdout.flush()
    print(found.to_json(), flush=True)
