"""The model of words: it learns them in any script, and says something about any text."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.suspicion.suspects import together
from core.suspicion.word_model import WordModel


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("great lamp {}", "broken lamp {}"),
        ("とても良い商品{}", "すぐに壊れた{}"),
        ("отличная {} лампа", "ужасная {} лампа"),
    ],
)
def test_words_of_any_script_are_learned(good: str, bad: str) -> None:
    texts = [(good, bad)[number % 2].format(number) for number in range(40)]
    model = WordModel(texts, np.arange(40) % 2, 2)
    found = model.probabilities([good.format(77), bad.format(78)])
    assert found[0, 0] > 0.7 and found[1, 1] > 0.7


@settings(max_examples=30)
@given(
    texts=st.lists(st.text(max_size=20), min_size=2, max_size=12),
    asked=st.lists(st.text(max_size=20), max_size=5),
    classes=st.integers(2, 4),
)
def test_any_texts_give_probabilities(texts: list[str], asked: list[str], classes: int) -> None:
    found = WordModel(texts, np.arange(len(texts)) % 2, classes).probabilities(asked)
    assert found.shape == (len(asked), classes) and (found > 0).all()
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_two_models_together_are_between_both_and_neither_is_certain() -> None:
    first, second = np.array([[0.9, 0.1], [1.0, 0.0]]), np.array([[0.5, 0.5], [0.0, 1.0]])
    found = together(first, second)
    np.testing.assert_allclose(found[0], [0.75, 0.25])
    np.testing.assert_allclose(found[1], [0.5, 0.5])
