"""Memory as bars: fake tables of GPUs, 0, 1 and 8 of them, sick ones, with and without colour, at every width."""

# ruff: noqa: N802 -- a fake has the names of what it stands for

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.memory import device_samples
from tests.core.runs.whole_records import record
from tests.tui.engine_double import HOSTILE, STEERING, until
from tests.tui.frames import frame
from tests.tui.made_runs import make_run
from tui.app import ReviewTui
from tui.screens.train.memory_bar import memory_lines

GIB = 1 << 30


class Nvml:
    """A fake NVML: GPUs as (total, used) in GiB; None for one that answers nothing."""

    def __init__(self, *gpus: tuple[int, int] | None) -> None:
        self._gpus = gpus

    def nvmlInit(self) -> None: ...
    def nvmlDeviceGetCount(self) -> int:
        return len(self._gpus)

    def nvmlDeviceGetHandleByIndex(self, index: int) -> int:
        if self._gpus[index] is None:
            raise RuntimeError(f"GPU is lost {HOSTILE}")
        return index

    def nvmlDeviceGetMemoryInfo(self, index: int) -> Any:
        gpu = self._gpus[index]
        assert gpu is not None
        return type("Memory", (), {"total": gpu[0] * GIB, "used": gpu[1] * GIB, "free": (gpu[0] - gpu[1]) * GIB})

    def nvmlDeviceGetName(self, index: int) -> bytes:
        return b"H100 [bold]"

    def nvmlDeviceGetUUID(self, index: int) -> str:
        return f"GPU-{index}"


class Cuda:
    """A process that computes on the GPU of one number: given out and held, in GiB."""

    def __init__(self, number: int, given: int, held: int) -> None:
        self._number, self._given, self._held = number, given, held

    def is_available(self) -> bool:
        return True

    def device_count(self) -> int:
        return 1

    def get_device_properties(self, index: int) -> Any:
        return type("Properties", (), {"uuid": f"GPU-{self._number}"})

    def memory_allocated(self, index: int) -> int:
        return self._given * GIB

    def memory_reserved(self, index: int) -> int:
        return self._held * GIB


def sample(*gpus: tuple[int, int] | None, cuda: Cuda | None = None, **more: Any) -> Any:
    found = {"process": 2 * GIB, "process_peak": 3 * GIB, "system_total": 24 * GIB, "system_available": 16 * GIB}
    return record("memory", **{**found, "devices": device_samples(Nvml(*gpus), cuda), "device_peak": None, **more})


def shown(found: Any, device: str = "cuda", forecast: int | None = None, width: int = 78) -> list[str]:
    return memory_lines(found, device, forecast, None, width).plain.splitlines()


def test_the_workers_line_says_what_it_holds_and_what_is_free() -> None:
    (line,) = shown(sample(), "cpu", forecast=4 * GIB)
    assert line == "Memory █▒▒▒▒░░░░░░░░░░░ 2.0 GiB · peak 3.0 GiB · forecast 4.0 GiB"
    (line,) = shown(sample(limit=4 * GIB), "cpu", width=120)
    assert line.endswith("2.0 GiB of 4.0 GiB free (limit)")


def test_no_gpu_can_be_read() -> None:
    assert shown(sample()) == ["GPU memory cannot be read here (no NVML)"]


def test_one_gpu() -> None:
    found = sample((80, 20), cuda=Cuda(0, 8, 12), device_peak=10 * GIB)
    (line,) = shown(found, forecast=9 * GIB, width=120)
    assert line == (
        "GPU 0 ██▓▒▒░░░░░░░░░░░ 8.0 GiB of 12.0 GiB held · peak 10.0 GiB · forecast 9.0 GiB · others 8.0 GiB "
        "· free 60.0 GiB"
    )


def test_of_eight_gpus_the_ones_in_use_come_first() -> None:
    gpus = [(80, index) for index in range(8)]
    lines = shown(sample(*gpus, cuda=Cuda(6, 3, 4)))
    assert [line.split()[1] for line in lines[:3]] == ["6", "0", "1"]
    assert lines[3:] == [f"5 more GPUs, {sum(80 - index for index in (2, 3, 4, 5, 7)):.1f} GiB free on them"]


def test_a_sick_gpu_hides_no_other_and_steers_no_terminal() -> None:
    lines = shown(sample(None, (80, 1)))
    assert lines[0].startswith("GPU 0 cannot be read: GPU is lost")
    assert lines[1].startswith("GPU 1 ")
    assert not STEERING & set("".join(lines))


@given(
    total=st.integers(1, 200),
    used=st.integers(0, 200),
    given=st.integers(0, 200),
    held=st.integers(0, 200),
    width=st.integers(1, 140),
    device=st.sampled_from(["cpu", "cuda"]),
)
def test_no_figures_break_a_line(total: int, used: int, given: int, held: int, width: int, device: str) -> None:
    found = sample((total, min(used, total)), cuda=Cuda(0, given, held), device_peak=given * GIB, process=given * GIB)
    for line in memory_lines(found, device, 3 * GIB, None, width).split("\n"):
        assert line.cell_length <= width
    (whole,) = shown(found, device, width=200)
    assert sum(whole.count(mark) for mark in "█▓▒░") == 16


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("gpus", [0, 1, 8])
async def test_a_run_on_gpus_at_80_by_24(gpus: int, colour: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not colour:
        monkeypatch.setenv("NO_COLOR", "1")
    devices = device_samples(Nvml(*[(80, 10 + index) for index in range(gpus)]), Cuda(0, 4, 5))
    run = make_run(1, plan={"device": "cuda:0"}, devices=devices)
    app = ReviewTui(run=run)
    async with app.run_test(size=(80, 24)) as pilot:
        pilot.app.switch_mode("train")
        await until(pilot, lambda: "5 more GPUs" in frame(app) or "no NVML" in frame(app) or "others" in frame(app))
        text = frame(app)
        assert ("no NVML" in text) == (gpus == 0)
        assert ("GPU 0 █▓" in text) == ("4.0 GiB of 5.0 GiB held" in text) == (gpus > 0)
        assert ("5 more GPUs" in text) == (gpus == 8)
        await until(pilot, lambda: "c Classify" in frame(app))
