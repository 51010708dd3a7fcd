"""Labels judged by fine-tuned models: what each of K runs learns from, and what it says of what was kept from it.

The reviews of a source are written into pairs of files, `learned-1.jsonl` and `held-out-1.jsonl` and so on, and each
run reads a pair as training and validation data. Only its stored answers to its validation rows are used afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np

from core.base.errors import InputError, ReviewtuiError
from core.base.files import private_folder, write_parts
from core.base.text import clean_line
from core.comparison.stored import classes_of, name_of, read_answers
from core.inference.metrics import probabilities_of
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.reviews.trainable import MIN_ROWS, MIN_ROWS_OF_A_CLASS
from core.runs.folder import RunFolder
from core.suspicion.folds import ALONE
from core.suspicion.suspects import Suspected, fold_of_reviews, suspected


def fold_files(folder: Path, fold: int) -> tuple[Path, Path]:
    """Return the files of a fold, counted from 0: the reviews to learn from, and those held out."""
    return folder / f"learned-{fold + 1}.jsonl", folder / f"held-out-{fold + 1}.jsonl"


def folds_to_learn(reviews: Reviews, folds: int, seed: int) -> np.ndarray:
    """Return the fold [N] of each review; see `fold_of_reviews`.

    Raises:
        InputError: There are too few reviews to fine-tune models on all folds but one.
    """
    fold_of = fold_of_reviews(reviews, folds, seed)
    labels = np.asarray(reviews.labels)
    for fold in range(int(fold_of.max()) + 1):
        learned = labels[(fold_of != fold) & (fold_of != ALONE)]
        counts = np.bincount(learned, minlength=len(reviews.label_names))
        few = np.flatnonzero((counts > 0) & (counts < MIN_ROWS_OF_A_CLASS))
        if len(learned) < MIN_ROWS or len(few):
            which = f" labelled “{clean_line(reviews.label_names[int(few[0])], 40)}”" if len(few) else ""
            raise InputError(
                f"{clean_line(reviews.report.source)} has too few reviews{which} to fine-tune a model without those "
                "that it judges; leave --method out."
            )
    return fold_of


def write_folds(folder: Path, source: str, options: ReadingOptions, folds: int, seed: int) -> int:
    """Write the files of all folds that are not there yet; return how many folds there are.

    Raises:
        InputError: The source cannot be read, or has too few reviews to hold some out.
        ReviewtuiError: The files cannot be written.
    """
    reviews = read_reviews(source, options)
    fold_of = folds_to_learn(reviews, folds, seed)
    private_folder(folder)
    count = int(fold_of.max()) + 1
    for fold in range(count):
        learned, held_out = fold_files(folder, fold)
        for file, rows in ((learned, (fold_of != fold) & (fold_of != ALONE)), (held_out, fold_of == fold)):
            if not file.is_file():
                write_parts(file, _lines(reviews, np.flatnonzero(rows)))
    return count


def judged_by(
    source: str,
    options: ReadingOptions,
    folds: int,
    seed: int,
    data_hash: str,
    runs: Sequence[RunFolder],
    model: str,
    seconds: float,
) -> Suspected:
    """Return what is suspected, given the runs of all folds in their order.

    Args:
        data_hash: Of the reviews that the files were written from.
        model: What the runs began with.

    Raises:
        InputError: The source cannot be read, or a run has no answers.
        ReviewtuiError: The source has changed since.
    """
    reviews = read_reviews(source, options)
    if reviews.report.data_hash != data_hash:
        raise ReviewtuiError("The reviews have changed since the models were trained; find suspects again.")
    fold_of = fold_of_reviews(reviews, folds, seed)
    probabilities = np.zeros((len(reviews), len(reviews.label_names)))
    for fold, run in enumerate(runs):
        rows = np.flatnonzero(fold_of == fold)
        probabilities[rows] = _answers(run, np.asarray(reviews.hashes)[rows], reviews.label_names)
    return suspected(reviews, probabilities, fold_of, f"{model}, fine-tuned", seed, seconds)


def _answers(run: RunFolder, hashes: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """Return the probabilities [n, C] that a run's model gives to reviews; 0 for a class that it does not know."""
    classes = classes_of(run)
    stored = read_answers(run, classes)
    place = np.minimum(np.searchsorted(stored.hashes, hashes), len(stored.hashes) - 1) if stored is not None else None
    if stored is None or place is None or (stored.hashes[place] != hashes).any():
        raise ReviewtuiError(f"{name_of(run)} has not answered all reviews that were kept from it.")
    found = np.zeros((len(hashes), len(names)))
    found[:, [names.index(name) for name in classes]] = probabilities_of(stored.logits[place])
    return found


def _lines(reviews: Reviews, rows: Iterable[int]) -> Iterator[bytes]:
    for row in rows:
        label = reviews.label_names[int(reviews.labels[row])]
        yield msgspec.json.encode({"text": reviews.text(int(row)), "label": label}) + b"\n"
