"""Folds for fine-tuning: what is written is read as the same reviews, and answers find their reviews again."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from core.base.arrow import numbers
from core.base.errors import InputError, ReviewtuiError
from core.base.files import private_folder, write_json
from core.data.run_data import write_table
from core.reviews.options import ReadingOptions
from core.reviews.reading import Reviews, read_reviews
from core.runs.folder import RunFolder
from core.suspicion.listing import FOLD_READING
from core.suspicion.tuned import fold_files, folds_to_learn, judged_by, write_folds
from tests.core.suspicion.conftest import Labelled

OPTIONS = ReadingOptions()


def answered(
    folder: Path, held_out: Reviews, right: float, classes: tuple[str, ...] = ("positive", "negative")
) -> RunFolder:
    """A run whose model gives each held-out review's label a probability; its classes are in an order of its own."""
    run = RunFolder(private_folder(folder))
    private_folder(run.model)
    write_json(run.model / "config.json", {"id2label": {str(at): name for at, name in enumerate(classes)}})
    names = [held_out.label_names[label] for label in held_out.labels.tolist()]
    chances = [[right if name == one else 1 - right for name in classes] for one in names]
    columns = {
        "text_hash": numbers(np.asarray(held_out.hashes)),
        "label": numbers(np.array([classes.index(name) for name in names])),
        "logits": pa.array(np.log(chances).tolist(), type=pa.list_(pa.float32())),
    }
    write_table(columns, run.predictions)
    return run


def test_every_review_is_held_out_once_and_learned_from_otherwise(labelled: Labelled, tmp_path: Path) -> None:
    source = labelled(60, (), [("odd", "postive")])
    count = write_folds(tmp_path / "folds", str(source), OPTIONS, 4, 0)
    everything = read_reviews(source)
    kept = {(int(hash), everything.label_names[label]) for hash, label in
            zip(everything.hashes, everything.labels.tolist(), strict=True)} - {
        (int(everything.hashes[60]), "postive")
    }  # fmt: skip
    held: list[tuple[int, str]] = []
    for fold in range(count):
        both = []
        for file in fold_files(tmp_path / "folds", fold):
            part = read_reviews(file, FOLD_READING)
            both.append([(int(h), part.label_names[n]) for h, n in zip(part.hashes, part.labels.tolist(), strict=True)])
        learned, own = both
        assert not set(learned) & set(own) and set(learned) | set(own) == kept
        held += own
    assert sorted(held) == sorted(kept)


def test_answers_are_judged_with_classes_in_any_order(labelled: Labelled, tmp_path: Path) -> None:
    source = str(labelled(40))
    count = write_folds(tmp_path / "folds", source, OPTIONS, 2, 0)
    held = [read_reviews(fold_files(tmp_path / "folds", fold)[1], FOLD_READING) for fold in range(count)]
    runs = [answered(tmp_path / f"run-{fold}", one, (0.9, 0.2)[fold]) for fold, one in enumerate(held)]
    data_hash = read_reviews(source).report.data_hash
    done = judged_by(source, OPTIONS, 2, 0, data_hash, runs, "starter", 12.0)
    assert done.found.suspects == len(held[1]) and done.found.agreement == pytest.approx(len(held[0]) / 40)
    assert done.suspect(1).given_probability == pytest.approx(0.2, abs=1e-5)
    assert (done.found.model, done.found.seconds) == ("starter, fine-tuned", 12.0)
    with pytest.raises(ReviewtuiError, match="have changed since"):
        judged_by(source, OPTIONS, 2, 0, "other", runs, "starter", 1.0)
    with pytest.raises(ReviewtuiError, match="has not answered all"):
        judged_by(source, OPTIONS, 2, 0, data_hash, runs[::-1], "starter", 1.0)
    runs[0].predictions.write_bytes(b"damaged")
    with pytest.raises(ReviewtuiError, match="has not answered all"):
        judged_by(source, OPTIONS, 2, 0, data_hash, runs, "starter", 1.0)


def test_files_that_are_there_are_not_written_again(labelled: Labelled, tmp_path: Path) -> None:
    source = str(labelled(40))
    write_folds(tmp_path / "folds", source, OPTIONS, 2, 0)
    before = {file.name: file.stat().st_mtime_ns for file in (tmp_path / "folds").iterdir()}
    write_folds(tmp_path / "folds", source, OPTIONS, 2, 0)
    assert {file.name: file.stat().st_mtime_ns for file in (tmp_path / "folds").iterdir()} == before
    assert json.loads((tmp_path / "folds" / "learned-1.jsonl").read_text().splitlines()[0]).keys() == {"text", "label"}


def test_too_few_reviews_to_learn_from_are_refused(labelled: Labelled, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="too few reviews to fine-tune"):
        folds_to_learn(read_reviews(labelled(10)), 2, 0)
    with pytest.raises(InputError, match="too few reviews labelled “fair” to fine-tune"):
        folds_to_learn(read_reviews(labelled(40, (), [("It is fine", "fair"), ("So so", "fair")], name="f.csv")), 2, 0)
