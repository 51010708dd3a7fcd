"""`transformers.pipeline("text-classification")`, in fp32 by default, with batches of a given size in the given order.

The time covers all reviews in one call, or one review per call (the median), including tokenizing, but not loading and
a warm-up.
"""

from __future__ import annotations

import statistics
import time
from typing import Any

import torch
from transformers import pipeline

from benchmarks.jobs import Job, Measurement
from benchmarks.peers.common import Span, peak_bytes, rows_sha256, take_part, texts_and_labels

_WARM_UP_REVIEWS = 32


def classify(job: Job) -> Measurement:
    """Classify all reviews in one call, or one review per call."""
    classifier = pipeline(
        "text-classification",
        model=job.model,
        device=0 if torch.cuda.is_available() else -1,
        dtype=getattr(torch, job.options.get("dtype", "float32")),
    )
    how: dict[str, Any] = {"truncation": True, "max_length": job.max_length, "batch_size": job.options["batch_size"]}
    texts, _ = texts_and_labels(job.data)
    classifier(texts[:_WARM_UP_REVIEWS], **how)
    span = Span()
    if job.task == "bulk":
        span.begin()
        found = classifier(texts, **how)
        span.end()
        seconds = span.seconds
    else:
        texts, times, found = texts[: job.calls], [], []
        for text in texts[:10]:
            classifier(text, **how)
        span.begin()
        for text in texts:
            began = time.perf_counter()
            found += classifier(text, **how)
            times.append(time.perf_counter() - began)
        span.end()
        seconds = statistics.median(times)
    second = classifier.model.config.id2label[1]
    return Measurement(
        seconds=seconds,
        cpu_seconds=span.cpu_seconds,
        peak_bytes=peak_bytes(),
        baseline_bytes=span.baseline_bytes,
        reviews=len(found),
        rows_sha256=rows_sha256([(text, "") for text in texts]),
        probabilities=[one["score"] if one["label"] == second else 1 - one["score"] for one in found],
    )


if __name__ == "__main__":
    take_part(classify)
