"""Checkpoints: whole or passed over, never half believed, never the last good one lost to a bad one or a full disk."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from core.base.errors import ReviewtuiError
from core.learners.optimizer import optimizer_tensors, restore_optimizer
from core.runs.progress import Progress
from core.training import checkpoints as checkpoints_module
from core.training.checkpoints import (
    Checkpoint,
    load_newest_checkpoint,
    save_checkpoint,
)
from tests.core.runs.whole_records import record


def made(step: int) -> Checkpoint:
    """A small checkpoint whose every tensor says its step."""
    progress = Progress(
        step, 1.5, step * 8, record("evaluation", step=step, loss=0.25), 0.5, 2, scaler={"scale": 1024.0}
    )
    weights = {"a.weight": torch.full((3, 2), float(step)), "b": torch.tensor(step)}
    moments = {"a.weight/exp_avg": torch.full((3, 2), step / 3), "a.weight/step": torch.tensor(float(step))}
    return Checkpoint(progress, weights, moments, {"a.weight": torch.ones(3, 2), "/validation_logits": torch.eye(2)})


def same(one: Checkpoint | None, other: Checkpoint) -> bool:
    assert one is not None
    tensors = [(one.weights, other.weights), (one.optimizer, other.optimizer), (one.best, other.best)]
    return one.progress == other.progress and all(
        left.keys() == right.keys() and all(torch.equal(left[key], right[key]) for key in left)
        for left, right in tensors
    )


def names(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def test_a_checkpoint_comes_back_to_the_bit(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path / "new" / "checkpoints", made(7))
    assert place.name == "step-7"
    found, skipped = load_newest_checkpoint(place.parent)
    assert same(found, made(7)) and skipped == []


def test_what_is_empty_has_no_file_and_comes_back_empty(tmp_path: Path) -> None:
    first = Checkpoint(Progress(1), {"a": torch.zeros(2)}, {}, {})
    place = save_checkpoint(tmp_path, first)
    assert names(place) == {"weights.safetensors", "state.json", "manifest.json"}
    assert same(load_newest_checkpoint(tmp_path)[0], first)


def test_everything_is_private_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        place = save_checkpoint(tmp_path, made(1))
    finally:
        os.umask(before)
    assert stat.S_IMODE(place.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in place.iterdir()} == {0o600}


def test_only_the_two_newest_are_kept_by_number_not_by_name(tmp_path: Path) -> None:
    for step in (8, 9, 10, 11):
        save_checkpoint(tmp_path, made(step))
    assert names(tmp_path) == {"step-10", "step-11"}


def test_without_any_there_is_none_and_no_complaint(tmp_path: Path) -> None:
    (tmp_path / "step-x").mkdir()
    (tmp_path / ".step-9.abcd").mkdir()
    assert load_newest_checkpoint(tmp_path) == (None, [])
    assert load_newest_checkpoint(tmp_path / "absent") == (None, [])


FILES = ("weights.safetensors", "optimizer.safetensors", "best.safetensors", "state.json", "manifest.json")


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    place = random.Random(str(file.name)).randrange(len(content)) if file.name != "manifest.json" else 40
    content[place] ^= 4
    file.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a flipped bit": flip,
    "truncated": lambda file: os.truncate(file, file.stat().st_size // 2),
    "emptied": lambda file: os.truncate(file, 0),
    "longer": lambda file: file.write_bytes(file.read_bytes() + b" "),
    "missing": lambda file: file.unlink(),
    "a link": lambda file: file.symlink_to(file.rename(file.parent.parent / "elsewhere")),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


SAME = {("longer", "manifest.json"), ("a link", "manifest.json")}
"""Damages that change nothing of what the manifest says."""


@pytest.mark.parametrize(("damage", "file"), sorted({(d, f) for d in DAMAGES for f in FILES} - SAME))
def test_a_damaged_checkpoint_is_passed_over_with_a_sentence_for_the_older_one(
    damage: str, file: str, tmp_path: Path
) -> None:
    for step in (4, 5):
        save_checkpoint(tmp_path, made(step))
    DAMAGES[damage](tmp_path / "step-5" / file)
    found, skipped = load_newest_checkpoint(tmp_path)
    assert same(found, made(4))
    assert len(skipped) == 1 and skipped[0].startswith("step-5 is damaged (") and skipped[0].endswith("was skipped.")


@pytest.mark.parametrize(
    "manifest", [b"[]", b"{}", b"null", b'{"weights.safetensors": 3}', b'{"../step-4/state.json": {}}', b"\xff"]
)
def test_a_manifest_that_is_none_makes_a_checkpoint_damaged(manifest: bytes, tmp_path: Path) -> None:
    save_checkpoint(tmp_path, made(5))
    (tmp_path / "step-5" / "manifest.json").write_bytes(manifest)
    assert load_newest_checkpoint(tmp_path) == (None, [load_newest_checkpoint(tmp_path)[1][0]])


def test_every_bit_of_the_tensors_is_watched(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, made(5)) / "weights.safetensors"
    whole = place.read_bytes()
    for index in range(len(whole)):
        content = bytearray(whole)
        content[index] ^= 1 << (index % 8)
        place.write_bytes(content)
        assert load_newest_checkpoint(tmp_path)[0] is None
    place.write_bytes(whole)
    assert same(load_newest_checkpoint(tmp_path)[0], made(5))


def test_if_all_are_damaged_there_is_a_sentence_for_each(tmp_path: Path) -> None:
    for step in (4, 5):
        flip(save_checkpoint(tmp_path, made(step)) / "state.json")
    found, skipped = load_newest_checkpoint(tmp_path)
    assert found is None and [sentence.split()[0] for sentence in skipped] == ["step-5", "step-4"]


def test_after_damage_new_checkpoints_take_the_place_of_the_damaged_ones(tmp_path: Path) -> None:
    """A run that went back from step 30 to step 10 must be able to go on from what it writes on its way up again."""
    save_checkpoint(tmp_path / "10", made(10))
    for step in (20, 30):
        flip(save_checkpoint(tmp_path, made(step)) / "weights.safetensors")
    (tmp_path / "10" / "step-10").rename(tmp_path / "step-10")
    (tmp_path / "10").rmdir()
    found, skipped = load_newest_checkpoint(tmp_path)
    assert same(found, made(10)) and len(skipped) == 2
    for step in (12, 20, 25, 30, 31):
        save_checkpoint(tmp_path, made(step))
        found, skipped = load_newest_checkpoint(tmp_path)
        assert same(found, made(step)) and skipped == [], step
    assert names(tmp_path) == {"step-30", "step-31"}


def test_the_same_step_again_is_not_written_twice(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, made(3))
    before = (place / "state.json").stat().st_ino
    assert save_checkpoint(tmp_path, made(3)) == place
    assert (place / "state.json").stat().st_ino == before


@pytest.mark.parametrize("failing", ["save_tensors", "write_progress", "fsync", "rename"])
def test_a_full_disk_is_a_sentence_and_costs_no_older_checkpoint(
    failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step in (1, 2):
        save_checkpoint(tmp_path, made(step))

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        place = {"fsync": (os, "fsync"), "rename": (Path, "rename")}.get(failing, (checkpoints_module, failing))
        patch.setattr(*place, full)
        with pytest.raises(ReviewtuiError, match=r"^No checkpoint could be written in .*No space left on device.*\.$"):
            save_checkpoint(tmp_path, made(3))
    assert names(tmp_path) == {"step-1", "step-2"}
    assert same(load_newest_checkpoint(tmp_path)[0], made(2))


def test_a_disk_that_really_is_full_is_a_sentence(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(small)], capture_output=True, check=False
        ).returncode
    ):
        pytest.skip("no file system of one's own can be mounted here")
    try:
        save_checkpoint(small, made(1))
        large = Checkpoint(Progress(2), {"a": torch.zeros(100_000)}, {}, {})
        with pytest.raises(ReviewtuiError, match="No checkpoint could be written"):
            save_checkpoint(small, large)
        assert names(small) == {"step-1"}
        assert same(load_newest_checkpoint(small)[0], made(1))
    finally:
        subprocess.run(["umount", str(small)], check=True)


KILLED = """
import sys, torch
from pathlib import Path
from core.training.checkpoints import Checkpoint, save_checkpoint
from core.runs.progress import Progress
for step in range(int(sys.argv[2]), 10_000):
    tensors = {"a": torch.full((20_000,), float(step))}
    save_checkpoint(Path(sys.argv[1]), Checkpoint(Progress(step), tensors, tensors, tensors))
"""


def test_a_writer_killed_at_any_moment_leaves_a_checkpoint_to_go_on_from(
    tmp_path: Path, until: Callable[..., Any]
) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path), "1"])
    generator = random.Random(2)
    wanted = generator.randrange(5, 40)
    until(lambda: any(int(n.removeprefix("step-")) >= wanted for n in names(tmp_path) if n.startswith("step-")))
    process.send_signal(signal.SIGKILL)
    process.wait()
    found, skipped = load_newest_checkpoint(tmp_path)
    assert found is not None and skipped == []
    assert found.weights["a"].unique().tolist() == [float(found.progress.step)]


def test_what_a_killed_writer_left_half_written_is_swept_up(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, made(1))
    shutil.copytree(place, tmp_path / ".step-2.0123abcd")
    (tmp_path / "notes").mkdir()
    save_checkpoint(tmp_path, made(3))
    assert names(tmp_path) == {"step-1", "step-3", "notes"}


def test_nothing_in_a_checkpoint_is_a_pickle(tmp_path: Path) -> None:
    place = save_checkpoint(tmp_path, made(1))
    assert {file.suffix for file in place.iterdir()} == {".safetensors", ".json"}
    assert json.loads((place / "state.json").read_text())["step"] == 1


@pytest.mark.parametrize("kind", ["adamw", "fused adamw", "sgd with momentum"])
def test_an_optimizer_that_was_put_back_goes_on_as_if_nothing_had_been(kind: str) -> None:
    def fresh() -> tuple[dict[str, torch.nn.Parameter], torch.optim.Optimizer]:
        weights = {"a.b": torch.nn.Parameter(torch.ones(3, 2)), "c": torch.nn.Parameter(torch.ones(2))}
        if kind == "sgd with momentum":
            return weights, torch.optim.SGD(weights.values(), lr=0.1, momentum=0.9)
        return weights, torch.optim.AdamW(weights.values(), lr=0.1, fused=kind == "fused adamw")

    def step(weights: dict[str, torch.nn.Parameter], optimizer: torch.optim.Optimizer, count: int) -> None:
        for number in range(count):
            for weight in weights.values():
                weight.grad = torch.sin(weight.detach() * 3 + number)
            optimizer.step()

    weights, optimizer = fresh()
    step(weights, optimizer, 3)
    saved = optimizer_tensors(optimizer, {id(weight): name for name, weight in weights.items()})
    saved = {name: tensor.clone() for name, tensor in saved.items()}
    other_weights, other = fresh()
    with torch.no_grad():
        for name, weight in other_weights.items():
            weight.copy_(weights[name])
    restore_optimizer(other, other_weights, saved)
    step(weights, optimizer, 3)
    step(other_weights, other, 3)
    assert all(torch.equal(weights[name], other_weights[name]) for name in weights)
