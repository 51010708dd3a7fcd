"""Under the null, with real predictions: two seeds of one setting are rarely told apart, and the visible is seen.

Two trained models are never equally good on the rows at hand. Whose answer to a row is whose is therefore drawn anew
for each simulated pair: that leaves all that is real (the rows, how often and where two such models disagree) and makes
the two exchangeable, as two seeds of one setting are before they are trained.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

from core.comparison import pairs as comparing
from core.comparison.answers import answers_of
from core.comparison.pairs import compare_pairs
from core.comparison.rows import rows_of_file
from core.comparison.stored import common_classes
from core.inference.predictor import Predictor
from core.runs.folder import RunFolder
from core.statistics.paired import compare_accuracy, count_outcomes
from core.statistics.power import smallest_visible
from core.statistics.verdict import Verdict, judge
from tests.end_to_end.conftest import SAMPLES, Reviewtui
from tests.tui.screens.compare.bench import run_report

pytestmark = [pytest.mark.proof, pytest.mark.starter]

DECIDED = (Verdict.BETTER, Verdict.WORSE)
WHOLE, QUICK = 200, 20_000
"""Simulated pairs: through everything that `compare` computes, and through the test and the verdict alone."""


@pytest.fixture
def answered(reviewtui: Reviewtui, home: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Labels of the sample test reviews, and what two seeds of one setting make of them."""
    done = reviewtui(
        "train", str(SAMPLES / "train.csv"), "--model", "starter", "--preset", "quick", "--seeds", "2",
        "--name", "null", "--wait", "--json", timeout=900,
    )  # fmt: skip
    assert done.status == 0, done.err
    runs = [RunFolder(home / "runs" / one["run"]) for one in done.json["runs"]]
    classes = common_classes(runs)
    rows = rows_of_file(runs, classes, str(SAMPLES / "test.csv"), None, lambda *_: None)
    loads = [partial(Predictor, run.model) for run in runs]
    one, other = (
        answers_of(run, rows, classes, None, load, lambda *_: None).predicted
        for run, load in zip(runs, loads, strict=True)
    )
    return rows.labels, one, other


@pytest.mark.timeout(1200)
def test_two_seeds_of_one_setting(
    answered: tuple[np.ndarray, np.ndarray, np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    labels, one, other = answered
    generator = np.random.default_rng(7)
    count = len(labels)

    def drawn() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        rows, turned = generator.integers(0, count, count), generator.random(count) < 0.5
        return labels[rows], np.where(turned, other[rows], one[rows]), np.where(turned, one[rows], other[rows])

    def verdict(truth: np.ndarray, a: np.ndarray, b: np.ndarray) -> Verdict:
        found = compare_accuracy(count_outcomes(a == truth, b == truth))
        return judge(found, found.p_value, 0.0)

    monkeypatch.setattr(comparing, "RESAMPLES", 500)
    reports = [run_report("a", "a", 0), run_report("b", "b", 1)]
    for _ in range(WHOLE):
        truth, a, b = drawn()
        (pair,) = compare_pairs(truth, [a, b], reports, 2, 0.0, None, lambda *_: None)
        assert pair.verdict == verdict(truth, a, b)
    told_apart = sum(verdict(*drawn()) in DECIDED for _ in range(QUICK)) / QUICK
    print(f"of {QUICK:,} pairs of equal models, {told_apart:.2%} were told apart")
    assert told_apart <= 0.05

    right = one == labels, other == labels
    discordant = float((right[0] != right[1]).mean())
    visible = smallest_visible(count, discordant)
    assert visible is not None
    seen = 0
    for _ in range(QUICK):
        rows = generator.integers(0, count, count)
        both, differ = right[0][rows] & right[1][rows], right[0][rows] != right[1][rows]
        for_a = generator.random(count) < (1 + visible / discordant) / 2
        found = compare_accuracy(count_outcomes(both | (differ & for_a), both | (differ & ~for_a)))
        seen += judge(found, found.p_value, 0.0) is Verdict.BETTER
    print(f"a difference of {100 * visible:.1f} points, called visible, was seen in {seen / QUICK:.1%}")
    assert 0.75 <= seen / QUICK <= 0.85
