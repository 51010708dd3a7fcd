"""`python -m benchmarks.labels_needed`: how many labels it takes to come near what all labels give, by order.

Each set is cut, with five seeds, into a test set and a pile whose labels are hidden. Fifty random reviews are labelled
first, then 25 at a time in the order of a strategy, and after each batch a model is fitted anew and measured on the
test set: logistic regression on the mean token of the frozen starter, because hundreds of fine-tuned models would take
days on two processors. What is counted is the labels until a score is 95 % of the one with all labels. Strategies:

    random    any review
    margin    where the two likeliest classes are closest, ties by the hash of the text
    classify  the same with a random audit in every ten, which costs a label and is not learned from, as on Classify

With two classes, margin, entropy and the least confidence give the same order. Sets are taken as they are, and with one
class cut down to 10 % of the pile, where macro F1 is measured. The figures go to LABELS.md.
"""

from __future__ import annotations

import argparse
import json
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import ROOT, SAMPLE, SHARED, distinct_rows
from benchmarks.formatting import markdown
from benchmarks.machine import commit
from core.base.mixing import mixed
from core.baseline.fit import Fit, fit
from core.inference.metrics import measure, probabilities_of
from core.models.sources import starter_folder
from core.reviews.hashing import text_hash

SETS: dict[str, tuple[Path, tuple[str, str]]] = {
    "sample reviews": (SAMPLE, ("reviewText", "isPositive")),
    "amazon cells": (SHARED / "amazon_cells.csv", ("reviewText", "isPositive")),
    "clothing reviews": (SHARED / "clothing_reviews.csv", ("Review Text", "Recommended IND")),
}
SEEDS, TEST, FIRST, BATCH = range(5), 0.3, 50, 25
SHARE, RARE = 0.95, 0.1
"""Of the score with all labels; of the pile that the rare class is cut down to."""
STRATEGIES = ("random", "margin", "classify")
NAMES = ("0", "1")
TARGET = ROOT / "benchmarks" / "LABELS.md"
_TOKENS = 128
_C = 1e-2
"""The strength of the regularization, the same for few labels and for all."""


@dataclass(frozen=True)
class Set:
    """Reviews as the regression sees them: features [N, F], classes [N], hashes of the texts [N]."""

    features: np.ndarray
    labels: np.ndarray
    hashes: np.ndarray

    def rows(self, chosen: np.ndarray) -> Set:
        return Set(self.features[chosen], self.labels[chosen], self.hashes[chosen])


def embedded(file: Path, columns: tuple[str, str], cache: Path) -> Set:
    """Read a set, and compute what the frozen starter says of each review; kept in `cache`."""
    rows = distinct_rows(file, columns)
    hashes = np.array([text_hash(text) for text, _ in rows], dtype=np.uint64)
    labels = np.array([int(float(label)) for _, label in rows])
    kept = cache / f"{file.stem}-{len(rows)}.npy"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        np.save(kept, _features([text for text, _ in rows]))
    return Set(np.load(kept), labels, hashes)


def _features(texts: list[str]) -> np.ndarray:
    """[N, F] the mean token of each text."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    folder = starter_folder()
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    found = []
    with torch.inference_mode():
        for start in range(0, len(texts), 32):
            batch = tokenizer(
                texts[start : start + 32], padding=True, truncation=True, max_length=_TOKENS, return_tensors="pt"
            )
            kept = batch["attention_mask"][:, :, None]
            found.append(((model(**batch).last_hidden_state * kept).sum(1) / kept.sum(1)).numpy())
    result: np.ndarray = np.concatenate(found)
    return result


def labels_needed(pile: Set, test: Set, strategy: str, score: str, target: float, seed: int) -> int:
    """Return how many labels it took until the score was `target`; all of them if it never was."""
    sequence = np.argsort(mixed(pile.hashes ^ np.uint64(seed + 1)), kind="stable")
    given = [int(row) for row in sequence[:FIRST]]
    audits: set[int] = set()
    while True:
        learned = np.array([row for row in given if row not in audits])
        if len(np.unique(pile.labels[learned])) > 1:
            found = fitted(pile.rows(learned), seed)
            if score_of(found, test, score) >= target:
                return len(given)
        else:
            found = None
        if len(given) == len(pile.labels):
            return len(given)
        left = np.setdiff1d(sequence, given, assume_unique=True)
        ranked = _ranked(found, pile, left, sequence, strategy)
        if strategy == "classify":
            drawn = _ranked(None, pile, left, sequence, "random")[: BATCH // 10 + (len(given) // BATCH) % 2]
            audits.update(drawn)
            ranked = [*drawn, *(row for row in ranked if row not in audits)]
        given += ranked[:BATCH]


def _ranked(found: Fit | None, pile: Set, left: np.ndarray, sequence: np.ndarray, strategy: str) -> list[int]:
    """Return the reviews without a label in the order of a strategy."""
    place = {int(row): number for number, row in enumerate(sequence)}
    if strategy == "random" or found is None:
        return sorted(left.tolist(), key=place.__getitem__)
    shares = np.sort(probabilities_of(found.logits(pile.features[left])), axis=1)
    margins = dict(zip(left.tolist(), (shares[:, -1] - shares[:, -2]).tolist(), strict=True))
    return sorted(left.tolist(), key=lambda row: (margins[row], place[row]))


def fitted(chosen: Set, seed: int) -> Fit:
    return fit(chosen.features, chosen.labels, 2, class_weights="balanced", seed=seed, c=_C)


def score_of(found: Fit, test: Set, score: str) -> float:
    return float(measure(found.logits(test.features), test.labels, NAMES)[score])


def divided(reviews: Set, seed: int, rare: bool) -> tuple[Set, Set]:
    """Return the pile and the test set of a seed; with `rare`, the less frequent class is cut down in both."""
    order = np.random.default_rng(seed).permutation(len(reviews.labels))
    if rare:
        less = int(np.argmin(np.bincount(reviews.labels)))
        others = int((reviews.labels != less).sum())
        few = [row for row in order.tolist() if reviews.labels[row] == less][: round(others * RARE / (1 - RARE))]
        order = np.array([row for row in order.tolist() if reviews.labels[row] != less or row in set(few)])
    held_out = np.zeros(len(reviews.labels), dtype=bool)
    for label in np.unique(reviews.labels):
        own = order[reviews.labels[order] == label]
        held_out[own[: round(TEST * len(own))]] = True
    return reviews.rows(order[~held_out[order]]), reviews.rows(order[held_out[order]])


def measured(reviews: Set, rare: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Return the labels needed by each strategy, for each seed."""
    score = "macro_f1" if rare else "accuracy"
    found = []
    for seed in SEEDS:
        pile, test = divided(reviews, seed, rare)
        full = score_of(fitted(pile, seed), test, score)
        needed = {name: labels_needed(pile, test, name, score, SHARE * full, seed) for name in STRATEGIES}
        found.append({"seed": seed, "pile": len(pile.labels), "test": len(test.labels), "full": full, **needed})
        say(json.dumps(found[-1]))
    return found


def _rows(name: str, balance: str, found: list[dict[str, Any]]) -> list[str]:
    def middle(strategy: str) -> str:
        return f"{statistics.median(one[strategy] for one in found):.0f}"

    def ratio(strategy: str) -> str:
        ratios = [one[strategy] / one["random"] for one in found]
        return f"{statistics.median(ratios):.2f} ({min(ratios):.2f}…{max(ratios):.2f})"

    full = statistics.fmean(one["full"] for one in found)
    columns = [*map(middle, STRATEGIES), ratio("margin"), ratio("classify")]
    return [name, balance, f"{found[0]['pile']:,}", f"{full:.3f}", *columns]


def main() -> None:
    """Measure all sets, and write LABELS.md."""
    parser = argparse.ArgumentParser(description="Labels needed to come near what all labels give.")
    parser.add_argument("--cache", type=Path, default=Path("/tmp/reviewtui-labels"))
    parser.add_argument("--output", type=Path, default=TARGET)
    arguments = parser.parse_args()
    heads = ["reviews", "classes", "pile", "score, all labels", *STRATEGIES, "margin ÷ random", "classify ÷ random"]
    rows: list[list[str]] = []
    for name, (file, columns) in SETS.items():
        if not file.is_file():
            continue
        reviews = embedded(file, columns, arguments.cache)
        for rare in (False, True):
            found = measured(reviews, rare, lambda line: print(line, flush=True))
            rows.append(_rows(name, "10 % rare, macro F1" if rare else "as they are", found))
    lines = [
        "# Labels needed",
        "",
        "`python -m benchmarks.labels_needed`: labels until 95 % of the score with all labels, median of five seeds;",
        "ratios with their range. Goals: margin ÷ random 0.8 or less as they are, 0.6 or less with a rare class.",
        "",
        markdown(heads, rows),
        "Read with care: the first time that a score is reached depends on few test reviews, so ratios of single seeds",
        "spread widely; piles have fewer than a thousand reviews, so that random ones are soon enough; and the learner",
        "is a regression on frozen features, which profits less from hard reviews than a model that is fine-tuned.",
        "",
        f"Commit {commit()}. The figures are counts: they do not depend on the machine.",
        "",
    ]
    arguments.output.write_text("\n".join(lines))
    print(arguments.output.read_text())


if __name__ == "__main__":
    main()
