"""Groups of seeds are compared as settings: points and ranges with few seeds, a paired t test from five on."""

from __future__ import annotations

import msgspec
import pytest
from scipy.stats import ttest_rel

from core.comparison.arms import Arm, find_arms
from core.comparison.report import ComparisonReport
from core.experiments.state import read_state
from core.experiments.versus import conclude
from core.runs.folder import RunFolder
from core.runs.group import create_group, find_group
from core.runs.group_journal import Made, NewRun, Planned, append
from core.statistics.seeds import Question
from tests.core.comparison.bench import compared, make_answered, texts

ROWS = [(text, number % 2) for number, text in enumerate(texts(40))]


def _group(name: str, wrong: list[int], kind: str = "seeds", roles: tuple[str, ...] = ("",)) -> list[RunFolder]:
    """Runs with the seeds 1, 2, …, of which each gets as many rows wrong as `wrong` says; roles take turns."""
    runs = []
    for seed, count in enumerate(wrong, start=1):
        said = [1 - label if place < count else label for place, (_, label) in enumerate(ROWS)]
        runs.append(make_answered(f"{name}-{seed}", ROWS, said, seed=seed, learning_rate=1e-5 * len(name)))
    spec = {"models": list(roles), "seeds": [1]} if kind == "versus" else {}
    group = create_group(name, kind, {"name": name, "data": "/data/reviews.csv"}, spec)  # type: ignore[arg-type]
    new = tuple(
        NewRun(number=number, name=f"{name}-{number}", settings={}, role=roles[(number - 1) % len(roles)])
        for number in range(1, len(wrong) + 1)
    )
    append(group.journal, Planned(new=new))
    for number, run in enumerate(runs, start=1):
        append(group.journal, Made(number=number, run=run.id))
    return runs


def _arms(*words: str) -> tuple[Arm, ...]:
    return find_arms(words)


def test_five_seeds_are_tested_as_pairs() -> None:
    wrong = [2, 3, 2, 4, 3], [6, 8, 5, 9, 9]
    _group("low", wrong[0]), _group("higher", wrong[1])
    found = compared(*_arms("low", "higher"))
    (one,) = found.settings
    oracle = ttest_rel([1 - count / 40 for count in wrong[0]], [1 - count / 40 for count in wrong[1]])
    assert found.question == Question.SETTINGS and not found.pairs and len(found.runs) == 10
    assert one.tested is not None and one.tested.p_value == pytest.approx(oracle.pvalue)
    assert (one.tested.low, one.tested.high) == pytest.approx(tuple(oracle.confidence_interval()))
    assert one.verdict == "better" and one.apart and "over 5 seeds: better" in one.sentence
    assert [row.setting for row in found.differing_settings] == ["learning_rate"]
    assert one.smallest_visible is not None and 0 < one.smallest_visible < 0.2


def test_three_seeds_have_points_and_ranges_but_no_verdict() -> None:
    _group("low", [2, 3, 2]), _group("higher", [6, 8, 2])
    (one,) = compared(*_arms("low", "higher")).settings
    assert (one.tested, one.verdict, one.smallest_visible, one.apart) == (None, None, None, False)
    assert one.sentence.startswith("+7.5 points on average over 3 seeds, 92.5…95.0 % against 80.0…95.0 %: the ranges")
    assert "no test with fewer than 5 seeds" in one.sentence


def test_a_run_against_a_setting_is_compared_with_each_of_its_runs() -> None:
    _group("low", [2, 3, 2])
    other = make_answered("other", ROWS, [0] * 40)
    found = compared(*_arms("low", "other"))
    assert found.question == Question.MODELS and not found.settings
    assert [one.b for one in found.pairs] == [other.id] * 3
    assert any("several seeds" in note for note in found.notes)


def test_another_kind_of_group_is_its_runs() -> None:
    runs = _group("sweep", [1, 2, 3], kind="sweep")
    assert [arm.id for arm in _arms("sweep")] == [run.id for run in runs]


def test_models_against_each_other_are_a_setting_each_and_end_in_a_comparison() -> None:
    runs = _group("rivals", [2, 9, 3, 8], kind="versus", roles=("starter", "org/big"))
    first, second = _arms("rivals")
    assert (first.name, second.name) == ("rivals: starter", "rivals: org/big")
    assert first.runs == (str(runs[0].path), str(runs[2].path))
    group = find_group("rivals")
    assert group is not None
    found = conclude(read_state(group))
    report = msgspec.convert(found["comparison"], ComparisonReport)
    assert report.question == Question.SETTINGS and report.settings[0].apart and report.settings[0].mean_a > 0.9


def test_models_that_cannot_be_compared_say_why() -> None:
    runs = _group("rivals", [2, 9], kind="versus", roles=("starter", "org/big"))
    runs[0].predictions.unlink()
    group = find_group("rivals")
    assert group is not None
    found = conclude(read_state(group))
    assert found["comparison"] is None and "no stored answers" in found["no_comparison"]
