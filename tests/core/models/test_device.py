"""The device and number format of a run: those that were set, or the best on this machine."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from core.base.errors import InputError
from core.models import device as device_module
from core.models.device import autocast, bf16_speedup, choose_device, choose_precision

CPU, GPU = torch.device("cpu"), torch.device("cuda", 0)


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`gpus(2, bf16=False)`: a machine with two GPUs, and whether they know bf16."""

    def install(count: int, bf16: bool = True) -> None:
        monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: count)
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: bf16)

    return install


def test_auto_takes_a_gpu_if_there_is_one(gpus: Any) -> None:
    gpus(0)
    assert choose_device("auto") == CPU
    gpus(2)
    assert choose_device("auto").type == "cuda"
    assert (choose_device("cpu"), choose_device("cuda:1")) == (CPU, torch.device("cuda", 1))


@pytest.mark.parametrize(("word", "count"), [("cuda", 0), ("cuda:0", 0), ("cuda:2", 2), ("cuda:99", 8)])
def test_a_gpu_that_is_not_there_is_refused_in_words(word: str, count: int, gpus: Any) -> None:
    gpus(count)
    with pytest.raises(InputError, match=rf"^There is no device {word}: this machine has {count} usable GPUs"):
        choose_device(word)


def test_the_precision_asked_for_is_taken_but_for_fp16_on_a_cpu() -> None:
    assert [choose_precision(word, CPU) for word in ("fp32", "bf16")] == ["fp32", "bf16"]
    assert choose_precision("fp16", GPU) == "fp16"
    with pytest.raises(InputError, match="needs a GPU"):
        choose_precision("fp16", CPU)


@pytest.mark.parametrize(("bf16", "expected"), [(True, "bf16"), (False, "fp16")])
def test_auto_on_a_gpu_takes_what_it_knows(bf16: bool, expected: str, gpus: Any) -> None:
    gpus(1, bf16)
    assert choose_precision("auto", GPU) == expected


@pytest.mark.parametrize(("speedup", "expected"), [(0.4, "fp32"), (1.1, "fp32"), (3.0, "bf16")])
def test_auto_on_a_cpu_takes_bf16_only_where_it_is_clearly_faster(
    speedup: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(device_module, "bf16_speedup", lambda: speedup)
    assert choose_precision("auto", CPU) == expected


def test_the_speed_probe_is_blind_to_slow_moments_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    now, products = 0.0, 0

    def product(left: torch.Tensor, right: torch.Tensor) -> None:
        nonlocal now, products
        products += 1
        usual = {torch.float32: 0.4, torch.bfloat16: 0.1}[left.dtype]
        now += usual if products % 5 == 0 else usual + products  # most moments are slow, by anything

    monkeypatch.setattr(torch, "mm", product)
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    assert bf16_speedup(lambda: now) == pytest.approx(4.0)
    assert torch.equal(torch.get_rng_state(), before) and torch.get_num_threads() == threads


def test_full_precision_is_computed_in_full_precision() -> None:
    left = torch.ones(2, 2)
    for precision, kind in (("fp32", torch.float32), ("bf16", torch.bfloat16)):
        with autocast(CPU, precision):
            assert (left @ left).dtype == kind
