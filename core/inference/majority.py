"""The figures of a model that knows nothing: it always answers the class that is most frequent in training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from core.inference.metrics import measure
from core.runs.figures import MajorityGuess


def majority_guess(train_labels: np.ndarray, labels: np.ndarray, names: Sequence[str]) -> MajorityGuess:
    """Return the scores of the guess; of equally frequent classes the first is taken.

    Args:
        train_labels: [M] classes of the training rows, which alone decide the guess.
        labels: [N] classes of the validation rows.
        names: Class names.
    """
    guess = int(np.bincount(train_labels, minlength=len(names)).argmax())
    logits = np.zeros((len(labels), len(names)), dtype=np.float32)
    logits[:, guess] = 1
    figures = measure(logits, labels, names)
    return MajorityGuess(label=names[guess], accuracy=figures["accuracy"], macro_f1=figures["macro_f1"])
