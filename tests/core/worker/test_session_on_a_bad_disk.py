"""A session on a disk that is full, damaged or slow: the run loses nothing that was said to be safe."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.base.errors import ReviewtuiError
from core.runs.folder import create_run
from core.runs.history import RunHistory
from core.runs.journal import JournalReader, JournalWriter
from core.runs.records import StepRecord
from core.worker import session as session_module
from core.worker.session import Session
from tests.core.made import ROWS, request, settings, sha256

Write = Callable[..., Path]


def full_disk(*_: object, **__: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_costs_a_checkpoint_and_not_the_run(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training import checkpoints

    monkeypatch.setattr(checkpoints, "save_tensors", full_disk)
    history = work(create_run(request(reviews_csv(ROWS), tiny_model, epochs=1)))
    assert history.end is not None and history.end.kind == "finished" and history.checkpoint_step is None
    (said,) = [text for text in (notice.text for notice in history.notices) if "No space left on device" in text]
    assert "continues without it" in said


def test_a_model_that_could_not_be_written_can_still_be_had_by_resuming(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.worker import results

    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=2))
    with monkeypatch.context() as patch:
        patch.setattr(results, "save_classifier", full_disk)
        with pytest.raises(ReviewtuiError, match=rf"make room and `reviewtui resume {run.id}`\.$"):
            work(run)
    assert not run.model.exists()
    history = work(run, resume=True)
    assert history.end is not None and history.end.kind == "finished" and history.step == 14
    assert [step.step for step in history.steps] == list(range(1, 15)) and run.model.is_dir()


def test_a_damaged_checkpoint_is_told_and_the_run_ends_as_it_would_have(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = reviews_csv(ROWS)
    undisturbed = create_run(request(data, tiny_model, epochs=2))
    work(undisturbed)
    run = create_run(request(data, tiny_model, epochs=2))
    with monkeypatch.context() as patch:
        patch.setattr(session_module, "write_model", full_disk)
        with pytest.raises(ReviewtuiError):
            work(run)
    newest = max(run.checkpoints.iterdir(), key=lambda entry: int(entry.name.removeprefix("step-")))
    (newest / "weights.safetensors").write_bytes(b"")
    history = work(run, resume=True)
    assert any(f"{newest.name} is damaged" in notice.text for notice in history.notices)
    assert sha256(run.model / "model.safetensors") == sha256(undisturbed.model / "model.safetensors")


def test_without_any_checkpoint_a_resumed_run_begins_anew(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1))
    shutil.rmtree(run.checkpoints)
    history = work(run, resume=True)
    assert [step.step for step in history.steps] == list(range(1, 8))


def test_a_resumed_run_whose_settings_were_changed_is_refused_in_words(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=1))
    with monkeypatch.context() as patch:
        patch.setattr(session_module, "write_model", full_disk)
        with pytest.raises(ReviewtuiError):
            work(run)
    changed = run.request().model_copy(update={"settings": settings(tiny_model, epochs=1, freeze_layers="encoder")})
    run.settings.write_text(changed.to_toml())
    with pytest.raises(ReviewtuiError, match=r"settings\.toml has changed"):
        work(run, resume=True)


def test_checkpoints_that_failed_are_tried_again_and_the_screen_is_told_both_times(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full for the first three checkpoints, and looked at again when the time has come."""
    from core.training import checkpoints

    whole_save, refused = checkpoints.save_tensors, 0

    def save(*arguments: Any, **options: Any) -> None:
        nonlocal refused
        if refused < 3:
            refused += 1
            full_disk()
        whole_save(*arguments, **options)

    monkeypatch.setattr(checkpoints, "save_tensors", save)
    monkeypatch.setattr(session_module, "_RETRY_SECONDS", 0.0)
    monkeypatch.setattr(Session, "on_step", waiting_for_the_disk)
    run = create_run(request(reviews_csv(ROWS), tiny_model, epochs=2, checkpoint_seconds=1e6))
    history = work(run, control_requests=("checkpoint",))
    kinds = [record.kind for record in JournalReader(run.journal).read_new()]
    assert kinds.count("no_checkpoint") == 3 and history.no_checkpoint == ""
    said = [notice.text for notice in history.notices if "heckpoint" in notice.text]
    assert len(said) == 2 and "No space left" in said[0] and said[1] == "Checkpoints are written again."
    assert history.checkpoint_step == 14 and history.end is not None and history.end.message == ""


def waiting_for_the_disk(self: Session, record: StepRecord) -> None:
    """A step that takes as long as the disk."""
    self._writer.wait()
    self.journal.write(record)


def test_a_run_whose_end_has_no_checkpoint_says_so_with_its_last_word(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.training import checkpoints

    monkeypatch.setattr(checkpoints, "save_tensors", full_disk)
    history = work(create_run(request(reviews_csv(ROWS), tiny_model, epochs=1)))
    assert history.end is not None and "no checkpoint of its end" in history.end.message


def test_what_a_checkpoint_stands_on_is_durable_before_it_is(
    work: Callable[..., RunHistory], reviews_csv: Write, tiny_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is synced before the rename: a power cut cannot leave a checkpoint whose steps nobody wrote down."""
    done: list[str] = []
    whole_sync, whole_rename = JournalWriter.sync, Path.rename
    monkeypatch.setattr(JournalWriter, "sync", lambda self: (done.append("journal"), whole_sync(self))[1])

    def rename(self: Path, target: Any) -> Path:
        if self.name.startswith(".step-"):
            done.append("rename")
        return whole_rename(self, target)

    monkeypatch.setattr(Path, "rename", rename)
    work(create_run(request(reviews_csv(ROWS), tiny_model, epochs=1)))
    renames = [index for index, what in enumerate(done) if what == "rename"]
    assert renames and all(done[index - 1] == "journal" for index in renames)
