"""Writing beside the training: what has been read may change, what is not durable is not called so."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from core.runs.progress import Progress
from core.training import checkpoints
from core.training.checkpoint_writer import CheckpointWriter
from core.training.checkpoints import Checkpoint, load_newest_checkpoint


class Told:
    """What a writer says, and whether it may go on."""

    def __init__(self, folder: Path) -> None:
        self.written: list[int] = []
        self.failed: list[str] = []
        self.before = 0
        self.writer = CheckpointWriter(
            folder,
            trunk=lambda: None,
            before=self._before,
            written=self.written.append,
            failed=self.failed.append,
        )

    def _before(self) -> None:
        self.before += 1


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    made = Told(tmp_path / "checkpoints")
    yield made
    made.writer.wait()


def live(step: int) -> tuple[Checkpoint, torch.Tensor]:
    """A checkpoint and the weight in it, which somebody trains."""
    weight = torch.full((1000,), float(step))
    return Checkpoint(Progress(step), {"a": weight}, {"a/m": weight * 2}, {}), weight


class Gate:
    """A function that waits in its first call until it is opened."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self.reached, self._open = threading.Event(), threading.Event()

    def open(self) -> None:
        self._open.set()

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.reached.set()
        assert self._open.wait(30)
        return self._function(*arguments, **options)


def test_weights_may_change_once_they_are_read_however_long_the_disk_takes(
    told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    slow = Gate(os.fsync)
    monkeypatch.setattr(os, "fsync", slow)
    checkpoint, weight = live(3)
    told.writer.begin(checkpoint)
    told.writer.settle()
    weight.zero_()
    assert slow.reached.wait(30) and told.written == []
    assert load_newest_checkpoint(tmp_path / "checkpoints") == (None, []), "nothing is there before it is durable"
    slow.open()
    told.writer.wait()
    found, _ = load_newest_checkpoint(tmp_path / "checkpoints")
    assert found is not None and found.weights["a"].unique().tolist() == [3.0]
    assert (told.written, told.failed, told.before) == ([3], [], 1)


@pytest.mark.skipif(sys.platform != "linux", reason="niceness of single threads is Linux's")
def test_what_follows_once_weights_are_read_gives_way_to_training(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, mine = Gate(os.fsync), os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    monkeypatch.setattr(os, "fsync", slow)
    told.writer.begin(live(3)[0])
    told.writer.settle()
    assert slow.reached.wait(30)
    (writer,) = (thread for thread in threading.enumerate() if thread.name == "checkpoint writer")
    assert writer.native_id is not None and os.getpriority(os.PRIO_PROCESS, writer.native_id) >= 10
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine
    slow.open()


def test_whoever_will_change_the_weights_waits_until_they_are_read(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Gate(checkpoints.save_tensors)
    monkeypatch.setattr(checkpoints, "save_tensors", slow)
    told.writer.begin(live(1)[0])
    assert slow.reached.wait(30)
    settled = threading.Event()
    waiter = threading.Thread(target=lambda: (told.writer.settle(), settled.set()))
    waiter.start()
    assert not settled.is_set()
    slow.open()
    waiter.join(30)
    assert settled.is_set()


def test_a_second_checkpoint_waits_for_the_first(told: Told, tmp_path: Path) -> None:
    for step in range(1, 6):
        told.writer.begin(live(step)[0])
    told.writer.wait()
    assert told.written == [1, 2, 3, 4, 5]
    assert {entry.name for entry in (tmp_path / "checkpoints").iterdir()} == {"step-4", "step-5"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("where", ["save_tensors", "fsync", "rename", "mkdir"])
def test_whatever_the_disk_refuses_training_goes_on_and_the_next_checkpoint_may_succeed(
    where: str, number: int, told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told.writer.begin(live(1)[0])
    told.writer.wait()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patch:
        place = {"save_tensors": (checkpoints, "save_tensors"), "fsync": (os, "fsync")}.get(where, (Path, where))
        patch.setattr(*place, refuse)
        told.writer.begin(live(2)[0])
        told.writer.settle()
        told.writer.wait()
    assert told.written == [1] and len(told.failed) == 1 and os.strerror(number) in told.failed[0]
    assert {entry.name for entry in (tmp_path / "checkpoints").iterdir()} == {"step-1"}
    told.writer.begin(live(3)[0])
    told.writer.wait()
    assert told.written == [1, 3]


def test_what_nobody_foresaw_is_told_and_lets_go(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no memory")

    monkeypatch.setattr(checkpoints, "save_tensors", fail)
    told.writer.begin(live(2)[0])
    told.writer.settle()
    told.writer.wait()
    assert told.failed == ["No checkpoint could be written (RuntimeError: no memory)."]
