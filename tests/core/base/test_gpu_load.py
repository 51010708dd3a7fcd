"""How busy GPUs are: each figure may fail on its own, none hides another, and names of processes are not trusted."""

from __future__ import annotations

import math
import os
from types import SimpleNamespace
from typing import Any

import msgspec
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.gpu_load import gpu_load
from core.base.memory import device_samples
from core.runs.figures import GpuMemory
from tests.core.base.test_memory import GIB, FakeCuda, FakeNvml
from tests.hostile import SHORT, steering

QUESTIONS = {
    "utilisation": "nvmlDeviceGetUtilizationRates",
    "temperature": "nvmlDeviceGetTemperature",
    "power": "nvmlDeviceGetPowerUsage",
    "power_limit": "nvmlDeviceGetEnforcedPowerLimit",
    "others": "nvmlDeviceGetComputeRunningProcesses",
}
ABSENT = 999_999_999
"""A pid that no process of this machine has."""


class BusyNvml(FakeNvml):
    """NVML that also says how busy each GPU is; `refuses` are questions that it refuses."""

    NVML_TEMPERATURE_GPU = 0

    def __init__(self, count: int = 1, refuses: tuple[str, ...] = (), processes: Any = ()) -> None:
        super().__init__(*[(80 * GIB, 30 * GIB)] * count)
        self.processes, self.names = list(processes), {}
        self.answers: dict[str, Any] = {
            "nvmlDeviceGetUtilizationRates": SimpleNamespace(gpu=87, memory=12),
            "nvmlDeviceGetTemperature": 61,
            "nvmlDeviceGetPowerUsage": 402_500,
            "nvmlDeviceGetEnforcedPowerLimit": 700_000,
        }
        self.refuses = refuses

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("nvml"):
            raise AttributeError(name)

        def answer(*asked: Any) -> Any:
            if name in self.refuses:
                raise RuntimeError("Not Supported")
            if name == "nvmlDeviceGetComputeRunningProcesses":
                return self.processes
            if name == "nvmlSystemGetProcessName":
                return self.names[asked[0]]
            return self.answers[name]

        return answer


def process(pid: int, held: Any = GIB) -> Any:
    return SimpleNamespace(pid=pid, usedGpuMemory=held)


def gpus(nvml: Any, cuda: Any = None) -> list[GpuMemory]:
    """The GPUs as the journal holds them."""
    return msgspec.convert(device_samples(nvml, cuda), list[GpuMemory])


@pytest.mark.parametrize("count", [0, 1, 8])
def test_every_gpu_says_how_busy_it_is(count: int) -> None:
    found = gpus(BusyNvml(count))
    assert len(found) == count
    for one in found:
        assert (one.utilisation, one.temperature, one.power, one.power_limit) == (0.87, 61, 402.5, 700)
        assert one.others == () and one.total == 80 * GIB


@given(st.sets(st.sampled_from(sorted(QUESTIONS))))
def test_whatever_is_refused_hides_nothing_else(refused: set[str]) -> None:
    """As on MIG instances, in virtual machines and with old drivers."""
    nvml = BusyNvml(2, tuple(QUESTIONS[name] for name in refused), [process(1)])
    for one in gpus(nvml):
        fields = msgspec.structs.asdict(one)
        assert {name for name in QUESTIONS if fields[name] in (None, ())} == refused
        assert one.total == 80 * GIB and not one.error


ODD = st.one_of(
    st.none(), st.text(max_size=5), st.integers(), st.floats(), st.sampled_from([math.nan, math.inf, -1, 10**400, b"7"])
)


@given(st.dictionaries(st.sampled_from(list(QUESTIONS.values())), ODD), ODD, ODD)
def test_no_answer_makes_a_record_that_cannot_be_written(answers: dict[str, Any], pid: Any, held: Any) -> None:
    nvml = BusyNvml(1)
    nvml.answers |= {name: SimpleNamespace(gpu=value) if "Rates" in name else value for name, value in answers.items()}
    nvml.processes = [process(pid, held)]
    (found,) = gpus(nvml)
    assert found.total == 80 * GIB
    assert GpuMemory(**msgspec.structs.asdict(found)) == found


def test_other_processes_are_told_with_what_they_hold_and_we_are_not_among_them() -> None:
    here = psutil.Process(os.getppid())
    nvml = BusyNvml(1, processes=[process(os.getpid(), 9 * GIB), process(here.pid, 5 * GIB), process(ABSENT, None)])
    nvml.names = {ABSENT: b"/usr/bin/train"}
    (found,) = gpus(nvml, FakeCuda(0))
    assert [(one.pid, one.bytes) for one in found.others] == [(here.pid, 5 * GIB), (ABSENT, None)]
    assert found.others[0].name == here.name()[:40] and found.others[1].name == "/usr/bin/train"


def test_a_process_without_a_name_is_told_without_one() -> None:
    (found,) = gpus(BusyNvml(1, processes=[process(ABSENT)]))
    assert [(one.pid, one.name, one.bytes) for one in found.others] == [(ABSENT, "", GIB)]


def test_in_a_container_the_numbers_of_processes_are_those_of_another_system() -> None:
    (found,) = gpus(BusyNvml(1, processes=[process(1)]), FakeCuda(0))
    assert found.others == ()
    (found,) = gpus(BusyNvml(1, processes=[process(1)]), FakeCuda(0, allocated=0, reserved=0))
    assert len(found.others) == 1, "a process that holds nothing there need not be among them"


def test_a_thousand_processes_do_not_fill_the_journal() -> None:
    (found,) = gpus(BusyNvml(1, processes=[process(ABSENT + n) for n in range(1000)]))
    assert len(found.others) == 16


@pytest.mark.parametrize("name", SHORT[:60], ids=repr)
def test_names_of_processes_do_not_steer(name: str) -> None:
    for said in (name, name.encode(errors="surrogatepass")):
        nvml = BusyNvml(1, processes=[process(ABSENT)])
        nvml.names = {ABSENT: said}
        (one,) = gpu_load(nvml, 0, 0)["others"]
        assert not steering(one["name"]) and "\n" not in one["name"] and len(one["name"]) <= 40
