"""Which baseline is the line to beat, and what is said of a run against it."""

from __future__ import annotations

import pytest

from core.runs.baselines import best_baseline, gain_in_words, gain_over
from core.runs.figures import AgainstBaseline
from core.runs.summary import end_of, summarize
from tests.tui.made_baselines import gain, make_baseline, measured_on
from tests.tui.made_runs import append, make_run


def test_the_most_accurate_on_the_same_rows_counts_and_of_equal_ones_the_oldest() -> None:
    run = measured_on(make_run(1))
    assert best_baseline(run) is None
    make_baseline(2, accuracy=0.8)
    best = make_baseline(3, accuracy=0.88)
    make_baseline(4, accuracy=0.88, seconds=0.2)
    make_baseline(5, accuracy=0.99, rows="other rows")
    measured_on(make_baseline(6, accuracy=0.99), labels=["a", "b"])
    measured_on(make_baseline(7, accuracy=0.99), data_hash="other data")
    make_baseline(8, accuracy=0.99, end="stopped")
    make_baseline(9, end=None)
    found = best_baseline(run)
    assert found is not None and found.run == best.id and found.seconds == 6.2
    assert best_baseline(best) is None


def test_a_run_without_a_known_hash_of_its_rows_has_no_baseline() -> None:
    make_baseline(2, rows="")
    assert best_baseline(measured_on(make_run(1), "")) is None and best_baseline(make_run(3)) is None


def test_the_later_of_the_two_knows_the_gain() -> None:
    older = measured_on(make_run(1))
    base = make_baseline(2)
    measured_on(base)
    newer = measured_on(make_run(3, end=None))
    append(newer, "finished", against=[gain(newer, base, -0.01, 0.02)])
    line = best_baseline(older)
    assert line is not None and gain_over(line, older, end_of(older)) is None
    found = gain_over(line, newer, end_of(newer))
    assert found is not None and found.rows == 377
    append(base, "finished", against=[gain(older, base, 0.01, 0.02)])
    line = best_baseline(older)
    assert line is not None
    found = gain_over(line, older, end_of(older))
    assert found is not None and found.low == 0.01
    assert gain_over(line, older, None) is None


@pytest.mark.parametrize(
    ("low", "high", "seconds", "words"),
    [
        (-0.01, 0.03, 6.2, "Fine-tuning gained nothing over 6 seconds of baseline."),
        (0.0, 0.03, 0.2, "Fine-tuning gained nothing over 1 second of baseline."),
        (-0.2, -0.1, 200, "Fine-tuning gained nothing over 3 minutes of baseline."),
        (0.01, 0.05, 6.2, "Fine-tuning gained 3.0 points (1.0 to 5.0) over 6 seconds of baseline."),
    ],
)
def test_nothing_was_gained_unless_the_interval_lies_above_zero(
    low: float, high: float, seconds: float, words: str
) -> None:
    found = AgainstBaseline(
        run="a", baseline="b", seconds=seconds, rows=9, difference=(low + high) / 2, low=low, high=high
    )
    assert gain_in_words(found, "fine-tuning") == words
    assert gain_in_words(found, "distillation") == words.replace("Fine-tuning", "The student")


def test_a_baseline_in_a_list_has_no_steps_and_says_how_it_was_interrupted() -> None:
    for run in (make_baseline(1), make_baseline(2, end=None)):
        summary = summarize(run)
        assert (summary.steps, summary.epochs, summary.step, summary.best_epoch) == (None, None, 0, None)
        assert summary.learning_rate is None
    assert summary.state == "interrupted"
    assert summary.message == "its worker died before its model was written; it starts over"
