"""Which device a run uses, and which number format is fastest for its matrix products there."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from core.base.errors import InputError

_PROBE_ROWS, _PROBE_WIDTH, _PROBE_ROUNDS = 256, 768, 12


def choose_device(word: str) -> torch.device:
    """Return the device that a `device` setting means.

    Raises:
        InputError: There is no such GPU.
    """
    if word == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if word.startswith("cuda"):
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = int(word.partition(":")[2] or 0)
        if index >= found:
            raise InputError(
                f"There is no device {word}: this machine has {found} usable GPUs; set device cpu or auto."
            )
    return torch.device(word)


def choose_precision(word: str, device: torch.device) -> str:
    """Return the precision that a `precision` setting means on `device`: fp32, bf16 or fp16.

    Raises:
        InputError: The precision is fp16, and the device a CPU.
    """
    if word == "fp16" and device.type == "cpu":
        raise InputError("precision fp16 needs a GPU; on the CPU use bf16 or auto.")
    if word != "auto":
        return word
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    return "bf16" if bf16_speedup() > 1.2 else "fp32"


def bf16_speedup(clock: Callable[[], float] = time.perf_counter) -> float:
    """Return how many times faster this CPU multiplies matrices in bf16 than in fp32.

    Times several short products in each format, in turn and on one thread, and compares the fastest. On a busy machine,
    several threads would wait for each other equally long in both formats, which would hide the difference.
    """
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(_PROBE_ROWS, _PROBE_WIDTH, generator=generator)
    right = torch.randn(_PROBE_WIDTH, _PROBE_WIDTH, generator=generator)
    pairs = {dtype: (left.to(dtype), right.to(dtype)) for dtype in (torch.float32, torch.bfloat16)}
    fastest = dict.fromkeys(pairs, float("inf"))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for _ in range(_PROBE_ROUNDS):
            for dtype, (a, b) in pairs.items():
                began = clock()
                torch.mm(a, b)
                fastest[dtype] = min(fastest[dtype], clock() - began)
    finally:
        torch.set_num_threads(threads)
    return fastest[torch.float32] / max(fastest[torch.bfloat16], 1e-9)


def send(array: np.ndarray, device: torch.device) -> torch.Tensor:
    """Copy `array` to `device`; to a GPU from pinned memory, so that the copy is asynchronous."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Return the context in which a forward pass runs at `precision`; weights stay fp32."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16 if precision == "bf16" else torch.float16)
