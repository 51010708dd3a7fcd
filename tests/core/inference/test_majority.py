"""The majority guess against scikit-learn's dummy classifier."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.dummy import DummyClassifier
from sklearn.metrics import accuracy_score, f1_score

from core.inference.majority import majority_guess

NAMES = ("a", "b", "c")
LABELS = st.lists(st.integers(0, 2), min_size=1, max_size=30)


@given(train=LABELS, labels=LABELS)
def test_it_scores_what_always_saying_the_most_frequent_class_does(train: list[int], labels: list[int]) -> None:
    found = majority_guess(np.array(train), np.array(labels), NAMES)
    model = DummyClassifier(strategy="most_frequent").fit(np.zeros((len(train), 1)), train)
    guess = model.predict(np.zeros((len(labels), 1)))
    assert found.label == NAMES[guess[0]]
    assert found.accuracy == pytest.approx(accuracy_score(labels, guess))
    assert found.macro_f1 == pytest.approx(f1_score(labels, guess, average="macro", zero_division=0))
