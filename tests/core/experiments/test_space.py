"""The space of a sweep as it is typed: read back equal, checked against the settings, and walked by grids."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.experiments.proposals import Trial, propose, starting_points
from core.experiments.space import Choices, Range, contains, grid_of, parse_dimension, parse_space
from core.settings.schema import Settings

BASE = Settings(model="starter")


def test_ranges_lists_steps_and_words() -> None:
    space = parse_space(
        ["learning_rate=1e-5..2e-4:log", "freeze_layers=none,2,4", "batch_size=8..32:8", "epochs=1..4", "lora=on,off"],
        BASE,
    )
    assert space["learning_rate"] == Range(1e-5, 2e-4, whole=False, log=True)
    assert space["freeze_layers"] == Choices(("none", 2, 4))
    assert space["batch_size"].grid == (8, 16, 24, 32)  # type: ignore[union-attr]
    assert space["epochs"].grid == (1, 2, 3, 4)  # type: ignore[union-attr]
    assert space["lora"] == Choices((True, False))


@pytest.mark.parametrize(
    ("word", "words"),
    [
        ("learning_rate", "name=value"),
        ("learning_rat=1..2", "did you mean learning_rate"),
        ("learning_rate=1e-4..1e-5", "LOW below HIGH"),
        ("learning_rate=0..1e-5:log", "LOW below HIGH"),
        ("learning_rate=nan..1", "LOW below HIGH"),
        ("learning_rate=1e-5..inf", "LOW below HIGH"),
        ("learning_rate=1e-5..2", "learning_rate"),
        ("learning_rate=1e-5", "at least two different values"),
        ("dropout=0.1,0.1", "at least two different values"),
        ("dropout=0.1,,0.2", "at least two different values"),
        ("batch_size=1.5..4", "whole numbers"),
        ("batch_size=1..4096:0.001", "more than 1000 values"),
        ("optimizer=1..2", "optimizer"),
        ("optimizer=adamw,adam", "optimizer"),
        ("seed=1..3", "train --seeds"),
        ("model=a,b", "versus"),
        ("[/]\x1b=1..2", "There is no setting"),
    ],
)
def test_what_cannot_be_read_is_refused_in_a_sentence(word: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as refused:
        parse_space([word], BASE)
    assert "\x1b" not in str(refused.value)


def test_a_name_cannot_vary_twice_and_nothing_is_no_space() -> None:
    with pytest.raises(InputError, match="twice"):
        parse_space(["epochs=1..2", "epochs=3..4"], BASE)
    with pytest.raises(InputError, match="at least one --space"):
        parse_space([], BASE)


numbers = st.floats(1e-6, 0.9).map(lambda number: float(f"{number:.3g}"))


@given(numbers, numbers, st.booleans())
@settings(max_examples=60)
def test_a_range_is_written_as_it_is_read(low: float, high: float, log: bool) -> None:
    if low == high:
        return
    low, high = sorted((low, high))
    found = parse_dimension("weight_decay", f"{low!r}..{high!r}{':log' if log else ''}", BASE)
    assert found == Range(low, high, whole=False, log=log)
    again = parse_dimension("weight_decay", str(found), BASE)
    assert isinstance(again, Range) and math.isclose(again.low, low, rel_tol=1e-5) and again.log == log


@given(st.lists(st.integers(1, 12), min_size=1, max_size=4, unique=True), st.integers(0, 1000), st.integers(0, 20))
@settings(max_examples=20, deadline=None)
def test_proposals_are_in_the_space_new_and_the_same_again(sizes: list[int], seed: int, count: int) -> None:
    space = (
        parse_space(
            ["learning_rate=1e-5..1e-3:log", "epochs=1..3", f"batch_size={','.join(map(str, [16, *sizes, 99]))}"], BASE
        )
        if 16 not in sizes and 99 not in sizes
        else parse_space(["epochs=1..3"], BASE)
    )
    trials: list[Trial] = []
    for number in range(min(count, 8)):
        found = propose(space, BASE, trials, ("maximize",), seed)
        assert found == propose(space, BASE, trials, ("maximize",), seed)
        if not found:
            break
        values = found[0].settings
        assert contains(space, BASE.changed(values)) == values
        assert values not in [trial.settings for trial in trials]
        trials.append(Trial(values, (number % 3 / 3,) if number % 4 else None))


def test_an_exhausted_space_ends_the_search() -> None:
    space = parse_space(["epochs=1..3"], BASE)
    found = propose(space, BASE, (), ("maximize",), 1, count=10)
    assert sorted(one.settings["epochs"] for one in found) == [1, 2, 3]  # type: ignore[type-var]
    assert propose(space, BASE, [Trial(one.settings, (0.5,)) for one in found], ("maximize",), 1) == []


def test_presets_in_the_space_come_first() -> None:
    space = parse_space(["epochs=1..10", "max_length=32..512"], BASE)
    assert [one.why for one in starting_points(space, BASE)] == [
        "as in the request", "as in the preset quick", "as in the preset thorough", "as in the preset frugal",
    ]  # fmt: skip


def test_values_that_do_not_fit_together_are_not_proposed() -> None:
    space = parse_space(["lora=on,off", "freeze_layers=none,2"], BASE)
    found = propose(space, BASE, (), ("maximize",), 1, count=10)
    assert {"lora": True, "freeze_layers": 2} not in [one.settings for one in found] and len(found) == 3


def test_a_grid_has_every_combination_once() -> None:
    space = parse_space(["epochs=1..3", "optimizer=adamw,sgd"], BASE)
    found = grid_of(space)
    assert len(found) == 6 and len({str(one) for one in found}) == 6
    with pytest.raises(InputError, match="more than 1,000 combinations"):
        grid_of(parse_space(["epochs=1..40", "batch_size=1..40"], BASE))
