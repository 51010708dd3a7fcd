"""`reviewtui forecast`: a hidden configuration, its forecast, and the run itself beside it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.files import private_folder, write_whole
from core.forecast.forecast import MEASURED
from tests.end_to_end.conftest import Reviewtui

KEYS = {
    *("model", "peak_bytes", "low_bytes", "high_bytes", "parts", "seconds", "seconds_per_epoch", "steps", "path"),
    *("precision", "measured", "micro_batch_size", "batch_size", "free_bytes", "fits", "largest_micro_batch"),
    *("dominant", "savings"),
}
TRIES = 4
SETTINGS = ["--set", "epochs=2", "--set", "batch_size=8", "--set", "max_length=48", "--set", "precision=fp32"]


def quiet_forecast(reviewtui: Reviewtui, *arguments: str) -> dict[str, Any]:
    """A forecast that was measured: what a busy machine shows is not kept, so it is tried some times."""
    for _ in range(TRIES):
        said = reviewtui("forecast", *arguments, "--json")
        assert said.status == 0, said.err
        found: dict[str, Any] = said.json
        if found["measured"]:
            return found
    pytest.skip("the machine is too busy to measure steps on it")


@pytest.fixture
def arguments(reviews_csv: Callable[..., Path], tiny_model: Path) -> list[str]:
    return [str(reviews_csv(rows=160)), "--model", str(tiny_model), *SETTINGS]


def test_a_run_takes_what_was_forecast(reviewtui: Reviewtui, arguments: list[str], environment: dict[str, str]) -> None:
    home = Path(environment["REVIEWTUI_HOME"])
    found = quiet_forecast(reviewtui, *arguments)
    assert found.keys() >= KEYS
    assert found["measured"] and found["fits"] and found["path"] == "native"
    assert found["peak_bytes"] == sum(found["parts"].values())
    left = {entry.name for entry in home.iterdir()}
    assert left <= {"data", "calibrations.json", "budgets.json", "engine.log"}, "a forecast is no run"
    ended = reviewtui("train", *arguments, "--wait", "--json").json
    assert ended["steps"] == found["steps"]
    assert found["peak_bytes"] == pytest.approx(ended["peak_memory_bytes"], rel=0.1)
    kept = (home / "calibrations.json").stat().st_mtime_ns
    words = reviewtui("forecast", *arguments)
    assert words.status == 0
    for shown in ("peak memory", f"± {MEASURED[0]:.0%}", "measured on this machine"):
        assert shown in words.out
    assert (home / "calibrations.json").stat().st_mtime_ns == kept, "what is known is not measured again"


@pytest.mark.parametrize(
    "changes",
    [
        "freeze_layers=encoder",
        *(pytest.param(way, marks=pytest.mark.proof) for way in ("freeze_layers=1", "lora=true")),
    ],
)
def test_the_forecast_of_time_has_the_right_unit(changes: str, reviewtui: Reviewtui, arguments: list[str]) -> None:
    """Such small runs mostly start up, so only an error of magnitude shows: a wrong unit."""
    found = quiet_forecast(reviewtui, *arguments, "--set", changes)
    assert 0 < found["training_seconds"] < found["seconds"] < 60
    assert sum(found["parts"].values()) == found["peak_bytes"]


def test_damaged_calibrations_are_measured_again(
    reviewtui: Reviewtui, arguments: list[str], environment: dict[str, str]
) -> None:
    home = private_folder(Path(environment["REVIEWTUI_HOME"]))
    write_whole(home / "calibrations.json", '{"0123": {"native fp32": {"rate": "fast"}}, "4": 5')
    assert quiet_forecast(reviewtui, *arguments)["measured"]


def test_what_cannot_be_forecast_is_said_in_a_sentence(reviewtui: Reviewtui, tmp_path: Path) -> None:
    absent = reviewtui("forecast", str(tmp_path / "absent.csv"))
    assert absent.status == 2 and "Traceback" not in absent.err and len(absent.err.splitlines()) == 1
    (tmp_path / "few.csv").write_text("text,label\ngood,1\n")
    assert reviewtui("forecast", str(tmp_path / "few.csv"), "--json").status == 2
    assert reviewtui("forecast", str(tmp_path / "few.csv"), "--set", "epochs=none").status == 2
