"""One plan: the forecast, which has only a config, and the learner, which has the model, decide alike."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from core.forecast.facts import Facts
from core.forecast.run import Run
from core.learners.choose import plan_of
from core.planning.model_shape import shape_of
from core.planning.run_plan import UNLIMITED, cpu_threads, evaluation_tokens, plan_run
from core.settings.schema import Settings
from tests.core.conftest import MakeLoop
from tests.core.encoder.tiny import FAMILIES, build

CHOICES: list[dict[str, Any]] = [
    {},
    {"lora": True},
    {"freeze_layers": "embeddings"},
    {"freeze_layers": 1},
    {"freeze_layers": "encoder"},
    {"micro_batch_size": 3},
    {"gradient_checkpointing": True},
    {"precision": "bf16"},
]


def facts(config: dict[str, Any]) -> Facts:
    table = [(8, 20), (16, 20)]
    return Facts(
        model="", shape=shape_of(config, 3), limit=64, reviews=40, table=table, distinct=30, budgets={"fp32": 512}
    )


class Loaded:
    """A classifier as `plan_of` needs it."""

    def __init__(self, model: Any) -> None:
        self.model = model


@pytest.mark.parametrize("choice", CHOICES, ids=str)
@pytest.mark.parametrize("family", [*FAMILIES, "other"])
def test_a_config_and_the_model_made_of_it_give_the_same_plan(family: str, choice: dict[str, Any]) -> None:
    odd = {"hidden_act": "relu"} if family == "other" else {}
    model = build("bert" if family == "other" else family, **odd)
    settings = Settings.model_validate({"precision": "fp32", "device": "cpu", **choice})
    before = Run(facts(model.config.to_dict()), settings)
    plan = plan_of(Loaded(model), settings, torch.device("cpu"), settings.precision)  # type: ignore[arg-type]
    assert (before.plan.path.name, before.plan.num_frozen) == (plan.path.name, plan.num_frozen)
    assert before.requested == plan.limits(settings, 512)
    assert (plan.path.name == "native") == (family != "other" and not settings.lora)


def test_the_loop_begins_with_the_limits_that_the_forecast_counts_on(make_loop: MakeLoop, path: str) -> None:
    loop, _ = make_loop(batch_size=8)
    assert loop.learner.plan.path.name == path
    assert loop.policy.requested == loop.learner.plan.limits(loop.settings, loop.learner.token_budget)


def test_where_only_the_head_learns_no_budget_is_measured(
    make_loop: MakeLoop, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes time and memory, and whole batches fit in any case."""
    measured: list[object] = []
    monkeypatch.setattr("core.learners.native.token_budget", lambda *shape: measured.append(shape) or 2048)
    make_loop(freeze_layers="encoder")
    assert not measured
    make_loop(freeze_layers="embeddings")
    assert bool(measured) == (path == "native")


@given(
    size=st.one_of(st.just("auto"), st.integers(1, 64)),
    batch=st.integers(1, 64),
    budget=st.integers(64, 8192),
    device=st.sampled_from(["cpu", "cuda"]),
    family=st.sampled_from(["bert", None]),
)
def test_halving_ends_and_every_limit_is_at_least_one_review(
    size: Any, batch: int, budget: int, device: str, family: str | None
) -> None:
    settings = Settings.model_validate(
        {"micro_batch_size": min(size, batch) if size != "auto" else size, "batch_size": batch}
    )
    plan = plan_run(settings, device=device, precision="fp32", layers=6, family=family)
    limits, halvings = plan.limits(settings, budget), 0
    while (smaller := limits.halved()) is not None:
        assert smaller.tokens <= limits.tokens and smaller.reviews <= limits.reviews and smaller != limits
        limits, halvings = smaller, halvings + 1
    assert halvings < 64 and limits.reviews >= 1 and limits.tokens >= 1
    assert 1 <= evaluation_tokens(limits, 16) <= 4096
    assert limits.tokens == UNLIMITED or size == "auto"


def test_there_is_a_thread_for_every_processor_that_may_be_used() -> None:
    assert cpu_threads() == len(os.sched_getaffinity(0))


def test_a_plan_needs_no_torch(tmp_path: Path) -> None:
    import subprocess
    import sys

    words = "import sys, core.planning.run_plan, core.planning.model_shape; sys.exit('torch' in sys.modules)"
    root = str(Path(__file__).parents[3])
    assert subprocess.run([sys.executable, "-c", words], cwd=root, check=False).returncode == 0
