"""How many runs a sweep makes and how long they take: said before it starts, from one forecast."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import InputError
from core.experiments.outlook import middle_of, outlook
from core.experiments.space import contains, parse_space
from core.experiments.sweep_spec import SweepSpec
from core.forecast.facts import Facts
from core.forecast.forecast import forecast
from core.settings.schema import Settings
from tests.tui.engine_double import facts

BASE = Settings(model="starter", epochs=9)
FACTS = Facts.model_validate(facts())
RATES = {"learning_rate": "1e-5..1e-3:log"}


def test_the_middle_lies_in_the_space_where_the_range_says() -> None:
    words = ["learning_rate=1e-5..1e-3:log", "batch_size=8..32:8", "dropout=0.1..0.3", "freeze_layers=none,2,4"]
    space = parse_space([*words, "epochs=1..4"], BASE)
    middle = middle_of(space, BASE)
    assert contains(space, middle) is not None
    assert math.isclose(float(middle.learning_rate), 1e-4) and math.isclose(middle.dropout or 0, 0.2)
    assert (middle.freeze_layers, middle.seed) == (2, BASE.seed) and middle.batch_size in (16, 24)


def test_values_that_do_not_fit_together_are_left_as_they_were() -> None:
    space = parse_space(["lora=false,true", "freeze_layers=none,2"], BASE)
    middle = middle_of(space, BASE)
    assert middle.lora and middle.freeze_layers == "none"


@given(st.integers(2, 60), st.booleans())
def test_a_search_takes_its_trials_and_two_more_unless_there_are_test_reviews(runs: int, test: bool) -> None:
    spec = SweepSpec(space=RATES, runs=runs, test="test.csv" if test else "")
    found = outlook(spec, BASE, FACTS)
    each = forecast(FACTS, BASE.changed({"learning_rate": 1e-4})).seconds
    assert found.trials == runs and found.seconds == pytest.approx((runs + (0 if test else 2)) * each)
    assert outlook(spec, BASE, None).seconds is None


@given(st.floats(0.1, 500))
def test_minutes_bound_the_trials_of_a_search(minutes: float) -> None:
    spec = SweepSpec(space=RATES, runs=1000, minutes=minutes, test="test.csv")
    found = outlook(spec, BASE, FACTS)
    assert found.seconds is not None and found.seconds <= max(60 * minutes, forecast(FACTS, BASE).seconds * 1.01)


def test_a_grid_has_its_combinations_and_is_refused_where_there_is_none() -> None:
    words = {"batch_size": "8..32:8", "lora": "false,true"}
    assert outlook(SweepSpec(space=words, strategy="grid"), BASE, FACTS).trials == 8
    with pytest.raises(InputError, match="finitely many"):
        outlook(SweepSpec(space=RATES, strategy="grid"), BASE, FACTS)


def test_halving_counts_the_epochs_that_are_trained_22_and_not_81() -> None:
    long = FACTS.model_copy(update={"reviews": 48_000, "table": [(length, 1000 * n) for length, n in FACTS.table]})
    spec = SweepSpec(space=RATES, strategy="halving", runs=9, test="test.csv")
    found = outlook(spec, BASE, long).seconds
    epoch = forecast(long, BASE).seconds_per_epoch
    assert found is not None and found / epoch == pytest.approx(22.2, rel=0.03)
