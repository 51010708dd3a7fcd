"""Which rows are compared: an oracle in memory decides the same, and every row that is left out is counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.base.errors import InputError
from core.comparison.rows import CONTRADICTED, NOT_SHARED, REPEATED, TRAINED_ON
from tests.core.comparison.bench import compared, make_answered, texts, write_reviews

POOL = texts(12)
RUN = st.fixed_dictionaries(
    {
        "validation": st.lists(st.tuples(st.sampled_from(POOL), st.integers(0, 1)), min_size=1, max_size=20),
        "train": st.lists(st.sampled_from(POOL), max_size=3),
        "right": st.integers(0, 2**20),
    }
)
drawn = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _labels(rows: list[tuple[str, int]]) -> dict[str, set[int]]:
    found: dict[str, set[int]] = defaultdict(set)
    for text, label in rows:
        found[text].add(label)
    return found


@drawn
@given(st.lists(RUN, min_size=2, max_size=4))
def test_shared_validation_rows_are_those_of_an_oracle(home: Path, runs: list[dict]) -> None:  # type: ignore[type-arg]
    folders, answer = [], []
    for number, one in enumerate(runs):
        # A model answers a text the same wherever it stands.
        said = {text: one["right"] >> place & 1 for place, text in enumerate(POOL)}
        answer.append(said)
        folders.append(
            make_answered(
                f"run-{number}", one["validation"], [said[text] for text, _ in one["validation"]], train=one["train"]
            )
        )
    labels = [_labels(one["validation"]) for one in runs]
    trained = {text for one in runs for text in one["train"]}
    everything = set().union(*labels)
    shared = {text for text in everything if all(text in one for one in labels)} - trained
    sound = {text for text in shared if len(set().union(*(one[text] for one in labels))) == 1}
    if not sound:
        with pytest.raises(InputError):
            compared(*folders)
        return
    found = compared(*folders)
    assert found.rows == len(sound)
    assert found.left_out.get(TRAINED_ON, 0) == len(everything & trained)
    assert found.left_out.get(NOT_SHARED, 0) == len(everything - trained - shared)
    assert found.left_out.get(CONTRADICTED, 0) == len(shared - sound)
    assert found.excluded == sum(found.left_out.values())
    truth = {text: min(labels[0][text]) for text in sound}
    for pair in found.pairs:
        a, b = (next(n for n, run in enumerate(folders) if run.id == id) for id in (pair.a, pair.b))
        table = Counter((answer[a][text] == truth[text], answer[b][text] == truth[text]) for text in sound)
        counts = table[True, True], table[True, False], table[False, True], table[False, False]
        assert counts == (pair.both_right, pair.only_a, pair.only_b, pair.neither)
        assert pair.difference == pytest.approx((pair.only_a - pair.only_b) / len(sound))
        assert pair.answered_differently == sum(answer[a][text] != answer[b][text] for text in sound)


@drawn
@given(
    st.lists(st.tuples(st.sampled_from(POOL), st.integers(0, 2)), min_size=1, max_size=24),
    st.lists(st.sampled_from(POOL), max_size=4),
)
def test_rows_of_a_file_are_those_of_an_oracle(
    home: Path, tmp_path: Path, rows: list[tuple[str, int]], train: list[str]
) -> None:
    known = [(text, 0) for text in POOL]
    a = make_answered("a", known, [0] * len(POOL), train=train)
    b = make_answered("b", known, [1] * len(POOL))
    source = write_reviews(
        tmp_path / f"{abs(hash((tuple(rows), tuple(train))))}.csv", rows, ("negative", "positive", "odd")
    )
    labelled = [(text, label) for text, label in rows if label < 2]
    labels = _labels(labelled)
    fresh = {text for text in labels if text not in train}
    sound = {text for text in fresh if len(labels[text]) == 1}
    if not sound:
        with pytest.raises(InputError):
            compared(a, b, source=source)
        return
    found = compared(a, b, source=source)
    assert found.rows == len(sound) and found.rows + found.excluded == len(rows)
    counted = Counter(text for text, _ in labelled)
    assert found.left_out.get(TRAINED_ON, 0) == sum(counted[text] for text in labels.keys() - fresh)
    assert found.left_out.get(CONTRADICTED, 0) == sum(counted[text] for text in fresh - sound)
    assert found.left_out.get(REPEATED, 0) == sum(counted[text] - 1 for text in sound)
    assert found.runs[0].accuracy == pytest.approx(sum(labels[text] == {0} for text in sound) / len(sound))


def test_models_with_other_classes_are_refused_with_both_named() -> None:
    rows = [(text, 0) for text in POOL]
    a = make_answered("stars", rows, [0] * 12, classes=("1", "2", "3"))
    b = make_answered("plain", rows, [0] * 12)
    with pytest.raises(InputError, match="stars knows the classes 1, 2, 3, and plain negative, positive"):
        compared(a, b)


def test_the_order_of_the_classes_does_not_matter() -> None:
    rows = [(text, number % 2) for number, text in enumerate(POOL)]
    turned = [(text, 1 - label) for text, label in rows]
    a = make_answered("a", rows, [label for _, label in rows])
    b = make_answered("b", turned, [label for _, label in turned], classes=("positive", "negative"))
    found = compared(a, b)
    assert found.rows == 12 and [one.accuracy for one in found.runs] == [1, 1]
    assert found.runs[0].loss == pytest.approx(found.runs[1].loss)


def test_a_run_that_is_compared_with_itself_is_refused() -> None:
    run = make_answered("a", [(text, 0) for text in POOL], [0] * 12)
    with pytest.raises(InputError, match="needs two different runs"):
        compared(run, run)


def test_a_run_without_stored_answers_needs_a_file() -> None:
    rows = [(text, 0) for text in POOL]
    a, b = make_answered("a", rows, [0] * 12), make_answered("b", rows, [0] * 12)
    b.predictions.unlink()
    with pytest.raises(InputError, match="b has no stored answers to validation rows; name labelled reviews"):
        compared(a, b)
