"""A run that will not fit starts with smaller micro-batches and learns the same, and its forecast is recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from core.forecast.calibration import keep
from core.forecast.facts import Calibration
from core.forecast.gather import calibration_key
from core.planning.model_shape import shape_of
from core.training.loop import TrainingLoop
from core.worker import memory_plan
from core.worker.memory_plan import plan_to_fit, record_forecast, suggestions

MakeLoop = Callable[..., tuple[TrainingLoop, Any]]
REST = 300 << 20
PLAIN = {"dropout": 0.0, "batch_size": 16, "epochs": 1}


def calibrated(loop: TrainingLoop, path: str) -> None:
    """As after a forecast of such a run on this machine."""
    model: Any = loop.classifier.model
    shape = shape_of(model.config.to_dict(), len(loop.classifier.labels))
    found = Calibration(rest_bytes=REST, rate=1e11, overhead=0.01, forward_rate=1e11, update=0.01, start=1.0)
    keep(calibration_key(shape, torch.device("cpu")), f"{path} fp32", found)


@pytest.mark.parametrize("path", ["native"], indirect=True)
@pytest.mark.parametrize("micro", ["auto", 16])
def test_micro_batches_shrink_as_far_as_the_room_asks(
    micro: Any, path: str, home: Path, make_loop: MakeLoop, weights_of: Callable[..., dict[str, torch.Tensor]]
) -> None:
    loop, recorder = make_loop(**PLAIN, micro_batch_size=micro)
    calibrated(loop, path)
    ample = plan_to_fit(loop, room=100 << 30)
    assert ample is not None and ample.plan == ample.requested and ample.fits_amply
    tight = plan_to_fit(loop, room=2 * ample.requested_bytes - 2)
    assert tight is not None and tight.plan == tight.requested and not tight.fits_amply
    whole = plan_to_fit(loop, room=1)
    assert whole is not None
    half = plan_to_fit(loop, room=round(whole.requested_bytes / 0.9) - 1)
    assert half is not None
    assert half.plan.tokens < loop.policy.requested.tokens or half.plan.reviews == 8
    loop.policy.limit_to(half.plan.tokens, half.plan.reviews)
    loop.rehearse()
    loop.run()
    control, _ = make_loop(**PLAIN, micro_batch_size=micro)
    control.run()
    assert [step.reviews for step in recorder.steps].count(16) == 1
    for name, weight in weights_of(control).items():
        torch.testing.assert_close(weights_of(loop)[name], weight, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("path", ["native"], indirect=True)
def test_nothing_is_foreseen_of_what_was_never_measured(home: Path, make_loop: MakeLoop) -> None:
    assert plan_to_fit(make_loop(**PLAIN)[0], room=1) is None


@pytest.mark.parametrize("path", ["native"], indirect=True)
def test_the_room_is_what_the_process_has_and_what_is_free(
    path: str, home: Path, make_loop: MakeLoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop, _ = make_loop(**PLAIN)
    calibrated(loop, path)
    monkeypatch.setattr(memory_plan, "free_on", lambda device: 5)
    monkeypatch.setattr(memory_plan, "process_bytes", lambda: 7)
    found = plan_to_fit(loop)
    assert found is not None and found.room_bytes == 12


def test_ways_out_are_named_with_what_they_save(home: Path, make_loop: MakeLoop) -> None:
    words = suggestions(make_loop(**PLAIN)[0])
    assert words.startswith("The cheapest ways out: ") and words.endswith(").")
    assert 1 <= words.count("MiB less") <= 3
    settings = [part.partition("=")[0] for part in words.removeprefix("The cheapest ways out: ").split(", ")]
    assert set(settings) <= {
        "max_length",
        "freeze_layers",
        "gradient_checkpointing",
        "micro_batch_size",
        "lora",
        "precision",
    }


@pytest.mark.parametrize("path", ["native"], indirect=True)
def test_a_worker_records_one_forecast(path: str, home: Path, tmp_path: Path, make_loop: MakeLoop) -> None:
    loop, _ = make_loop(**PLAIN)
    file = tmp_path / "forecast.json"
    record_forecast(loop, file)
    assert not file.exists(), "nothing was measured, so there is no forecast"
    calibrated(loop, path)
    record_forecast(loop, file)
    said = json.loads(file.read_text())
    assert said["measured"] and said["path"] == path and said["steps"] == loop.steps
    assert said["peak_bytes"] == sum(said["parts"].values()) > REST
    file.write_text("the workbench's own")
    record_forecast(loop, file)
    assert file.read_text() == "the workbench's own"


@pytest.mark.parametrize("path", ["native"], indirect=True)
def test_no_run_ends_for_want_of_a_forecast(path: str, home: Path, tmp_path: Path, make_loop: MakeLoop) -> None:
    loop, _ = make_loop(**PLAIN)
    calibrated(loop, path)
    record_forecast(loop, tmp_path / "absent" / "forecast.json")
    loop.train = None  # type: ignore[assignment]
    record_forecast(loop, tmp_path / "forecast.json")
    assert not (tmp_path / "forecast.json").exists()


@pytest.mark.parametrize("path", ["native"], indirect=True)
@tries(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bytes_a_token=st.floats(2, 6), noise=st.integers(0, 1000))
def test_lengths_are_estimated_from_bytes(bytes_a_token: float, noise: int, path: str, make_loop: MakeLoop) -> None:
    """The longest to the token, all together as near as bytes tell."""
    loop, _ = make_loop(**PLAIN, rows=60)
    true = loop.train.lengths(np.arange(60), loop.special_tokens)
    spread = np.random.default_rng(noise).uniform(0.9, 1.1, size=60)
    reviews: Any = SimpleNamespace(sizes=lambda: true * bytes_a_token * spread)
    examples = replace(loop.train, reviews=reviews)
    longest = examples.longest(16, loop.special_tokens)
    table = memory_plan._table(examples, longest, loop.special_tokens)
    assert sum(count for _, count in table) == 60
    assert table[-1][0] == true[longest].max()
    assert sum(length * count for length, count in table) == pytest.approx(true.sum(), rel=0.15)
    assert [length for length, _ in table] == sorted(length for length, _ in table)
