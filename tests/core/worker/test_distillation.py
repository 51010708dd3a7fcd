"""A student from its teacher's model to its own, in this process: a run like any other, with the same guarantees."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from core.data.run_data import train_hashes
from core.distillation import answers as answers_module
from core.distillation.asking import plan_distillation
from core.distillation.layers import beginnings
from core.inference.evaluation import evaluate_run
from core.inference.predictor import Predictor
from core.learners.tensor_files import load_tensors
from core.reviews.hashing import text_hash
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.request import Request, read_request
from core.runs.summary import summarize
from core.training.checkpoint_writer import CheckpointWriter
from core.worker import session as session_module
from tests.core.made import ROWS, notices_of, request

Work = Callable[..., RunHistory]
FAMILIES = ("bert", "roberta", "distilbert")


@pytest.fixture
def data(tmp_path: Path, reviews_of: Callable[..., Any]) -> Path:
    return _write(tmp_path / "reviews.csv", reviews_of(ROWS, 3))


@pytest.fixture
def unlabelled(tmp_path: Path, reviews_of: Callable[..., Any]) -> Path:
    """New reviews, one of them twice, among all those with a label."""
    found = [*reviews_of(ROWS, 3), *reviews_of(30, 8)]
    file = tmp_path / "inbox.csv"
    file.write_text("review\n" + "".join(f"{text}\n" for text, _ in [*found, found[-1]]))
    return file


def _write(file: Path, reviews: list[tuple[str, str]]) -> Path:
    file.write_text("review,label\n" + "".join(f"{text},{label}\n" for text, label in reviews))
    return file


@pytest.fixture
def teach(work: Work, data: Path, tiny_models: dict[str, Path]) -> Callable[..., RunFolder]:
    """Train a teacher with two layers."""

    def train(family: str = "bert", **changes: Any) -> RunFolder:
        run = create_run(request(data, tiny_models[family], epochs=1, checkpoint_seconds=1e9, **changes))
        work(run)
        assert summarize(run).state == "finished", summarize(run).message
        return run

    return train


def asked(teacher: RunFolder, layers: tuple[int, ...] = (1,), **more: Any) -> Request:
    changes = {
        "epochs": 2,
        "variants": 1,
        "checkpoint_seconds": 1e9,
        "batch_size": 8,
        "learning_rate": 1e-3,
        **more.pop("changes", {}),
    }
    planned, _ = plan_distillation(teacher, layers=1, changes=changes, **more)
    assert planned.distillation is not None
    return planned.model_copy(update={"distillation": replace(planned.distillation, layers=layers)})


def distilled(work: Work, request: Request) -> RunFolder:
    run = create_run(request)
    work(run)
    assert summarize(run).state == "finished", summarize(run).message
    return run


@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_is_a_model_that_the_library_itself_reads(
    family: str, work: Work, teach: Callable[..., RunFolder], unlabelled: Path, data: Path
) -> None:
    import transformers

    teacher = teach(family)
    run = distilled(work, asked(teacher, unlabelled=str(unlabelled)))
    config = json.loads((run.model / "config.json").read_text())
    assert config.get("num_hidden_layers", config.get("n_layers")) == 1
    texts = ["great lovely chair", "broken awful lamp after two weeks"]
    mine = Predictor(run.model).logits(texts)[0]
    pipeline = transformers.pipeline("text-classification", model=str(run.model), top_k=None, device="cpu")
    for row, found in zip(mine, pipeline(texts), strict=True):
        shares = torch.softmax(torch.from_numpy(row), 0)
        said = {one["label"]: one["score"] for one in found}
        assert [said["negative"], said["positive"]] == pytest.approx(shares.tolist(), abs=1e-4)
    assert evaluate_run(run, Predictor(run.model), str(data), None, lambda *_: None).rows == ROWS
    card = (run.model / "README.md").read_text()
    assert "Distilled from a model with 2 layers" in card and "it began with 1 of them" in card
    assert not run.student.exists()


def test_no_text_of_the_validation_data_is_learned_from_and_what_is_left_out_is_counted(
    work: Work, teach: Callable[..., RunFolder], unlabelled: Path
) -> None:
    teacher = teach()
    run = distilled(work, asked(teacher, unlabelled=str(unlabelled)))
    split = pq.read_table(run.split).to_pydict()
    sides: dict[str, set[int]] = {}
    for side, text in zip(split["side"], split["text_hash"], strict=True):
        sides.setdefault(side, set()).add(text)
    assert len(sides["unlabelled"]) == split["side"].count("unlabelled") == 30
    assert not sides["validation"] & (sides["train"] | sides["unlabelled"]) and not sides["train"] & sides["unlabelled"]
    assert set(train_hashes(run).tolist()) == sides["train"] | sides["unlabelled"]
    assert set(train_hashes(teacher).tolist()) == sides["train"]
    held_out = len(sides["validation"])
    said = next(one for one in notices_of(run) if "unlabelled reviews of" in one)
    assert (
        f"left out: {held_out} in the validation data, {ROWS - held_out} among the training reviews, 1 repeated" in said
    )


def test_test_reviews_are_learned_from_neither_with_nor_without_their_label(
    work: Work, teach: Callable[..., RunFolder], unlabelled: Path, reviews_of: Callable[..., Any], tmp_path: Path
) -> None:
    seen = [*reviews_of(ROWS, 3)[:4], *reviews_of(30, 8)[:5]]
    test = _write(tmp_path / "measured.csv", seen)
    run = distilled(work, asked(teach(), unlabelled=str(unlabelled), test=str(test)))
    learned = set(train_hashes(run).tolist())
    assert not learned & {text_hash(text) for text, _ in seen}


def test_the_second_student_finds_the_teachers_answers_and_does_not_load_it(
    work: Work, teach: Callable[..., RunFolder], unlabelled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = teach()
    first = distilled(work, asked(teacher, unlabelled=str(unlabelled)))
    assert any("computed once and kept" in one for one in notices_of(first))
    monkeypatch.setattr(answers_module._Asked, "_load", lambda self: pytest.fail("loaded"))
    second = distilled(work, asked(teacher, (2,), unlabelled=str(unlabelled)))
    assert any("found where an earlier run had kept them" in one for one in notices_of(second))


@pytest.mark.parametrize("path", ["native", "transformers"], indirect=True)
@pytest.mark.parametrize("family", FAMILIES)
def test_a_student_that_was_killed_and_resumed_is_the_undisturbed_one_to_the_bit(
    family: str,
    path: str,
    work: Work,
    teach: Callable[..., RunFolder],
    unlabelled: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if path == "transformers":
        for module in (session_module, answers_module):
            monkeypatch.setattr(module, "build_native_classifier", lambda *_: None)
    teacher = teach(family)
    wanted = asked(teacher, unlabelled=str(unlabelled), changes={"checkpoint_seconds": 0, "dropout": 0.1})
    control = distilled(work, wanted)
    broken = create_run(wanted.model_copy(update={"name": "broken"}))
    written = CheckpointWriter.begin

    def dies(self: CheckpointWriter, checkpoint: Any) -> None:
        written(self, checkpoint)
        if checkpoint.progress.step == 5:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(CheckpointWriter, "begin", dies)
        with pytest.raises(KeyboardInterrupt):
            work(broken)
    work(broken, resume=True)
    assert summarize(broken).state == "finished"
    ours, theirs = (load_tensors(run.model / "model.safetensors") for run in (control, broken))
    assert ours.keys() == theirs.keys() and all(torch.equal(ours[name], theirs[name]) for name in ours)
    assert np.array_equal(*(_logits(run) for run in (control, broken)))


def _logits(run: RunFolder) -> np.ndarray:
    return np.array(pq.read_table(run.predictions)["logits"].to_pylist())


def test_a_deleted_teacher_ends_the_run_with_a_sentence(work: Work, teach: Callable[..., RunFolder]) -> None:
    teacher = teach()
    run = create_run(asked(teacher))
    teacher.path.rename(teacher.path.with_name("gone"))
    with pytest.raises(Exception, match="was deleted; restore it"):
        work(run)


def test_a_request_is_read_back_as_it_was_written(teach: Callable[..., RunFolder], tmp_path: Path) -> None:
    wanted = asked(teach(), changes={"temperature": "3", "hidden_weight": "0"})
    assert wanted.distillation is not None and wanted.distillation.temperature == 3.0
    run = create_run(wanted)
    assert read_request(run.settings) == wanted.located()
    assert summarize(run).outline is not None and summarize(run).outline.distillation == wanted.distillation  # type: ignore[union-attr]
    assert beginnings(2, 1) == {"lower": (1,)}
