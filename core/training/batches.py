"""In which order reviews are seen: a pure function of (seed, epoch), so that any step can be found again.

An epoch shuffles all rows, sorts each window of some batches by length, cuts the windows into batches and shuffles
those: reviews of like length share a batch and little is padded, while what shares a batch still changes every epoch.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

WINDOW_BATCHES = 16


def epoch_batches(lengths: np.ndarray, batch_size: int, seed: int, epoch: int) -> list[np.ndarray]:
    """The batches of one epoch.

    Args:
        lengths: [N] tokens of each review.
        epoch: counted from 0.

    Returns:
        Arrays of positions in `lengths`; every position once. All hold `batch_size` but one, which holds the rest.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed, epoch]))
    order = generator.permutation(len(lengths))
    window = WINDOW_BATCHES * batch_size
    batches: list[np.ndarray] = []
    for start in range(0, len(order), window):
        rows = order[start : start + window]
        rows = rows[np.argsort(lengths[rows], kind="stable")]
        # The ragged rest of the last window is cut off at random, not always the longest reviews.
        rest = len(rows) % batch_size
        if rest and len(rows) > batch_size:
            ragged = np.sort(generator.choice(len(rows), rest, replace=False))
            batches.append(rows[ragged])
            rows = np.delete(rows, ragged)
        batches += [rows[i : i + batch_size] for i in range(0, len(rows), batch_size)]
    return [batches[i] for i in generator.permutation(len(batches))]


def steps_per_epoch(rows: int, batch_size: int) -> int:
    """Optimizer steps of one epoch: the last, ragged batch counts."""
    return -(-rows // batch_size)


def micro_batches(batch: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """A batch in parts of at most `size` reviews; the batch is sorted by length, so each part is of like length."""
    for start in range(0, len(batch), size):
        yield batch[start : start + size]


def length_sorted(lengths: np.ndarray, size: int) -> list[np.ndarray]:
    """All rows in batches of like length, the longest first: for evaluation and classification, where order is free."""
    order = np.argsort(-lengths, kind="stable")
    return [order[start : start + size] for start in range(0, len(order), size)]


def dropout_seed(seed: int, step: int, part: int) -> int:
    """Seed of the dropout of one micro-batch: a step replayed drops what it dropped before."""
    return int(np.random.SeedSequence([seed, step, part]).generate_state(1, np.uint64)[0] >> 1)
