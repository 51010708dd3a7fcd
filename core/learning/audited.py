"""The near copies of audits, which would tell a model what it is measured by."""

from __future__ import annotations

import numpy as np

from core.learning.root import Progress
from core.reviews.reading import Reviews
from core.triage.history import History
from core.triage.texts.kept import facts_of


def near_audits(history: History, reviews: Reviews, progress: Progress) -> frozenset[int]:
    """Return the hashes of all texts of a pile that are near copies of audits, and of the audits themselves.

    Args:
        reviews: The pile, read without labels.
    """
    audited = np.array([int(one.hash, 16) for one in history.audited()], dtype=np.uint64)
    if not len(audited):
        return frozenset()
    hashes, groups = np.asarray(reviews.hashes), facts_of(reviews, progress).groups
    measuring = np.unique(groups[np.isin(hashes, audited)])
    return frozenset(hashes[np.isin(groups, measuring)].tolist()) | frozenset(audited.tolist())
