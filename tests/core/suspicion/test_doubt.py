"""What is doubted: the rule of confident learning written out, the order, and what no rearrangement may change."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from core.suspicion.doubt import Doubts, doubts_of


@st.composite
def judgements(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Probabilities [N, C], labels [N], hashes [N], and which rows were judged."""
    rows, classes = draw(st.integers(1, 30)), draw(st.integers(2, 4))
    generator = np.random.default_rng(draw(st.integers(0, 10**6)))
    probabilities = generator.dirichlet(np.full(classes, 0.7), rows)
    labels = generator.integers(0, classes, rows)
    hashes = generator.integers(0, draw(st.integers(1, 40)), rows).astype(np.uint64)
    judged_texts = generator.random(40) < draw(st.sampled_from([0.5, 0.9, 1.0]))
    return probabilities, labels, hashes, judged_texts[hashes.astype(int)]


def likely_by_hand(probabilities: np.ndarray, labels: np.ndarray, judged: np.ndarray) -> list[bool]:
    rows, classes = probabilities.shape
    own = [[probabilities[i, j] for i in range(rows) if judged[i] and labels[i] == j] for j in range(classes)]
    found = []
    for i in range(rows):
        above = [j for j in range(classes) if own[j] and probabilities[i, j] >= np.mean(own[j])]
        best = max(above, key=lambda j: (probabilities[i, j], -j), default=labels[i])
        found.append(bool(judged[i] and best != labels[i]))
    return found


@given(judgements())
def test_a_label_is_likely_wrong_by_the_rule_of_confident_learning(made: tuple[np.ndarray, ...]) -> None:
    probabilities, labels, _, judged = made
    assert doubts_of(*made).likely.tolist() == likely_by_hand(probabilities, labels, judged)


@given(judgements())
def test_contradictions_come_first_then_what_nobody_can_judge_then_the_least_probable_labels(
    made: tuple[np.ndarray, ...],
) -> None:
    probabilities, labels, hashes, judged = made
    found = doubts_of(*made)
    given_to = {row: probabilities[row, labels[row]] if judged[row] else 0.0 for row in range(len(labels))}
    differ = {text: len(set(labels[hashes == text].tolist())) > 1 for text in hashes.tolist()}
    kinds = [0 if differ[hashes[row]] else 2 if judged[row] else 1 for row in found.order.tolist()]
    assert kinds == sorted(kinds)
    assert found.contradicted.tolist() == [differ[text] for text in hashes.tolist()]
    doubted = [given_to[row] for row, kind in zip(found.order.tolist(), kinds, strict=True) if kind == 2]
    assert doubted == sorted(doubted)
    contradicting = [hashes[row] for row, kind in zip(found.order.tolist(), kinds, strict=True) if kind == 0]
    starts = [text for place, text in enumerate(contradicting) if place == 0 or contradicting[place - 1] != text]
    assert len(starts) == len(set(starts)), "the copies of a text stand together"


@given(judgements())
def test_suspected_is_what_contradicts_cannot_be_judged_or_would_be_given_another_class(
    made: tuple[np.ndarray, ...],
) -> None:
    probabilities, labels, _, judged = made
    found = doubts_of(*made)
    wanted = found.contradicted | ~judged | found.likely | (judged & (probabilities.argmax(axis=1) != labels))
    assert sorted(found.order.tolist()) == np.flatnonzero(wanted).tolist()
    assert (found.suggested[found.likely] != labels[found.likely]).all()
    assert (found.suggested[~judged] == labels[~judged]).all()


@given(judgements(), st.integers(0, 1000))
def test_the_order_of_the_rows_decides_nothing(made: tuple[np.ndarray, ...], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(len(made[1]))
    before, after = doubts_of(*made), doubts_of(*(one[order] for one in made))
    assert_same(after, before, order)


def assert_same(after: Doubts, before: Doubts, order: np.ndarray) -> None:
    np.testing.assert_array_equal(after.likely, before.likely[order])
    np.testing.assert_array_equal(after.suggested, before.suggested[order])
    assert set(order[after.order].tolist()) == set(before.order.tolist())


def test_a_rare_class_has_a_threshold_of_its_own() -> None:
    """Its reviews seldom pass one half, so a fixed limit would never call a label wrong in its favour."""
    probabilities = np.array([[0.97, 0.03]] * 90 + [[0.65, 0.35]] * 10 + [[0.6, 0.4]])
    labels = np.array([0] * 90 + [1] * 10 + [0])
    found = doubts_of(probabilities, labels, np.arange(101, dtype=np.uint64), np.ones(101, dtype=np.bool_))
    assert np.flatnonzero(found.likely).tolist() == [100]
    assert found.suggested[100] == 1 and 100 in found.order.tolist()
