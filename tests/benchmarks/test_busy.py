"""Beside others: what the page says can be recomputed from what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.busy import CONDITIONS, WANTED, pace, page
from core.runs.records import StepRecord


def found(*rounds: tuple[float, ...]) -> dict[str, Any]:
    machine = {"processor": "a processor", "threads": 2, "system": "Linux"}
    measured = [{"tokens_per_second": dict(zip(CONDITIONS, speeds, strict=True))} for speeds in rounds]
    return {"rounds": measured, "machine": machine, "commit": "abc"}


def test_ratios_are_of_the_same_round_whatever_the_machine_did_between_rounds() -> None:
    said = page(found((100, 50, 45, 90), (1000, 500, 450, 900)))
    assert "| alone | 550 | 1.00× (1.00–1.00) |  |" in said
    for condition, share in (("beside one", 0.5), ("beside two", 0.45), ("a million reviews", 0.9)):
        assert f"{share:.2f}× ({share:.2f}–{share:.2f}) | {WANTED[condition]:.2f}×" in said
    assert "2 rounds" in said


def step(number: int, tokens: int, seconds: float) -> StepRecord:
    return StepRecord(
        step=number, epoch=0.1, loss=0.5, learning_rate=1e-4, gradient_norm=1.0, reviews=8, tokens=tokens,
        seconds=seconds,
    )  # fmt: skip


def test_the_speed_is_counted_from_the_second_step_on() -> None:
    steps = [step(1, 9999, 50.0), step(2, 9999, 60.0), step(3, 100, 61.0), step(4, 300, 62.0)]
    assert pace(steps) == pytest.approx(200.0)
