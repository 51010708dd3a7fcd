"""Measuring ends when a run starts, and leaves no process behind."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.forecast import calibrate as module
from core.forecast import gather
from core.forecast.calibrate import RunActiveError, calibrate
from tests.core.forecast.test_forecast import changed, facts


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[subprocess.Popen[str]]]:
    """Probes that were started; each of them would measure for ever."""
    started: list[subprocess.Popen[str]] = []
    real = subprocess.Popen

    def start(command: list[str], **options: Any) -> subprocess.Popen[str]:
        started.append(real(["sleep", "1000"], **options))
        return started[-1]

    monkeypatch.setattr(module.subprocess, "Popen", start)
    yield started
    assert all(process.poll() is not None for process in started)


def test_a_run_that_starts_ends_the_probe(
    probes: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    looks: list[str] = []
    monkeypatch.setattr(module, "is_training", lambda: len(looks) == 2)
    with pytest.raises(RunActiveError):
        calibrate(facts(), changed(), tmp_path, lambda what, share: looks.append(what))
    assert len(looks) == 2 and len(probes) == 1


def test_while_a_run_is_trained_no_probe_is_started_and_the_facts_say_so(
    probes: list[subprocess.Popen[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "is_training", lambda: True)
    here = facts(calibrations={})
    found = gather.with_calibration(here, changed(model="starter"), lambda what, share: None)
    assert found.postponed and not found.calibrations
    assert not probes
