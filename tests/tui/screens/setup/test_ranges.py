"""What `v` proposes: a range that the sweep accepts, around the value that the setting has."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.experiments.space import NOT_VARIED, Choices, parse_dimension
from core.planning.model_shape import ModelShape
from core.settings.presets import PRESETS, preset
from core.settings.schema import Settings, describe
from tests.tui.engine_double import facts
from tui.screens.setup.ranges import proposed

DECLARED = {one.name: one for one in describe()}
ALONE = set(NOT_VARIED)
"""Settings that no sweep varies."""
CONFLICTS = {"momentum", "lora", "layer_decay", "gradient_checkpointing", "freeze_layers", "precision"}
"""Settings of which every other value may be refused beside the rest."""


def values(name: str, text: str, base: Settings) -> tuple[float, float] | tuple[Any, ...]:
    found = parse_dimension(name, text, base)
    return found.values if isinstance(found, Choices) else (found.low, found.high)


@pytest.mark.parametrize("preset_name", PRESETS)
@pytest.mark.parametrize("name", [name for name in DECLARED if name not in ALONE])
def test_each_setting_of_each_preset_can_vary_or_no_other_value_fits(name: str, preset_name: str) -> None:
    base = preset(preset_name)
    try:
        parse_dimension(name, proposed(DECLARED[name], base), base)
    except InputError as error:
        assert name in CONFLICTS and "do not fit together" in str(error)


@given(st.integers(1, 1000))
def test_epochs_go_from_half_to_double_as_far_as_they_may(epochs: int) -> None:
    base = Settings(epochs=epochs)
    low, high = values("epochs", proposed(DECLARED["epochs"], base), base)
    assert max(epochs / 2, 1) <= low <= max(epochs / 2 + 1, 1) and epochs <= high <= min(epochs * 2 + 1, 1000)
    found = parse_dimension("epochs", proposed(DECLARED["epochs"], base), base)
    assert epochs in (found.grid or ()), "the present value is one of those that are tried"  # type: ignore[union-attr]


@given(st.integers(4, 8192), st.integers(1, 4096), st.floats(1e-7, 1), st.floats(0, 0.99), st.floats(1e-6, 1))
def test_whatever_the_numbers_are_the_proposal_is_accepted(
    length: int, batch: int, rate: float, dropout: float, decay: float
) -> None:
    base = Settings(max_length=length, batch_size=batch, learning_rate=rate, dropout=dropout, weight_decay=decay)
    for name in ("max_length", "batch_size", "learning_rate", "dropout", "weight_decay"):
        parse_dimension(name, proposed(DECLARED[name], base), base)


@given(st.floats(1e-6, 0.02))
def test_a_learning_rate_spans_a_decade_by_factors_with_round_ends(rate: float) -> None:
    base = Settings(learning_rate=rate)
    text = proposed(DECLARED["learning_rate"], base)
    low, high = values("learning_rate", text, base)
    assert text.endswith(":log") and low < rate < high and 5 < high / low < 20 and len(text) < 20


def test_the_automatic_learning_rate_and_the_layers_follow_the_model() -> None:
    shape = ModelShape.model_validate(facts()["shape"])
    wide = shape.model_copy(update={"hidden_size": 768, "layers": 12})
    rate, layers = DECLARED["learning_rate"], DECLARED["freeze_layers"]
    assert proposed(rate, Settings(), shape) == "3e-5..3e-4:log"
    assert proposed(rate, Settings(), wide) == proposed(rate, Settings()) == "2e-5..2e-4:log"
    assert proposed(layers, Settings(), shape) == "none,2,4" and proposed(layers, Settings(), wide) == "none,4,8"


def test_switches_and_choices_take_every_value_that_fits() -> None:
    assert proposed(DECLARED["lora"], Settings()) == "false,true"
    assert proposed(DECLARED["schedule"], Settings()) == "linear,cosine,constant,wsd"
    assert proposed(DECLARED["precision"], Settings(device="cpu")) == "auto,fp32,bf16"
    assert proposed(DECLARED["seed"], Settings(seed=7)) == "7,8,9"
    assert proposed(DECLARED["model"], Settings(model="starter")) == "starter,distilbert-base-uncased"
