"""A branch goes on from another run's checkpoint: the same bits where nothing differs, the same weights else."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from core.base.errors import InputError
from core.learners.tensor_files import load_tensors
from core.runs.branch import branch_run, checkpoints_of
from core.runs.checkpoint_folders import numbered
from core.runs.fingerprint import fingerprint
from core.runs.folder import RunFolder, create_run
from core.runs.history import RunHistory
from core.runs.launch import launch_worker
from core.runs.lock import living_worker
from core.runs.outline import Parent
from core.runs.summary import summarize
from core.training import checkpoints
from core.worker import session
from tests.core.made import PER_EPOCH, ROWS, history_of, request

Work = Callable[..., RunHistory]
EPOCHS = 3
MIDDLE, END = 9, EPOCHS * PER_EPOCH


@pytest.fixture
def parent(
    reviews_csv: Callable[..., Path], tiny_model: Path, work: Work, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., RunFolder]:
    """A finished run with checkpoints in its middle and at its end."""

    def make(**changes: Any) -> RunFolder:
        run = create_run(request(reviews_csv(ROWS), tiny_model, **{"epochs": EPOCHS, "dropout": 0.1, **changes}))
        with monkeypatch.context() as patch:
            for module in (checkpoints, session):
                patch.setattr(module, "retire", lambda *_, **__: None)
            work(run)
        for step, path in numbered(run.checkpoints):
            if step not in (MIDDLE, END):
                shutil.rmtree(path)
        return run

    return make


@pytest.mark.parametrize("mode", [{}, {"freeze_layers": 1}, {"lora": True, "lora_rank": 2}], ids=str)
def test_a_branch_in_which_nothing_differs_comes_to_the_same_weights(
    mode: dict[str, Any], parent: Callable[..., RunFolder], work: Work
) -> None:
    run = parent(**mode)
    branch = branch_run(run, {}, step=MIDDLE)
    history = work(branch, resume=True)
    ours, theirs = fingerprint(branch), fingerprint(run)
    assert (ours["weights"], ours["optimizer"]) == (theirs["weights"], theirs["optimizer"])
    assert [step.step for step in history.steps] == list(range(MIDDLE + 1, END + 1))
    assert [step.loss for step in history.steps] == [step.loss for step in history_of(run).steps[MIDDLE:]]


def test_a_branch_names_its_parent_and_needs_it_no_more(parent: Callable[..., RunFolder], work: Work) -> None:
    run = parent()
    branch = branch_run(run, {"learning_rate": "1e-5", "epochs": "4"}, name="slower")
    shutil.rmtree(run.path)
    history = work(branch, resume=True)
    assert summarize(branch).parent == Parent(run.id, 21)
    assert (summarize(branch).name, history.step, history.steps[0].step) == ("slower", 28, 22)
    assert history.steps[0].learning_rate < 1e-5
    assert history.best is not None and history.best.step > 21, "its best is its own"


def test_no_two_branches_share_a_name(parent: Callable[..., RunFolder]) -> None:
    run = parent()
    names = [branch_run(run, {"epochs": "4"}).request().name for _ in range(3)]
    assert len(set(names)) == 3 and all(name.startswith(f"{run.request().name}-branch") for name in names)
    with pytest.raises(InputError, match="already a run called"):
        branch_run(run, {"epochs": "4"}, name=names[0])


@pytest.mark.parametrize("changes", [{"freeze_layers": "1"}, {"freeze_layers": "encoder"}], ids=str)
def test_layers_that_a_branch_freezes_stay_as_the_parent_had_trained_them(
    changes: dict[str, str], parent: Callable[..., RunFolder], work: Work
) -> None:
    run = parent()
    trained = load_tensors(run.checkpoints / "step-21" / "weights.safetensors")
    branch = branch_run(run, {**changes, "epochs": "4"})
    work(branch, resume=True)
    found = load_file(branch.model / "model.safetensors")
    frozen = [name for name in trained if ".layer.0." in name]
    assert frozen and all(torch.equal(found[name], trained[name]) for name in frozen)
    assert not torch.equal(found["classifier.weight"], trained["classifier.weight"])


def test_layers_that_a_branch_thaws_begin_as_they_were_and_learn(parent: Callable[..., RunFolder], work: Work) -> None:
    run = parent(freeze_layers="encoder")
    branch = branch_run(run, {"freeze_layers": "none", "epochs": "4"})
    work(branch, resume=True)
    further = branch_run(branch, {"freeze_layers": "1", "epochs": "5"})
    trained = load_tensors(branch.checkpoints / "step-28" / "weights.safetensors")
    head = load_tensors(run.checkpoints / "step-21" / "weights.safetensors")
    assert not torch.equal(trained["classifier.weight"], head["classifier.weight"])
    work(further, resume=True)
    found = load_file(further.model / "model.safetensors")
    name = "bert.encoder.layer.0.output.dense.weight"
    assert torch.equal(found[name], trained[name]), "a branch of a branch has the weights of both"
    words = "bert.embeddings.word_embeddings.weight"
    rows = trained[f"{words}/words"]
    assert torch.equal(found[words][rows], trained[words])


def test_a_branch_with_other_layers_that_is_killed_and_resumed_equals_one_that_is_not(
    parent: Callable[..., RunFolder],
    over: Callable[[RunFolder], RunHistory],
    at_step: Callable[[RunFolder, int], None],
    until: Callable[..., Any],
    one_processor: None,
) -> None:
    run = parent()
    changes = {"freeze_layers": "1", "epochs": "6"}
    control, disturbed = branch_run(run, changes), branch_run(run, changes)
    launch_worker(control, resume=True)
    over(control)
    launch_worker(disturbed, resume=True)
    at_step(disturbed, 30)
    holder = living_worker(disturbed.lock)
    assert holder is not None
    os.kill(holder.pid, signal.SIGKILL)
    until(lambda: living_worker(disturbed.lock) is None)
    launch_worker(disturbed, resume=True)
    over(disturbed)
    assert fingerprint(disturbed) == fingerprint(control)


def test_another_batch_size_goes_on_at_the_same_place_in_the_epoch(
    parent: Callable[..., RunFolder], work: Work
) -> None:
    branch = branch_run(parent(), {"batch_size": "16"}, step=MIDDLE)
    history = work(branch, resume=True)
    assert history.steps[0].step == MIDDLE // 2 + 1 and history.step == 4 * EPOCHS


def test_another_optimizer_begins_anew(parent: Callable[..., RunFolder], work: Work) -> None:
    for one, other in (("adamw", "sgd"), ("sgd", "adamw")):
        branch = branch_run(parent(optimizer=one), {"optimizer": other, "epochs": "4"})
        assert not list(branch.checkpoints.glob("*/optimizer.safetensors"))
        assert work(branch, resume=True).step == 28


@pytest.mark.parametrize(
    ("changes", "step", "words"),
    [
        ({"model": "starter"}, None, "cannot change model"),
        ({"lora": "true"}, None, "cannot change lora"),
        ({"validation_fraction": "0.2"}, None, "cannot change validation_fraction"),
        ({}, None, r"past the end of the branch \(step 21\)"),
        ({"epochs": "4"}, 8, "no checkpoint at step 8; checkpoints available: step 21, 9"),
        ({"epoch": "4"}, None, "no setting 'epoch'"),
    ],
    ids=str,
)
def test_what_cannot_be_branched_is_refused_in_words_and_leaves_no_run(
    changes: dict[str, str], step: int | None, words: str, parent: Callable[..., RunFolder], home: Path
) -> None:
    run = parent()
    with pytest.raises(InputError, match=words):
        branch_run(run, changes, step=step)
    assert [entry.name for entry in (home / "runs").iterdir()] == [run.id]


def test_damaged_checkpoints_are_no_place_to_branch_from(parent: Callable[..., RunFolder]) -> None:
    run = parent()
    assert checkpoints_of(run) == [(21, 21), (9, 21)]
    (run.checkpoints / "step-21" / "weights.safetensors").write_bytes(b"")
    assert [entry.name for entry in branch_run(run, {}).checkpoints.iterdir()] == ["step-9"]
    shutil.rmtree(run.checkpoints / "step-9")
    with pytest.raises(InputError, match=r"No checkpoint of .* is intact"):
        branch_run(run, {})
    shutil.rmtree(run.checkpoints)
    with pytest.raises(InputError, match="has no checkpoint to branch from"):
        branch_run(run, {})
