"""A machine is probed once for a shape of model, and a file that was spoilt is no reason to fail."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.encoder.architecture import Architecture, architecture_of
from core.learners import budgets
from core.learners.budgets import token_budget
from tests.core.encoder.tiny import build


@pytest.fixture
def probes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Filled with the width of every model that the machine is probed for."""
    found: list[int] = []

    def probe(architecture: Architecture, dtype: torch.dtype) -> int:
        found.append(architecture.hidden_size)
        return 4096

    monkeypatch.setattr(budgets, "measured_budget", probe)
    monkeypatch.setattr(budgets.Contention, "lost", lambda _: 0.0)
    return found


@pytest.fixture(scope="module")
def shape() -> Architecture:
    return architecture_of(build("bert"))


def test_it_is_probed_once_for_a_shape_and_a_format(probes: list[int], shape: Architecture, home: Path) -> None:
    wider = replace(shape, hidden_size=64)
    for _ in range(3):
        assert token_budget(shape, torch.bfloat16) == token_budget(shape, torch.float32) == 4096
        token_budget(wider, torch.bfloat16)
        token_budget(replace(shape, layers=9, classes=7), torch.bfloat16)  # of the same width
    assert probes == [32, 32, 64]
    assert (home / "budgets.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"x": "y"}', '{"x": 7}', "\x00"])
def test_a_spoilt_file_is_made_anew(content: str, probes: list[int], shape: Architecture, home: Path) -> None:
    home.mkdir()
    (home / "budgets.json").write_text(content)
    assert token_budget(shape, torch.bfloat16) == token_budget(shape, torch.bfloat16) == 4096
    assert probes == [32]


def test_a_budget_that_is_none_of_those_tried_is_not_believed(
    probes: list[int], shape: Architecture, home: Path
) -> None:
    token_budget(shape, torch.bfloat16)
    file = home / "budgets.json"
    file.write_text(file.read_text().replace("4096", "1"))
    assert token_budget(shape, torch.bfloat16) == 4096
    assert probes == [32, 32]


def test_a_home_that_cannot_be_written_only_costs_the_probe(
    probes: list[int], shape: Architecture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("REVIEWTUI_HOME", str(tmp_path / "file" / "home"))
    assert token_budget(shape, torch.bfloat16) == 4096
