"""A comparison of tiny models: answers stored and computed are the same, and all that is promised is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.base.errors import InputError
from core.comparison import compare as comparing
from core.comparison.kept import answers_in, list_comparisons, read_comparison, write_pile
from core.engine.requests import to_result
from core.inference.metrics import measure
from core.inference.predictor import Predictor
from core.runs.folder import RunFolder
from core.statistics.verdict import Verdict
from tests.core.comparison.bench import CLASSES, compared, make_answered, texts, write_reviews
from tests.tui.made_runs import append

PROMISED_OF_RUN = (
    "run accuracy macro_f1 loss parameters model_bytes peak_memory_bytes seconds reviews_per_second one_review_seconds"
).split()
PROMISED_OF_PAIR = (
    "a b both_right only_a only_b neither difference low high p_value p_adjusted verdict smallest_visible"
).split()


@pytest.fixture
def rows(reviews_of: Callable[..., list[tuple[str, str]]]) -> list[tuple[str, int]]:
    return [(text, CLASSES.index(label)) for text, label in reviews_of(50, 9)]


@pytest.fixture
def two(tiny_classifier: Path, rows: list[tuple[str, int]]) -> tuple[RunFolder, RunFolder]:
    """One model with stored answers of its own, one with answers that were made up."""
    unseen = [(text, 0) for text in texts(3)]
    a = make_answered("a", unseen, [0, 0, 0], model=tiny_classifier, learning_rate=1e-5, epochs=3)
    b = make_answered("b", rows, [label for _, label in rows], model=tiny_classifier, train=[rows[0][0]], epochs=9)
    append(b, "plan", weights=1234)
    append(b, "finished", seconds=12.0, peak_memory_bytes=1 << 30)
    return a, b


def test_everything_promised_is_there(
    two: tuple[RunFolder, RunFolder], rows: list[tuple[str, int]], tmp_path: Path, tiny_classifier: Path
) -> None:
    found = compared(*two, source=write_reviews(tmp_path / "test.csv", rows))
    printed = to_result(found)
    assert (printed["rows"], printed["excluded"]) == (49, 1)
    assert all(name in one for one in printed["runs"] for name in PROMISED_OF_RUN)
    assert all(name in one for one in printed["pairs"] for name in PROMISED_OF_PAIR)
    assert found.trained_on == {two[0].id: 0, two[1].id: 1}
    logits, _ = Predictor(tiny_classifier).logits([text for text, _ in rows[1:]])
    figures = measure(logits, np.array([label for _, label in rows[1:]]), CLASSES)
    first, second = found.runs
    assert first.accuracy == pytest.approx(figures["accuracy"]) and first.loss == pytest.approx(
        figures["loss"], rel=1e-4
    )
    assert (first.classified, second.classified, second.accuracy) == (49, 0, 1)
    assert (second.parameters, second.seconds, second.peak_memory_bytes) == (1234, 12.0, 1 << 30)
    assert first.model_bytes == sum(file.stat().st_size for file in two[0].model.iterdir())
    assert first.reviews_per_second and first.one_review_seconds and found.speed is not None
    assert {one.setting: one.values for one in found.differing_settings} == {
        "learning_rate": (1e-5, "auto"),
        "epochs": (3, 9),
    }
    (pair,) = found.pairs
    assert (
        pair.verdict == Verdict.WORSE and "on 49 rows: worse" in pair.sentence and 0 < (pair.smallest_visible or 0) < 1
    )


def test_it_is_kept_with_the_reviews_that_are_answered_differently(
    two: tuple[RunFolder, RunFolder], rows: list[tuple[str, int]], tmp_path: Path
) -> None:
    found = compared(*two, source=write_reviews(tmp_path / "test.csv", rows))
    assert found.file is not None and read_comparison(found.id) == found == list_comparisons()[0]
    (pair,) = found.pairs
    pile = write_pile(found, pair.a, pair.b)
    assert pile is not None
    lines = [json.loads(line) for line in pile.read_text().splitlines()]
    assert len(lines) == pair.answered_differently
    for line in lines:
        assert line["label"] == CLASSES[dict(rows)[line["text"]]]
        (a, one, _), (b, other, sure) = answers_in({name: str(cell) for name, cell in line.items()})
        assert (a, b) == ("a", "b") and one != other == line["label"] and sure == pytest.approx(0.8808)
    assert answers_in({"text": "a lamp", "label": "positive"}) == ()


def test_models_that_agree_on_all_rows_leave_no_pile(rows: list[tuple[str, int]]) -> None:
    said = [label for _, label in rows]
    found = compared(make_answered("a", rows, said), make_answered("b", rows, said))
    (pair,) = found.pairs
    assert write_pile(found, pair.a, pair.b) is None
    assert pair.verdict == Verdict.NOT_DISTINGUISHABLE and (pair.smallest_visible or 0) > 0.05
    assert compared(*(RunFolder(two) for two in _folders(found)), margin=0.1).pairs[0].verdict == "practically equal"


def _folders(found: object) -> list[Path]:
    from core.runs.folder import list_runs

    return [run.path for run in list_runs()]


def test_texts_that_are_gone_cost_speeds_and_pile_but_not_the_verdict(rows: list[tuple[str, int]]) -> None:
    a, b = make_answered("a", rows, [0] * 50), make_answered("b", rows, [label for _, label in rows])
    found = compared(a, b)
    assert found.rows == 50 and found.speed is None and found.runs[0].reviews_per_second is None
    assert any("Speeds were not measured" in note for note in found.notes)
    assert any("cannot be listed" in note for note in found.notes)


def test_a_margin_that_is_none_is_refused(two: tuple[RunFolder, RunFolder]) -> None:
    for margin in (-0.01, 1.0, float("nan")):
        with pytest.raises(InputError, match="margin"):
            compared(*two, margin=margin)


def test_several_pairs_are_adjusted_together(rows: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "MOST_DIFFERENT", 3)
    truth = [label for _, label in rows]
    runs = [
        make_answered(f"r{number}", rows, [*truth[:-number], *(1 - label for label in truth[-number:])])
        for number in (1, 9, 20)
    ]
    found = compared(*runs)
    assert [(one.a, one.b) for one in found.pairs] == [
        (runs[0].id, runs[1].id), (runs[0].id, runs[2].id), (runs[1].id, runs[2].id)
    ]  # fmt: skip
    assert all(one.p_adjusted >= one.p_value for one in found.pairs)
    assert found.pairs[0].p_adjusted == pytest.approx(2 * found.pairs[0].p_value, rel=0.5)
    assert found.sentences == tuple(one.sentence for one in found.pairs)
