"""`python -m benchmarks.suspicions`: how many of the labels that were changed on purpose come first in `suspects`.

Of each set of reviews, one label in twenty is changed to another one at random, several times with other seeds, and the
labels are judged as `reviewtui suspects` judges them. Precision is counted among the first n suspects, n being how many
labels were changed, 100 at most. What each of the two models finds alone is measured beside it, and what a baseline's
features find, the output for the first token. Labels that were wrong before count as mistakes here, so the figures are
lower bounds. They go to SUSPICIONS.md. Some minutes on one thread.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import numpy as np
import torch

from benchmarks.data import ROOT, SAMPLE, SHARED
from benchmarks.formatting import markdown
from benchmarks.machine import commit, describe
from core.baseline.fit import fit
from core.baseline.head import features_of as head_features
from core.data.batches import length_sorted
from core.data.tokens import encode, special_tokens_of
from core.encoder.architecture import architecture_of
from core.encoder.layout import pack
from core.encoder.network import Network
from core.encoder.weights import Weights
from core.inference.metrics import probabilities_of
from core.models.classifier import build_native_classifier
from core.models.head import head_of
from core.models.sources import ModelSource, resolve_model
from core.reviews.reading import Reviews, read_reviews
from core.settings.schema import Settings
from core.suspicion.doubt import doubts_of
from core.suspicion.features import features_of
from core.suspicion.folds import ALONE, fold_by_text, near_texts
from core.suspicion.suspects import FOLDS, Rows, out_of_fold
from core.suspicion.word_model import WordModel

SHARE, MOST = 0.05, 100
"""The share of labels that are changed; the most suspects among which they are looked for."""
SETS = {
    "sample reviews": SAMPLE,
    "amazon cells": SHARED / "amazon_cells.csv",
    "clothing reviews": SHARED / "clothing_reviews.csv",
}
TARGET = ROOT / "benchmarks" / "SUSPICIONS.md"
BY_HAND = "<!-- by hand -->"
"""What follows in the file was written by hand, and stays."""


@dataclass(frozen=True)
class Held:
    """Features in memory [N, F]."""

    rows: np.ndarray

    def rows_at(self, positions: np.ndarray) -> np.ndarray:
        """Return some of them."""
        some: np.ndarray = self.rows[positions]
        return some


Judge = Callable[[np.ndarray, np.ndarray, int], np.ndarray]


def judges(encoded: Rows, first: Rows, reviews: Reviews) -> dict[str, Judge]:
    """Return what judges labels: the pair of models of `suspects`, each of them alone, and a baseline's features."""
    classes = len(reviews.label_names)

    def encoder(features: Rows, labels: np.ndarray, fold_of: np.ndarray, seed: int) -> np.ndarray:
        c: float | None = None
        found = np.zeros((len(labels), classes))
        for fold in range(FOLDS):
            out = np.flatnonzero(fold_of == fold)
            rows = np.flatnonzero(fold_of != fold)
            model = fit(features.rows_at(rows), labels[rows], classes, class_weights="none", seed=seed, c=c)
            found[out], c = probabilities_of(model.logits(features.rows_at(out))), model.c
        return found

    def words(labels: np.ndarray, fold_of: np.ndarray, seed: int) -> np.ndarray:
        found = np.zeros((len(labels), classes))
        for fold in range(FOLDS):
            out, rows = np.flatnonzero(fold_of == fold), np.flatnonzero(fold_of != fold)
            found[out] = WordModel(reviews.texts(rows), labels[rows], classes).probabilities(reviews.texts(out))
        return found

    def both(labels: np.ndarray, fold_of: np.ndarray, seed: int) -> np.ndarray:
        return out_of_fold(encoded, reviews.texts, labels, classes, fold_of, seed, lambda what, share: None)

    return {
        "both, as `suspects`": both,
        "encoder": partial(encoder, encoded),
        "words": words,
        "encoder, first token": partial(encoder, first),
    }


@dataclass(frozen=True)
class Outcome:
    """What one seed showed."""

    accuracy: float
    """Of the out-of-fold models, against the labels before they were changed."""
    precision: float
    """The share of the first n suspects whose label had been changed."""
    recall: float
    """The share of the changed labels that are among the first 100 suspects."""
    likely: float
    """The estimate of how many labels are wrong, over how many were changed."""


def flipped(labels: np.ndarray, classes: int, seed: int, share: float = SHARE) -> tuple[np.ndarray, np.ndarray]:
    """Return labels [N] of which a share was changed to another class at random, and the rows that were."""
    generator = np.random.default_rng(seed)
    rows = generator.choice(len(labels), round(share * len(labels)), replace=False)
    changed = labels.copy()
    changed[rows] = (labels[rows] + generator.integers(1, classes, len(rows))) % classes
    return changed, rows


def outcome(judge: Judge, texts: np.ndarray, hashes: np.ndarray, labels: np.ndarray, seed: int) -> Outcome:
    """Change labels, judge them, and count which of the first suspects had been changed.

    Args:
        judge: Returns the out-of-fold probabilities [N, C], given labels, folds and the seed.
        texts: [N], see `near_texts`.
        hashes: [N], of the texts.
        labels: [N], as they were.
    """
    classes = int(labels.max()) + 1
    given, rows = flipped(labels, classes, seed)
    fold_of = fold_by_text(texts, given, FOLDS, seed)
    probabilities = judge(given, fold_of, seed)
    doubts = doubts_of(probabilities, given, hashes, fold_of != ALONE)
    found = np.isin(doubts.order, rows)
    n = min(MOST, len(rows))
    return Outcome(
        accuracy=float((probabilities.argmax(axis=1) == labels).mean()),
        precision=float(found[:n].sum() / n),
        recall=float(found[:MOST].sum() / len(rows)),
        likely=float(doubts.likely.sum() / len(rows)),
    )


def first_tokens(source: ModelSource, reviews: Reviews) -> Held:
    """Return what a baseline reads of reviews."""
    classifier = build_native_classifier(source, reviews.label_names, Settings())
    assert classifier is not None
    shape = architecture_of(classifier.model)
    network = Network(Weights(classifier.model, shape, torch.float32))
    special_tokens = special_tokens_of(classifier.tokenizer, classifier.max_length, classifier.truncation)
    ids = [np.asarray(one) for one in encode(classifier.tokenizer, reviews.texts(range(len(reviews))))]
    found = torch.empty(len(reviews), shape.hidden_size)
    for part in length_sorted(special_tokens.length(np.array([len(one) for one in ids])), 4096, 64):
        whole = [special_tokens.encode(ids[row]) for row in part]
        batch = pack(whole, shape.heads, shape.padding, offset_positions=shape.offset_positions)
        found[part] = network.hidden_states(batch, shape.layers)
    return Held(head_features(found, head_of(classifier.model)))


def row(name: str, reviews: int, what: str, outcomes: Sequence[Outcome]) -> list[str]:
    """Return a row of the table."""
    precisions = [one.precision for one in outcomes]
    changed = round(SHARE * reviews)

    def mean(which: str) -> float:
        return float(np.mean([getattr(one, which) for one in outcomes]))

    return [
        name,
        f"{reviews:,}",
        what,
        f"{mean('accuracy'):.3f}",
        f"{np.mean(precisions):.0%} ({min(precisions):.0%}–{max(precisions):.0%}) of {min(MOST, changed)}",
        f"{mean('recall'):.0%} of {changed}",
        f"{mean('likely'):.2f}×",
    ]


def main() -> None:
    """Measure, print a table, and write it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", choices=list(SETS), action="append")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    rows, source = [], resolve_model("starter")
    with tempfile.TemporaryDirectory() as home:
        os.environ["REVIEWTUI_HOME"] = home
        for name in asked.only or SETS:
            reviews = read_reviews(SETS[name])
            labels, hashes = np.array(reviews.labels), np.array(reviews.hashes)
            texts = near_texts(reviews)
            encoded = features_of(source, reviews, lambda what, share: None)
            for what, judge in judges(encoded, first_tokens(source, reviews), reviews).items():
                outcomes = [outcome(judge, texts, hashes, labels, seed) for seed in range(asked.seeds)]
                rows.append(row(name, len(reviews), what, outcomes))
                print(" | ".join(rows[-1]), flush=True)
    if not asked.only:
        TARGET.write_text(report(rows, asked.seeds), encoding="utf-8")


def report(rows: Sequence[Sequence[str]], seeds: int) -> str:
    """Return the content of SUSPICIONS.md; what was written by hand stays."""
    head = ["reviews", "rows", "judged by", "accuracy", "changed among the first", "found in the first 100", "estimate"]
    before = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    by_hand = before[before.index(BY_HAND) :] if BY_HAND in before else f"{BY_HAND}\n"
    machine = describe(1)
    return (
        f"# Labels that were changed on purpose\n\n`python -m benchmarks.suspicions --seeds {seeds}`: the starter, "
        f"{FOLDS} folds, {SHARE:.0%} of the labels changed, {seeds} seeds (mean, lowest and highest). "
        f"{machine['processor']}, 1 thread, commit {commit()}, {datetime.now(UTC):%Y-%m-%d}. Goal: half of the first "
        f"{MOST} (or of as many as were changed, if fewer) were changed. Accuracy is that of the models that judge, "
        "against the labels before the change; the estimate is how many labels are called probably wrong, over how "
        f"many were changed.\n\n{markdown(head, rows)}\n{by_hand}"
    )


if __name__ == "__main__":
    main()
