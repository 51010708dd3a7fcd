"""The second judge: logistic regression on the words of a review, whatever language they are in.

An encoder and the words that stand there make different mistakes; benchmarks/SUSPICIONS.md has what each finds alone
and what both find. Words and pairs of adjacent words are weighted by TF-IDF with sublinear counts; a Chinese or
Japanese character is a word.

Shapes: n texts, C classes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_WORD = r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+"
_MOST_WORDS = 50_000
"""Words and pairs that are kept, the most frequent ones."""
_FEW = 200
"""With fewer texts to learn from than this, words that occur in one text only are kept as well."""
_C = 3.0
"""The inverse strength of the regularization. Between 1 and 10 it hardly matters."""
_ITERATIONS = 300
_CHARACTERS = 1 << 16
"""Characters of a text that are read."""


class WordModel:
    """A model of the words of reviews."""

    def __init__(self, texts: Sequence[str], labels: np.ndarray, classes: int) -> None:
        """Learn from texts and their labels [n], of at least two classes.

        Args:
            classes: C, including classes that have no review.
        """
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from threadpoolctl import threadpool_limits

        self._words = TfidfVectorizer(
            token_pattern=_WORD,
            ngram_range=(1, 2),
            sublinear_tf=True,
            min_df=1 if len(texts) < _FEW else 2,
            max_features=_MOST_WORDS,
            dtype=np.float32,
        )
        self._classes, self._rare = classes, 1 / (len(texts) + 1)
        self._model = LogisticRegression(C=_C, max_iter=_ITERATIONS)
        self._knows = True
        with threadpool_limits(1):
            try:
                counted = self._words.fit_transform([text[:_CHARACTERS] for text in texts])
            except ValueError:  # no text has a word
                self._knows = False
            else:
                self._model.fit(counted, labels)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probabilities [n, C] of texts; a class without any review is as likely as one review in n."""
        found = np.full((len(texts), self._classes), self._rare if self._knows else 1.0)
        if self._knows and len(texts):
            counted = self._words.transform([text[:_CHARACTERS] for text in texts])
            found[:, self._model.classes_] = self._model.predict_proba(counted)
        shares: np.ndarray = found / found.sum(axis=1, keepdims=True)
        return shares
