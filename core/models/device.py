"""Which device a run uses, and in which number format its matrix products are fastest there."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from core.base.errors import InputError

_PROBE_ROWS, _PROBE_WIDTH, _PROBE_ROUNDS = 256, 768, 12


def choose_device(word: str) -> torch.device:
    """The device that a `device` setting means.

    Raises:
        InputError: it asks for a GPU that is not there.
    """
    if word == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if word.startswith("cuda"):
        found = torch.cuda.device_count() if torch.cuda.is_available() else 0
        index = int(word.partition(":")[2] or 0)
        if index >= found:
            raise InputError(
                f"device {word} is not there: this machine has {found} usable GPUs; set device cpu or auto."
            )
    return torch.device(word)


def choose_precision(word: str, device: torch.device) -> str:
    """The precision that a `precision` setting means on `device`: fp32, bf16 or fp16.

    Raises:
        InputError: fp16 on a CPU.
    """
    if word == "fp16" and device.type == "cpu":
        raise InputError("precision fp16 needs a GPU; on the CPU take bf16 or auto.")
    if word != "auto":
        return word
    if device.type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    return "bf16" if bf16_speedup() > 1.2 else "fp32"


def bf16_speedup(clock: Callable[[], float] = time.perf_counter) -> float:
    """How many times faster this CPU multiplies matrices in bf16 than in fp32.

    The fastest of some short products each, in turn and on one thread: a busy machine makes threads wait for each
    other, and that wait is the same in both formats and would hide the difference.
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
    """`array` on `device`. To a GPU it goes from pinned memory, so that this process need not wait for it."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """The context in which a forward pass runs at `precision`; weights stay fp32."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16 if precision == "bf16" else torch.float16)
