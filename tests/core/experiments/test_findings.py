"""The effects that a sweep reports: recovered where they are known, silent where trials are too few to tell."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.experiments.findings import effects
from core.experiments.space import parse_space
from core.experiments.state import MemberState
from core.experiments.sweep import Scored
from core.runs.figures import ValidationFigures
from core.runs.group_journal import Member
from core.settings.schema import Settings

SPACE = parse_space(["learning_rate=1e-5..1e-3:log", "dropout=0..0.5", "freeze_layers=none,2,4"], Settings())
FROZEN = ("none", 2, 4)


def trial(number: int, rate: float, dropout: float, frozen: str | int, score: float) -> Scored:
    values = {"learning_rate": 1e-5 * 100**rate, "dropout": dropout / 2, "freeze_layers": frozen}
    member = Member(number, f"trial-{number}", values, "trial", "")
    return Scored(MemberState(member, None), ValidationFigures(loss=1, accuracy=score, macro_f1=score), score, 1.0)


shares = st.floats(-0.3, 0.3).map(lambda share: round(share, 3))


@given(shares, shares, shares, shares, st.integers(9, 25), st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_known_effects_are_recovered_whatever_the_order_of_the_trials(
    rate: float, dropout: float, two: float, four: float, count: int, seed: int
) -> None:
    chance = random.Random(seed)
    trials = []
    for number in range(count):
        x, y, frozen = chance.random(), chance.random(), FROZEN[number % 3]
        score = 0.5 + rate * x + dropout * y + {"none": 0.0, 2: two, 4: four}[frozen]
        trials.append(trial(number, x, y, frozen, score))
    chance.shuffle(trials)
    found = {(one["setting"], one["change"]): one for one in effects(SPACE, trials)}
    expected = {
        ("learning_rate", "0.001 instead of 1e-05"): rate,
        ("dropout", "0.5 instead of 0"): dropout,
        ("freeze_layers", "2 instead of none"): two,
        ("freeze_layers", "4 instead of none"): four,
    }
    assert found.keys() == expected.keys()
    for name, effect in expected.items():
        assert found[name]["effect"] == pytest.approx(effect, abs=1e-6)
        assert found[name]["low"] - 1e-6 <= effect <= found[name]["high"] + 1e-6


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    chance, held = random.Random(7), 0
    for _ in range(400):
        trials = [
            trial(
                number, x := chance.random(), chance.random(), FROZEN[number % 3], 0.8 + 0.1 * x + chance.gauss(0, 0.02)
            )
            for number in range(12)
        ]
        one = next(one for one in effects(SPACE, trials) if one["setting"] == "learning_rate")
        held += one["low"] <= 0.1 <= one["high"]
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize("count", [0, 1, 4, 7])
def test_too_few_trials_say_nothing(count: int) -> None:
    trials = [trial(number, number / 9, (number * 5 % 7) / 7, FROZEN[number % 3], 0.8) for number in range(count)]
    assert effects(SPACE, trials) == []


def test_settings_that_changed_together_say_nothing() -> None:
    trials = [trial(number, number / 20, number / 20, "none", 0.5 + number / 50) for number in range(20)]
    assert effects(SPACE, trials) == []
