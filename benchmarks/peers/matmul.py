"""Measures the machine's peak: the fastest of several bf16 products of two 2048 × 2048 matrices."""

from __future__ import annotations

import time

import torch

from benchmarks.jobs import Job, Measurement
from benchmarks.peers.common import Span, peak_bytes, take_part

_WIDTH = 2048
_ROUNDS = 20


def measure(job: Job) -> Measurement:
    """Time the product; `seconds` is the fastest of 20."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    left, right = (torch.randn(_WIDTH, _WIDTH).to(device, torch.bfloat16) for _ in range(2))
    torch.mm(left, right)
    fastest = float("inf")
    span = Span()
    span.begin()
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        torch.mm(left, right)
        if device == "cuda":
            torch.cuda.synchronize()
        fastest = min(fastest, time.perf_counter() - began)
    span.end()
    return Measurement(
        seconds=fastest,
        cpu_seconds=span.cpu_seconds,
        peak_bytes=peak_bytes(),
        baseline_bytes=span.baseline_bytes,
        reviews=0,
        tflops=2 * _WIDTH**3 / fastest / 1e12,
    )


if __name__ == "__main__":
    take_part(measure)
