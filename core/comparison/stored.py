"""What a run's folder says about its model without loading it: its classes, and its answers to the validation rows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.base.errors import InputError
from core.base.text import clean_line
from core.runs.folder import RunFolder
from core.runs.model_labels import labels_of_model
from core.runs.outline import read_outline
from core.runs.provenance import read_provenance


@dataclass(frozen=True)
class StoredAnswers:
    """Logits of a run's model, each text once, and the labels that the rows have in its data."""

    hashes: np.ndarray
    """[N] uint64, ascending."""
    labels: np.ndarray
    """[N] class of each row; −1 if copies of the text have different ones."""
    logits: np.ndarray
    """[N, C]."""
    repeated: int
    """Rows that repeat the text of another one."""


def name_of(run: RunFolder) -> str:
    """Return the name of a run, safe to show."""
    outline = read_outline(run.settings)
    return clean_line(outline.name if outline is not None else run.id, 60)


def classes_of(run: RunFolder) -> tuple[str, ...]:
    """Return the classes of a run's model in the order of its logits.

    Raises:
        InputError: It has no model yet.
    """
    labels = labels_of_model(run)
    if not labels and run.predictions.is_file():
        provenance = read_provenance(run.provenance)
        labels = provenance.labels if provenance is not None else ()
    if not labels:
        raise InputError(f"{name_of(run)} has no model yet; let it finish, or stop and save it.")
    return labels


def common_classes(runs: list[RunFolder]) -> tuple[str, ...]:
    """Return the classes of the runs' models, in the order of the first.

    Raises:
        InputError: Two models do not have the same classes.
    """
    first = classes_of(runs[0])
    for run in runs[1:]:
        if set(found := classes_of(run)) != set(first) or len(found) != len(first):
            raise InputError(
                f"{name_of(runs[0])} knows the classes {_listed(first)}, and {name_of(run)} {_listed(found)}: only "
                "models with the same classes can be compared."
            )
    return first


def _listed(labels: tuple[str, ...]) -> str:
    shown = ", ".join(clean_line(label, 30) for label in labels[:6])
    return f"{shown}, …" if labels[6:] else shown


def read_answers(run: RunFolder, classes: tuple[str, ...], file: Path | None = None) -> StoredAnswers | None:
    """Return the answers that are stored with a run, with its classes in the order of `classes`.

    Args:
        file: What holds them; None for those of the model that the run has now.

    Returns:
        None if there are none, or they cannot be read.
    """
    own = classes_of(run)
    try:
        table = pq.read_table(run.predictions if file is None else file, columns=["text_hash", "label", "logits"])
        hashes = table["text_hash"].to_numpy().astype(np.uint64)
        labels = table["label"].to_numpy().astype(np.int64)
        logits = table["logits"].combine_chunks().flatten().to_numpy().reshape(len(labels), len(own))
    except (OSError, KeyError, ValueError, AttributeError, pa.ArrowException):
        return None
    if not len(labels) or labels.min() < 0 or labels.max() >= len(own) or not np.isfinite(logits).all():
        return None
    place = np.array([classes.index(name) for name in own])
    back = np.array([own.index(name) for name in classes])
    once, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    labels = place[labels]
    agreed = labels[first]
    contradicted = np.zeros(len(once), dtype=np.bool_)
    np.logical_or.at(contradicted, inverse, labels != agreed[inverse])
    return StoredAnswers(
        once, np.where(contradicted, -1, agreed), logits[first][:, back].astype(np.float32), len(hashes) - len(once)
    )
