"""Finding suspected labels: K pairs of models, none of which judges a text that it has learned from.

One of a pair is a logistic regression on what a frozen encoder makes of the reviews, computed once (`features.py`), the
other one on their words (`word_model.py`). What they say together is the geometric mean of their probabilities.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from core.base.errors import InputError
from core.base.text import clean_line
from core.baseline.fit import fit, sample
from core.data.run_data import train_hashes
from core.inference.metrics import probabilities_of
from core.models.sources import ModelSource, resolve_model
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.trainable import require_trainable
from core.runs.folder import RunFolder, runs_home
from core.suspicion.doubt import Doubts, doubts_of
from core.suspicion.features import Progress, features_of
from core.suspicion.folds import ALONE, fold_by_text, near_texts
from core.suspicion.report import Change, Reason, Suspect, Suspicions
from core.suspicion.word_model import WordModel

FOLDS = 5
_MOST_LEARNED = 20_000
"""The most reviews that each model learns from; they are drawn alike from all classes."""
_LEAST = 1e-9
"""The least probability of which a mean is taken."""
_PART = 4_096
"""Reviews whose probabilities are computed together."""


@dataclass(frozen=True)
class Suspected:
    """What was suspected, and the reviews that it is about."""

    found: Suspicions
    reviews: Reviews
    probabilities: np.ndarray
    """[N, C], 0 for reviews that no model can judge."""
    doubts: Doubts
    judged: np.ndarray
    """[N] bool."""

    def suspect(self, rank: int) -> Suspect:
        """Return the suspect with a rank, from 1."""
        row, reviews = int(self.doubts.order[rank - 1]), self.reviews
        file, line = reviews.place(row)
        given, suggested = int(reviews.labels[row]), int(self.doubts.suggested[row])
        judged, names = bool(self.judged[row]), reviews.label_names
        reason: Reason = "contradiction" if self.doubts.contradicted[row] else "doubted" if judged else "alone"
        return Suspect(
            rank=rank,
            row=row,
            file=file,
            line=line,
            text=reviews.text(row),
            given=names[given],
            given_probability=float(self.probabilities[row, given]) if judged else None,
            suggested=names[suggested] if judged else None,
            suggested_probability=float(self.probabilities[row, suggested]) if judged else None,
            reason=reason,
            likely=bool(self.doubts.likely[row]),
            hash=f"{int(reviews.hashes[row]):016x}",
        )


def find_suspects(
    source: str, options: ReadingOptions, model: str, folds: int, seed: int, progress: Progress
) -> Suspected:
    """Judge every label of a source by a model that has not seen the review.

    Args:
        model: What `--model` names.
        folds: How many models, at least 2; fewer if there are not as many different texts.
        progress: Called with what is being done and the share done, 0 to 1; an exception from it ends the work.

    Raises:
        InputError: The source cannot be read, has no labels to judge, or too few to hold some out.
    """
    began = time.monotonic()
    reviews = read_reviews(source, options, progress=lambda share: progress("reading", share))
    fold_of = fold_of_reviews(reviews, folds, seed)
    resolved = resolve_model(model)
    _require_new_to(resolved, reviews)
    features = features_of(resolved, reviews, progress)
    labels = np.asarray(reviews.labels)
    probabilities = out_of_fold(features, reviews.texts, labels, len(reviews.label_names), fold_of, seed, progress)
    return suspected(reviews, probabilities, fold_of, resolved.name, seed, time.monotonic() - began)


def suspected(
    reviews: Reviews, probabilities: np.ndarray, fold_of: np.ndarray, model: str, seed: int, seconds: float
) -> Suspected:
    """Return what is suspected, given what models say of reviews that they have not seen.

    Args:
        probabilities: [N, C]; those of `ALONE` do not matter.
        fold_of: [N].
        model: What judged, in words.
        seconds: How long that took.
    """
    labels, hashes, judged = np.asarray(reviews.labels), np.asarray(reviews.hashes), fold_of != ALONE
    doubts = doubts_of(probabilities, labels, hashes, judged)
    found = Suspicions(
        source=reviews.report.source,
        data_hash=reviews.report.data_hash,
        model=model,
        folds=int(fold_of.max()) + 1,
        seed=seed,
        rows=len(reviews),
        suspects=len(doubts.order),
        contradictions=len(np.unique(hashes[doubts.contradicted])),
        alone=int((~judged & ~doubts.contradicted).sum()),
        likely=int(doubts.likely.sum()),
        changes=_changes(doubts, reviews),
        agreement=float((probabilities.argmax(axis=1) == labels)[judged].mean()),
        seconds=round(seconds, 3),
    )
    return Suspected(found, reviews, probabilities, doubts, judged)


def _require_new_to(model: ModelSource, reviews: Reviews) -> None:
    """Refuse the model of a run that has learned from these labels, because it would hardly doubt any.

    Raises:
        InputError: It has.
    """
    folder = model.folder.resolve()
    if folder.parent.parent != runs_home().resolve():
        return
    run = RunFolder(folder.parent)
    learned = int(np.isin(np.asarray(reviews.hashes), train_hashes(run)).sum())
    if learned:
        raise InputError(
            f"The model of {run.id} has learned from {learned:,} of these {len(reviews):,} labels, so it cannot judge "
            "them; take another with --model, such as starter."
        )


def fold_of_reviews(reviews: Reviews, folds: int, seed: int) -> np.ndarray:
    """Return the fold [N] of each review; see `fold_by_text`.

    Raises:
        InputError: There are no labels to judge, or too few different texts to hold some out.
    """
    require_trainable(reviews, None, of_a_class=1)
    labels = np.asarray(reviews.labels)
    fold_of = fold_by_text(near_texts(reviews), labels, folds, seed)
    for fold in range(max(int(fold_of.max()) + 1, 1)):
        if len(np.unique(labels[fold_of != fold])) < 2 or fold_of.max() < 1:
            raise InputError(
                f"{clean_line(reviews.report.source)} has so few different texts that no model could learn every class "
                "from some and judge the others; add reviews."
            )
    return fold_of


class Rows(Protocol):
    """The features of N reviews."""

    def rows_at(self, positions: np.ndarray) -> np.ndarray:
        """Return those of some reviews [n, F] in fp32."""


def out_of_fold(
    features: Rows,
    texts: Callable[[np.ndarray], Sequence[str]],
    labels: np.ndarray,
    classes: int,
    fold_of: np.ndarray,
    seed: int,
    progress: Progress,
) -> np.ndarray:
    """Return the probabilities [N, C] that models give to reviews that they have not seen; 0 for `ALONE`.

    Args:
        texts: Returns the texts of some reviews.
        labels: [N], what is learned and judged.
        fold_of: [N], see `fold_by_text`.
    """
    probabilities = np.zeros((len(labels), classes))
    folds = int(fold_of.max()) + 1
    c: float | None = None
    for fold in range(folds):
        learned = np.flatnonzero(fold_of != fold)
        learned = learned[sample(labels[learned], _MOST_LEARNED, seed)]

        def within(share: float, fold: int = fold) -> None:
            progress(f"judging, fold {fold + 1} of {folds}", share)

        # C is chosen once: one number, which says nothing about any single label.
        model = fit(
            features.rows_at(learned), labels[learned], classes, class_weights="none", seed=seed, progress=within, c=c
        )
        c = model.c
        words = WordModel(texts(learned), labels[learned], classes)
        held_out = np.flatnonzero(fold_of == fold)
        for start in range(0, len(held_out), _PART):
            part = held_out[start : start + _PART]
            both = (probabilities_of(model.logits(features.rows_at(part))), words.probabilities(texts(part)))
            probabilities[part] = together(*both)
            within(1.0)
    return probabilities


def together(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the geometric mean of two models' probabilities [n, C]."""
    mean = np.sqrt(np.maximum(first, _LEAST) * np.maximum(second, _LEAST))
    shares: np.ndarray = mean / mean.sum(axis=1, keepdims=True)
    return shares


def _changes(doubts: Doubts, reviews: Reviews) -> tuple[Change, ...]:
    rows = np.flatnonzero(doubts.likely)
    pairs = zip(reviews.labels[rows].tolist(), doubts.suggested[rows].tolist(), strict=True)
    names = reviews.label_names
    return tuple(
        Change(given=names[given], suggested=names[suggested], reviews=count)
        for (given, suggested), count in Counter(pairs).most_common()
    )
